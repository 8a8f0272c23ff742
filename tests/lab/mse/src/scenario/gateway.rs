//! The gateway instance.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AccessLog, Moment, Tracing, is_default};

/// The gateway instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Display name.
    pub name: String,
    /// `gw-...`; derived from the name when left out.
    #[serde(default)]
    pub id: String,
    /// Specification of one node, `MSE_GTW_<vCPU>_<GiB>_200_c`.
    #[serde(default = "default_spec")]
    pub spec: String,
    /// Nodes.
    #[serde(default = "default_replicas")]
    pub replicas: u32,
    /// Engine version.
    #[serde(default = "default_version")]
    pub version: String,
    /// `mse_pro` or `mse_serverless`.
    #[serde(default = "default_edition")]
    pub edition: String,
    /// Numeric state, 2 = running.
    #[serde(default = "running")]
    pub status: i64,
    /// How it is paid.
    #[serde(default)]
    pub charge: Charge,
    /// Its VPC; the first of the network when left out.
    #[serde(default)]
    pub vpc: String,
    /// One or two vSwitches; the first two of the VPC when left out.
    #[serde(default)]
    pub vswitches: Vec<String>,
    /// Its own security group; made up when left out.
    #[serde(default)]
    pub security_group: String,
    /// Where clients reach it.
    #[serde(default = "one_entry")]
    pub entries: Vec<Entry>,
    /// Backend security groups that let it in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_rules: Vec<SecurityRule>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Resource group; the default one when left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resource_group: String,
    /// Delivery of access logs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub log: Option<AccessLog>,
    /// Tracing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tracing: Option<Tracing>,
    /// Scheduled scaling.
    #[serde(default, skip_serializing_if = "is_default")]
    pub elastic: Option<ElasticPolicy>,
    /// Gateway parameters that differ from their defaults, `EnableGzip: true`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Value>,
    /// When it was created.
    #[serde(default)]
    pub created: Option<Moment>,
}

impl Gateway {
    /// A gateway of which nothing is known but its name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            id: String::new(),
            spec: default_spec(),
            replicas: default_replicas(),
            version: default_version(),
            edition: default_edition(),
            status: running(),
            charge: Charge::default(),
            vpc: String::new(),
            vswitches: Vec::new(),
            security_group: String::new(),
            entries: one_entry(),
            security_rules: Vec::new(),
            tags: BTreeMap::new(),
            resource_group: String::new(),
            log: None,
            tracing: None,
            elastic: None,
            parameters: BTreeMap::new(),
            created: None,
        }
    }
}

/// How a gateway is paid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Charge {
    /// By use.
    #[default]
    Postpay,
    /// Subscription.
    Prepay,
}

/// A way into the gateway, each with an address of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// A public load balancer.
    Internet,
    /// A private load balancer.
    Intranet,
}

/// A backend's security group that lets the gateway in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityRule {
    /// Security group of the network.
    pub group: String,
    /// `first/last`.
    pub ports: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Scheduled scaling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticPolicy {
    /// Most nodes.
    pub max_replicas: u32,
    /// When how many nodes are wanted.
    pub windows: Vec<ElasticWindow>,
}

/// One window of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticWindow {
    /// `HH:MM`.
    pub from: String,
    /// `HH:MM`.
    pub to: String,
    /// Nodes in that time.
    pub replicas: u32,
}

fn default_spec() -> String {
    "MSE_GTW_2_4_200_c".to_owned()
}

fn default_replicas() -> u32 {
    2
}

fn default_version() -> String {
    "2.0.11".to_owned()
}

fn default_edition() -> String {
    "mse_pro".to_owned()
}

fn running() -> i64 {
    2
}

fn one_entry() -> Vec<Entry> {
    vec![Entry::Internet]
}
