//! Where requests go: registries and services.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Kind of a service source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A Kubernetes cluster.
    Kubernetes,
    /// A Nacos registry.
    Nacos,
    /// A kind with no counterpart, by the source's own name for it.
    Other(String),
}

/// A service source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Id at the source gateway.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Kind.
    pub kind: SourceKind,
    /// Cluster id or registry instance id.
    pub instance: String,
    /// Bound to the gateway and valid.
    pub usable: bool,
    /// Routes come from Ingress objects of this cluster.
    #[serde(default)]
    pub ingress: bool,
    /// Class of the Ingress objects that count; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress_class: Option<String>,
    /// Namespace of the Ingress objects that count; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress_namespace: Option<String>,
}

/// Kind of a service with what finds its endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ServiceKind {
    /// A Kubernetes service.
    Kubernetes {
        /// Namespace.
        namespace: String,
    },
    /// A service in Nacos.
    Nacos {
        /// Namespace id.
        namespace: String,
        /// Group.
        group: String,
    },
    /// Fixed addresses, each with its port.
    Fixed {
        /// `10.1.2.3:8080`, `[fd00::1]:8080`.
        addresses: Vec<String>,
    },
    /// Names, each with its port.
    Dns {
        /// `billing.internal:80`.
        addresses: Vec<String>,
        /// Name servers to ask; empty for the VPC's.
        servers: Vec<String>,
    },
    /// A function.
    Function {
        /// Function, without any service of an older generation.
        function: String,
        /// Version or alias.
        qualifier: String,
        /// Service it belongs to, in the older generation of functions only.
        #[serde(default)]
        service: Option<String>,
    },
    /// A Kubernetes service of a serverless application engine, found without a source.
    ServerlessKubernetes {
        /// Namespace.
        namespace: String,
    },
    /// A kind with no counterpart, by the source's own name for it.
    Other {
        /// That name.
        name: String,
    },
}

/// Health checks of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// `TCP`, `HTTP`, `GRPC`.
    pub protocol: String,
    /// Seconds.
    pub interval: u32,
    /// Seconds.
    pub timeout: u32,
    /// Successes until healthy.
    pub healthy_threshold: u32,
    /// Failures until unhealthy.
    pub unhealthy_threshold: u32,
    /// Host of HTTP checks.
    #[serde(default)]
    pub host: Option<String>,
    /// Path of HTTP checks.
    #[serde(default)]
    pub path: Option<String>,
    /// Statuses that count as healthy; empty means the default.
    #[serde(default)]
    pub statuses: Vec<u16>,
}

/// A version of a service: the instances with these labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceVersion {
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// What load balancing by a hash looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum HashKey {
    /// A header of the request.
    Header {
        /// Its name.
        name: String,
    },
    /// A cookie, which the gateway sets when it is missing.
    Cookie {
        /// Its name.
        name: String,
        /// Its path.
        #[serde(default)]
        path: Option<String>,
        /// How long it lives, as the source writes it: `0s`.
        #[serde(default)]
        ttl: Option<String>,
    },
    /// The client's address.
    SourceIp,
    /// A parameter of the query.
    QueryParameter {
        /// Its name.
        name: String,
    },
}

/// How the next endpoint of a service is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Balancer {
    /// One after the other.
    #[default]
    RoundRobin,
    /// The one with the fewest requests under way.
    LeastConnections,
    /// Any.
    Random,
    /// The same one for the same key.
    ConsistentHash {
        /// What the key is.
        key: HashKey,
        /// Fewest places on the ring, when the source says so.
        #[serde(default)]
        minimum_ring_size: Option<u64>,
    },
}

/// Load balancing of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancing {
    /// How the next endpoint is chosen.
    pub balancer: Balancer,
    /// Seconds in which a new endpoint gets more and more requests; 0 for all at once.
    #[serde(default)]
    pub warmup: u32,
}

/// Who shows a certificate when the gateway talks to a service over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsMode {
    /// The service.
    Simple,
    /// Both.
    Mutual,
    /// Both, with identities that a service mesh hands out.
    Mesh,
}

/// TLS towards a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendTls {
    /// Who shows a certificate.
    pub mode: TlsMode,
    /// Server name that is asked for.
    #[serde(default)]
    pub sni: Option<String>,
    /// Certificate that the gateway shows, by id.
    #[serde(default)]
    pub certificate: Option<String>,
    /// Authority that has to have signed the service's certificate, by id.
    #[serde(default)]
    pub authority: Option<String>,
    /// That authority's certificate as text.
    #[serde(default)]
    pub authority_pem: Option<String>,
    /// Names that the service's certificate may be for.
    #[serde(default)]
    pub alternative_names: Vec<String>,
}

/// What one port of a service says about TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortTls {
    /// Nothing: it is the service's.
    #[default]
    Inherited,
    /// No TLS.
    Off,
    /// TLS.
    On(BackendTls),
}

/// What one port of a service has of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortPolicy {
    /// The port.
    pub port: u16,
    /// Its load balancing, when it is not the service's.
    #[serde(default)]
    pub load_balancing: Option<LoadBalancing>,
    /// Its TLS.
    #[serde(default)]
    pub tls: PortTls,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Id at the source.
    pub id: String,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: ServiceKind,
    /// Source it comes from, by id.
    #[serde(default)]
    pub source: Option<String>,
    /// Name other configuration refers to it by.
    #[serde(default)]
    pub fqdn: Option<String>,
    /// `HTTP`, `HTTPS`, `HTTP2`, `GRPC`, `DUBBO`.
    pub protocol: String,
    /// Main port, when it has one.
    #[serde(default)]
    pub port: Option<u16>,
    /// All ports, when several.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Health checks, when on.
    #[serde(default)]
    pub health_check: Option<HealthCheck>,
    /// Versions.
    #[serde(default)]
    pub versions: Vec<ServiceVersion>,
    /// Load balancing.
    #[serde(default)]
    pub load_balancing: LoadBalancing,
    /// TLS towards it, when on.
    #[serde(default)]
    pub tls: Option<BackendTls>,
    /// What single ports have of their own.
    #[serde(default)]
    pub port_policies: Vec<PortPolicy>,
    /// The policies of single ports as the source answered them, for later work.
    #[serde(default)]
    pub traffic_policy: serde_json::Value,
}
