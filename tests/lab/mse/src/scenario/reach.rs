//! How a gateway reaches the instances of a service: health, balance, TLS.

use serde::{Deserialize, Serialize};

use super::is_default;

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

fn two() -> u32 {
    2
}
