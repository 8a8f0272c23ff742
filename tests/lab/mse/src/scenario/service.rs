//! Services and other backends.

use std::collections::BTreeMap;

use gateshift_lab_kernel::UpstreamName;
use serde::{Deserialize, Serialize};

use super::{Hash, HealthCheck, LoadBalancing, PortPolicy, SourceType, Tls, is_default, is_true, yes};

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
