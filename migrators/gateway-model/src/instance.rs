//! The instance and its domains.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// A gateway instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Display name.
    pub name: String,
    /// Edition as the product calls it.
    pub edition: String,
    /// Engine version.
    pub engine_version: String,
    /// Size of a node.
    pub node: NodeSize,
    /// Most nodes it may have at a time, scheduled scaling included.
    pub peak_nodes: u32,
    /// Nodes now.
    pub nodes: u32,
    /// Paid in advance.
    pub prepaid: bool,
    /// VPC.
    pub vpc: String,
    /// vSwitches, the first is the main one.
    pub vswitches: Vec<String>,
    /// Its own security group, when known.
    #[serde(default)]
    pub security_group: Option<String>,
    /// Ways in.
    pub entries: Vec<Entry>,
    /// Resource group.
    #[serde(default)]
    pub resource_group: Option<String>,
    /// Tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Rules by which security groups of backends let the gateway in.
    #[serde(default)]
    pub backend_rules: Vec<BackendRule>,
    /// Scheduled scaling; absent when it is off.
    #[serde(default)]
    pub elastic: Option<Elastic>,
}

/// A rule by which a backend's security group lets the gateway in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendRule {
    /// Security group of the backend.
    pub group: String,
    /// `first/last`.
    pub ports: String,
    /// `TCP`, as the source writes it.
    #[serde(default)]
    pub protocol: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
}

/// Scheduled scaling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elastic {
    /// Kind as the source writes it, `CronHPA`.
    pub kind: String,
    /// Most nodes.
    #[serde(default)]
    pub max_nodes: Option<u32>,
    /// When how many nodes are wanted.
    pub windows: Vec<ElasticWindow>,
    /// Windows in which scaling by load may happen: (from, to).
    #[serde(default)]
    pub load_windows: Vec<(String, String)>,
    /// Warns when the load is high.
    #[serde(default)]
    pub load_warning: Option<bool>,
}

/// One window of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElasticWindow {
    /// `HH:MM`.
    pub from: String,
    /// `HH:MM`.
    pub to: String,
    /// Nodes in that time.
    pub nodes: u32,
}

/// Size of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSize {
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Memory, GiB.
    pub memory_gib: u32,
}

/// A way in: a load balancer or an entry domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Access domain, when it has one.
    #[serde(default)]
    pub domain: Option<String>,
    /// IPv4 addresses.
    #[serde(default)]
    pub ipv4: Vec<Ipv4Addr>,
    /// IPv6 addresses.
    #[serde(default)]
    pub ipv6: Vec<Ipv6Addr>,
    /// Ports for HTTP.
    pub http_ports: Vec<u16>,
    /// Ports for HTTPS.
    pub https_ports: Vec<u16>,
    /// Who can reach it.
    pub network: NetworkKind,
}

/// Who can reach an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// Everybody.
    Public,
    /// The VPC.
    Private,
}

/// Protocol of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Plain only.
    Http,
    /// TLS, and plain unless `force_https`.
    Https,
}

/// HTTP/2 of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Http2 {
    /// On.
    Open,
    /// Off.
    Close,
    /// As the gateway's parameter says.
    Gateway,
}

/// Who keeps an object: the operator by console and API, or a Kubernetes Ingress controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManagedBy {
    /// The operator.
    Operator,
    /// An Ingress controller.
    Ingress,
}

/// Whether an object serves traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishState {
    /// It serves traffic as described.
    Published,
    /// It serves nothing.
    Unpublished,
    /// It serves something else than described: edited and not published again.
    Edited,
    /// On its way to or from being published.
    Changing,
    /// Taken offline or unavailable.
    Unavailable,
}

/// Client certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mtls {
    /// Asked for.
    pub enabled: bool,
    /// Identifier of the authority's certificate.
    #[serde(default)]
    pub ca_certificate: Option<String>,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Domain {
    /// Id at the source.
    pub id: String,
    /// `api.example.com`, `*.example.com` or `*`.
    pub name: String,
    /// Protocol.
    pub protocol: Protocol,
    /// Plain requests are redirected to HTTPS.
    pub force_https: bool,
    /// Certificate identifier.
    #[serde(default)]
    pub certificate: Option<String>,
    /// HTTP/2.
    pub http2: Http2,
    /// Lowest TLS version, `TLS 1.2`.
    #[serde(default)]
    pub tls_min: Option<String>,
    /// Highest TLS version.
    #[serde(default)]
    pub tls_max: Option<String>,
    /// Named cipher suites; empty means the product's default.
    #[serde(default)]
    pub ciphers: Vec<String>,
    /// Client certificates.
    #[serde(default)]
    pub mtls: Mtls,
    /// Who keeps it.
    pub managed_by: ManagedBy,
    /// Whether it serves traffic.
    pub state: PublishState,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Identifier.
    pub identifier: String,
    /// Names it covers.
    pub sans: Vec<String>,
    /// End of validity, milliseconds since the Unix epoch.
    #[serde(default)]
    pub not_after: Option<i64>,
}
