//! Policies of a route beyond matching and destination: what is changed on the way, who may ask from
//! a browser, how much is let through.

use serde::{Deserialize, Serialize};

/// Everything a route does beside forwarding. The default is "nothing".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutePolicies {
    /// Path and host are rewritten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<Rewrite>,
    /// Headers are changed, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HeaderChange>,
    /// Cross-origin requests of browsers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<Cors>,
    /// A copy of the traffic goes to another service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<Mirror>,
    /// Requests a second. More than one rule on a route cannot be expressed on the target.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rate_limits: Vec<RateLimit>,
    /// Requests at a time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub concurrency_limits: Vec<ConcurrencyLimit>,
    /// Requests are refused while the backend does badly.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub circuit_breakers: Vec<CircuitBreaker>,
    /// The web application firewall looks at its requests.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub waf: bool,
}

/// A rewritten request line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewrite {
    /// The path.
    #[serde(default)]
    pub path: Option<PathRewrite>,
    /// The host.
    #[serde(default)]
    pub host: Option<String>,
}

/// A rewritten path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum PathRewrite {
    /// The whole path becomes this one.
    Exact {
        /// New path.
        path: String,
    },
    /// The matched prefix becomes this one.
    Prefix {
        /// New prefix.
        prefix: String,
    },
    /// What the expression matches becomes the substitution, groups as `\1`.
    Regex {
        /// Expression.
        pattern: String,
        /// Substitution.
        substitution: String,
    },
}

/// Which way a header goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Towards the backend.
    Request,
    /// Towards the client.
    Response,
}

/// What happens to a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderOp {
    /// Added, beside those that are there.
    Add,
    /// Set, in place of those that are there.
    Update,
    /// Removed.
    Delete,
}

/// One change of a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderChange {
    /// Which way.
    pub direction: Direction,
    /// What.
    pub op: HeaderOp,
    /// Header.
    pub name: String,
    /// Value; empty when it is removed.
    #[serde(default)]
    pub value: String,
}

/// Cross-origin resource sharing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cors {
    /// Origins, `*` for all; in order.
    pub allow_origins: Vec<String>,
    /// Methods.
    pub allow_methods: Vec<String>,
    /// Headers of requests.
    pub allow_headers: Vec<String>,
    /// Headers of answers that scripts may read.
    pub expose_headers: Vec<String>,
    /// Cookies and credentials may come along.
    pub allow_credentials: bool,
    /// Number of `unit`s that a preflight answer may be kept.
    pub max_age: u64,
    /// Unit of `max_age` as the source writes it, `h`.
    pub unit: String,
}

/// A copy of the traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mirror {
    /// Service, by its id at the source.
    pub service: String,
    /// Port.
    #[serde(default)]
    pub port: Option<u16>,
    /// Percent of the requests.
    pub percent: u32,
}

/// What a refused request is answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// How.
    pub kind: RefusalKind,
    /// Headers the source adds to the answer, as it writes them; no counterpart on the target.
    #[serde(default)]
    pub extra_headers: Option<String>,
}

/// Kind of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum RefusalKind {
    /// An answer of its own.
    Content {
        /// HTTP status.
        status: u16,
        /// Body.
        body: String,
        /// The body is JSON; plain text otherwise.
        json: bool,
    },
    /// A redirect.
    Redirect {
        /// Where.
        url: String,
    },
}

/// A limit of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Id at the source.
    pub id: String,
    /// Requests in the window, for the whole gateway.
    pub threshold: u64,
    /// Mode as the source numbers it; its meaning is not documented.
    #[serde(default)]
    pub mode: Option<i64>,
    /// Window in milliseconds; a second when absent.
    #[serde(default)]
    pub window_ms: Option<u64>,
    /// What a request too many gets.
    pub refusal: Refusal,
}

/// A limit of requests under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcurrencyLimit {
    /// Id at the source.
    pub id: String,
    /// Requests under way, for the whole gateway.
    pub threshold: u64,
    /// Mode as the source numbers it; its meaning is not documented.
    #[serde(default)]
    pub mode: Option<i64>,
    /// What a request too many gets.
    pub refusal: Refusal,
}

/// A circuit breaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CircuitBreaker {
    /// Id at the source.
    pub id: String,
    /// Strategy as the source numbers it; its meaning is not documented.
    #[serde(default)]
    pub strategy: Option<i64>,
    /// Percent of bad answers that opens it.
    pub trigger_ratio: u64,
    /// Window in seconds.
    pub window_seconds: u64,
    /// Seconds until it tries again.
    pub recovery_seconds: u64,
    /// Requests in the window before it judges.
    pub min_requests: u64,
    /// Milliseconds from which an answer counts as slow.
    #[serde(default)]
    pub max_allowed_ms: Option<u64>,
    /// Mode as the source numbers it; its meaning is not documented.
    #[serde(default)]
    pub mode: Option<i64>,
    /// What a request gets while it is open.
    pub refusal: Refusal,
}

/// HTTP requests become calls of a Dubbo service. Field names are neutral; the source misspells its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DubboTranscoding {
    /// Interface.
    pub service: String,
    /// Its version.
    #[serde(default)]
    pub version: Option<String>,
    /// Its group.
    #[serde(default)]
    pub group: Option<String>,
    /// Methods.
    pub methods: Vec<DubboMethod>,
}

/// One method of a Dubbo service and the requests that call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DubboMethod {
    /// Method of the interface.
    pub method: String,
    /// HTTP method as the source writes it, `ALL_GET`.
    pub http_method: String,
    /// Path below the route's.
    pub path: String,
    /// Everything else the source says of it (parameters, passed headers), in its own words.
    #[serde(default)]
    pub rest: serde_json::Value,
}
