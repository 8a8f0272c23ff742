//! Registries, services and other backends.

use std::collections::BTreeMap;

use gateshift_lab_kernel::UpstreamName;
use serde::{Deserialize, Serialize};

use super::{is_default, is_true, yes};

/// A registry the gateway is connected to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Display name, which services refer to.
    pub name: String,
    /// Kind of registry.
    #[serde(rename = "type")]
    pub kind: SourceType,
    /// Id of the cluster or of the registry instance; derived from the name when left out.
    #[serde(default)]
    pub id: String,
    /// The gateway takes its routes from the Ingresses of the cluster.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ingress: Option<Ingress>,
    /// The registry is gone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub invalid: bool,
    /// The gateway is not connected to it any more.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unbound: bool,
}

impl Source {
    /// A registry of which nothing is known but its name and kind.
    #[must_use]
    pub fn new(name: &str, kind: SourceType) -> Self {
        Self { name: name.to_owned(), kind, id: String::new(), ingress: None, invalid: false, unbound: false }
    }
}

/// Which Ingresses of a cluster a gateway follows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingress {
    /// Ingress class; any when left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// Namespace; any when left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The gateway writes its address into them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub status: bool,
}

/// Kinds of registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceType {
    /// A Kubernetes cluster (Container Service).
    K8s,
    /// An MSE Nacos instance.
    Nacos,
    /// An MSE ZooKeeper instance.
    Zookeeper,
    /// The registry of Serverless App Engine.
    Sae,
    /// The registry of EDAS.
    Edas,
    /// Kubernetes services of Serverless App Engine.
    #[serde(rename = "sae_k8s")]
    SaeK8s,
}

/// A service of the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Name, which routes refer to; in a registry, its name there.
    pub name: String,
    /// Where its addresses come from.
    #[serde(rename = "type")]
    pub kind: ServiceType,
    /// Registry; the only one of the fitting kind when left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Namespace in the registry; `default` for Kubernetes, `public` elsewhere.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Group in the registry; `DEFAULT_GROUP` for Nacos.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// `host` or `host:port` of fixed addresses and of DNS names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Name servers for DNS names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns_servers: Vec<String>,
    /// Version or alias of a function; `LATEST` when left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub qualifier: String,
    /// Function Compute 2.0 service of a function; empty for a 3.0 function.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub function_service: String,
    /// Port; for addresses without one, and for services of a cluster.
    #[serde(default, skip_serializing_if = "is_default")]
    pub port: u16,
    /// Protocol spoken to the backend.
    #[serde(default, skip_serializing_if = "is_default")]
    pub protocol: Protocol,
    /// Active health check.
    #[serde(default, skip_serializing_if = "is_default")]
    pub health: Option<HealthCheck>,
    /// Versions, told apart by labels of the instances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Version>,
    /// Load balancing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub balance: LoadBalancing,
    /// What decides, for `CONSISTENT_HASH`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hash: Option<Hash>,
    /// Settings that single ports have for themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub port_policies: Vec<PortPolicy>,
    /// Seconds in which a new instance warms up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub warmup: u32,
    /// TLS towards the backend.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tls: Option<Tls>,
    /// Labels of each instance behind it; one for each version when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<BTreeMap<String, String>>,
    /// Whether any instance answers.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub alive: bool,
}

impl Service {
    /// A service of which nothing is known but its name and kind.
    #[must_use]
    pub fn new(name: &str, kind: ServiceType) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            source: String::new(),
            namespace: String::new(),
            group: String::new(),
            addresses: Vec::new(),
            dns_servers: Vec::new(),
            qualifier: String::new(),
            function_service: String::new(),
            port: 0,
            protocol: Protocol::default(),
            health: None,
            versions: Vec::new(),
            balance: LoadBalancing::default(),
            hash: None,
            port_policies: Vec::new(),
            warmup: 0,
            tls: None,
            instances: Vec::new(),
            alive: true,
        }
    }
}

