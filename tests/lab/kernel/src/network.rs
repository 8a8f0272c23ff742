//! VPCs, vSwitches, security groups and certificates of the simulated account.

use serde::{Deserialize, Serialize};

/// The account's network and certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Region of everything here.
    pub region: String,
    /// VPCs.
    pub vpcs: Vec<Vpc>,
    /// vSwitches of those VPCs.
    pub vswitches: Vec<VSwitch>,
    /// Security groups of those VPCs.
    pub security_groups: Vec<SecurityGroup>,
    /// Certificates of the account's certificate service.
    pub certificates: Vec<Certificate>,
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// `vpc-...`
    pub id: String,
    /// Display name.
    pub name: String,
    /// IPv4 CIDR block.
    pub cidr: String,
}

/// A vSwitch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VSwitch {
    /// `vsw-...`
    pub id: String,
    /// VPC it belongs to.
    pub vpc_id: String,
    /// Zone such as `cn-hangzhou-h`.
    pub zone_id: String,
    /// IPv4 CIDR block.
    pub cidr: String,
    /// Free addresses.
    pub available_addresses: u32,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// `sg-...`
    pub id: String,
    /// Display name.
    pub name: String,
    /// VPC it belongs to.
    pub vpc_id: String,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// `<number>-<region>`, the identifier both products use.
    pub identifier: String,
    /// Display name.
    pub name: String,
    /// Common name.
    pub common_name: String,
    /// Subject alternative names, the common name among them.
    pub sans: Vec<String>,
    /// Milliseconds since the Unix epoch.
    pub not_before_ms: i64,
    /// Milliseconds since the Unix epoch.
    pub not_after_ms: i64,
}
