//! What the target account shows before anything is made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The target's side of the decision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Gateways of the account.
    pub gateways: Vec<ObservedGateway>,
    /// Zones where gateways can be made.
    pub zones: Vec<String>,
    /// VPCs of the account in this region.
    pub vpcs: Vec<String>,
    /// vSwitches of the source's VPC.
    pub vswitches: Vec<ObservedVswitch>,
}

/// A gateway of the target account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedGateway {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Status token.
    pub status: String,
    /// VPC.
    pub vpc: String,
    /// Size token.
    pub spec: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A vSwitch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedVswitch {
    /// Id.
    pub id: String,
    /// Zone.
    pub zone: String,
    /// Free addresses.
    pub free: u32,
}