/// Where a service's addresses come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceType {
    /// A Kubernetes cluster.
    K8s,
    /// An MSE Nacos instance.
    Nacos,
    /// An MSE ZooKeeper instance.
    Zookeeper,
    /// The registry of Serverless App Engine.
    Sae,
    /// The registry of EDAS.
    Edas,
    /// Kubernetes services of Serverless App Engine.
    #[serde(rename = "sae_k8s")]
    SaeK8s,
    /// Fixed addresses.
    Vip,
    /// DNS names.
    Dns,
    /// Function Compute.
    Function,
}

impl ServiceType {
    /// The registry it needs, if any.
    #[must_use]
    pub const fn registry(self) -> Option<SourceType> {
        match self {
            Self::K8s => Some(SourceType::K8s),
            Self::Nacos => Some(SourceType::Nacos),
            Self::Zookeeper => Some(SourceType::Zookeeper),
            Self::Sae => Some(SourceType::Sae),
            Self::Edas => Some(SourceType::Edas),
            Self::SaeK8s => Some(SourceType::SaeK8s),
            Self::Vip | Self::Dns | Self::Function => None,
        }
    }
}

/// Protocols spoken to a backend, in the API's spelling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http,
    /// HTTP/1.1 over TLS.
    Https,
    /// HTTP/2.
    Http2,
    /// gRPC.
    Grpc,
    /// Dubbo.
    Dubbo,
}

/// An active health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// How it asks.
    #[serde(default)]
    pub protocol: HealthProtocol,
    /// Path, for HTTP.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Host header, for HTTP.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// Seconds between two checks.
    #[serde(default = "two")]
    pub interval: u32,
    /// Seconds until a check has failed.
    #[serde(default = "two")]
    pub timeout: u32,
    /// Good checks in a row until an instance is used.
    #[serde(default = "two")]
    pub healthy: u32,
    /// Bad checks in a row until it is not.
    #[serde(default = "two")]
    pub unhealthy: u32,
    /// Good statuses, for HTTP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<u16>,
}

/// How a health check asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HealthProtocol {
    /// Opens a connection.
    #[default]
    Tcp,
    /// Sends a request.
    Http,
    /// Asks the gRPC health service.
    Grpc,
}

/// A version of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Name, which routes refer to.
    pub name: String,
    /// Labels its instances carry; `version: <name>` when left out.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// Load balancing, in the API's spelling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LoadBalancing {
    /// One after the other.
    #[default]
    RoundRobin,
    /// The one with the fewest requests.
    LeastConn,
    /// Any.
    Random,
    /// The same one for what is the same.
    ConsistentHash,
}

/// What decides which instance a request goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hash {
    /// Part of the request.
    pub by: HashKey,
    /// Name of the header, cookie or parameter.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Path of the cookie.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// How long the cookie lives, `360s`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ttl: String,
    /// Least size of the ring.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ring: u32,
}

/// Part of a request that decides, in the API's spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum HashKey {
    Header,
    Cookie,
    SourceIp,
    QueryParameter,
}

/// Settings of one port of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortPolicy {
    /// Port.
    pub port: u16,
    /// Load balancing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub balance: LoadBalancing,
    /// TLS towards the backend.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tls: Option<Tls>,
}

/// TLS towards a backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Who shows a certificate.
    pub mode: TlsMode,
    /// Server name asked for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sni: String,
    /// Certificate shown by the gateway.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub certificate: String,
}

/// Who shows a certificate, in the API's spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TlsMode {
    /// Nobody: there is no TLS.
    Disable,
    /// The backend.
    Simple,
    /// Both.
    Mutual,
    /// Both, with identities of a service mesh.
    IstioMutual,
}

/// A backend that exists although no service of the gateway names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// Upstream name, `k8s://<cluster>/<namespace>/<name>`.
    pub name: UpstreamName,
    /// Whether any instance answers.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub alive: bool,
    /// Labels of each instance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<BTreeMap<String, String>>,
}

fn two() -> u32 {
    2
}
