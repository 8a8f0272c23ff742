//! The network and the certificates of the account. A scenario that says nothing about its network
//! gets one VPC with a vSwitch in each of two zones and a security group for the backends.

use serde::{Deserialize, Serialize};

use super::Moment;

/// Network and certificates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// VPCs; the first is the gateway's unless it names another.
    #[serde(default = "lab_vpc")]
    pub vpcs: Vec<Vpc>,
    /// vSwitches; left out, two in the first VPC.
    #[serde(default)]
    pub vswitches: Vec<VSwitch>,
    /// Security groups; left out, one for the backends in the first VPC.
    #[serde(default)]
    pub security_groups: Vec<SecurityGroup>,
    /// Certificates of the account.
    #[serde(default)]
    pub certificates: Vec<Certificate>,
}

impl Default for Network {
    fn default() -> Self {
        Self { vpcs: lab_vpc(), vswitches: Vec::new(), security_groups: Vec::new(), certificates: Vec::new() }
    }
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// `vpc-...`
    pub id: String,
    /// Display name; the id when left out.
    #[serde(default)]
    pub name: String,
    /// IPv4 block.
    #[serde(default = "vpc_cidr")]
    pub cidr: String,
}

/// A vSwitch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VSwitch {
    /// `vsw-...`
    pub id: String,
    /// Its VPC; the first when left out.
    #[serde(default)]
    pub vpc: String,
    /// Zone, `cn-hangzhou-h`.
    pub zone: String,
    /// IPv4 block.
    #[serde(default = "vswitch_cidr")]
    pub cidr: String,
    /// Addresses still free.
    #[serde(default = "free_addresses")]
    pub free: u32,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// `sg-...`
    pub id: String,
    /// Display name; the id when left out.
    #[serde(default)]
    pub name: String,
    /// Its VPC; the first when left out.
    #[serde(default)]
    pub vpc: String,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// `<number>-<region>`, which domains refer to.
    pub id: String,
    /// Display name; the first of `names` when left out.
    #[serde(default)]
    pub name: String,
    /// Host names it is for, the common name first.
    pub names: Vec<String>,
    /// Beginning of its life.
    #[serde(default = "valid_from")]
    pub valid_from: Moment,
    /// End of its life.
    #[serde(default = "valid_to")]
    pub valid_to: Moment,
}

fn lab_vpc() -> Vec<Vpc> {
    vec![Vpc { id: "vpc-lab".to_owned(), name: "lab".to_owned(), cidr: vpc_cidr() }]
}

fn vpc_cidr() -> String {
    "10.0.0.0/8".to_owned()
}

fn vswitch_cidr() -> String {
    "10.0.0.0/24".to_owned()
}

fn free_addresses() -> u32 {
    200
}

/// 2025-01-01, long before any rehearsal.
pub(crate) fn valid_from() -> Moment {
    Moment(1_735_689_600_000)
}

/// 2035-01-01, long after it.
pub(crate) fn valid_to() -> Moment {
    Moment(2_051_222_400_000)
}
