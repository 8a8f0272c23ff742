//! What a gateway does with requests beside matching and forwarding, as a data plane needs it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::gateway::{MatchKind, Target};

/// Everything of one route. The default is "nothing".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policies {
    /// Path and host on the way to the upstream.
    pub rewrite: Option<Rewrite>,
    /// Changes of headers, in order.
    pub headers: Vec<HeaderChange>,
    /// Cross-origin requests.
    pub cors: Option<Cors>,
    /// A copy of the traffic for another upstream.
    pub mirror: Option<Mirror>,
    /// Requests per window, for the gateway as a whole.
    pub rate_limit: Option<Limit>,
    /// Requests under way at a time, for the gateway as a whole.
    pub concurrency: Option<Limit>,
    /// Circuit breaker.
    pub breaker: Option<Breaker>,
    /// Consumers the route asks for.
    pub consumers: Option<ConsumerAuth>,
}

/// A rewritten request line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// The path.
    pub path: Option<PathRewrite>,
    /// The host.
    pub host: Option<String>,
}

/// A rewritten path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathRewrite {
    /// The whole path is replaced.
    Exact(String),
    /// The prefix that the route matched is replaced.
    Prefix(String),
    /// What the expression matches is replaced; groups as `\1`.
    Regex {
        /// RE2-style expression.
        pattern: String,
        /// What takes its place.
        substitution: String,
    },
}

/// One change of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderChange {
    /// On the answer; otherwise on the request.
    pub response: bool,
    /// What happens.
    pub op: HeaderOp,
    /// Header.
    pub name: String,
    /// Value.
    pub value: String,
}

/// What happens to a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderOp {
    /// One more.
    Add,
    /// In place of all.
    Update,
    /// None.
    Delete,
}

/// Cross-origin resource sharing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    /// Origins, `*` for all.
    pub origins: Vec<String>,
    /// Methods.
    pub methods: Vec<String>,
    /// Headers of requests.
    pub headers: Vec<String>,
    /// Headers of answers that scripts may read.
    pub expose: Vec<String>,
    /// Cookies may come along.
    pub credentials: bool,
    /// Seconds a preflight answer may be kept.
    pub max_age_seconds: u64,
}

/// A copy of the traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct Mirror {
    /// Where it goes.
    pub target: Target,
    /// Percent of the requests.
    pub percent: u32,
}

/// A limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Requests.
    pub threshold: u64,
    /// Window in lab milliseconds; unused where requests under way are counted.
    pub window_ms: u64,
    /// What one too many gets.
    pub refusal: Refusal,
}

/// A circuit breaker.
#[derive(Debug, Clone, PartialEq)]
pub struct Breaker {
    /// Percent of bad answers in the window that opens it.
    pub ratio_percent: u64,
    /// Answers slower than this many milliseconds are bad; only failed ones are when absent.
    pub slow_ms: Option<u64>,
    /// Window in lab milliseconds.
    pub window_ms: u64,
    /// Lab milliseconds it stays open.
    pub recovery_ms: u64,
    /// Requests in the window before it judges.
    pub min_requests: u64,
    /// What a request gets while it is open.
    pub refusal: Refusal,
}

/// What a refused request gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// An answer.
    Content {
        /// HTTP status.
        status: u16,
        /// Body.
        body: String,
        /// `application/json`; otherwise `text/plain`.
        json: bool,
    },
    /// A redirect (302).
    Redirect(String),
}

/// A list of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressList {
    /// Where it applies.
    pub scope: Scope,
    /// Only these pass; otherwise these do not.
    pub white: bool,
    /// Addresses and networks.
    pub networks: Vec<String>,
    /// It looks at the peer of the TCP connection, not at the client of the request.
    pub layer4: bool,
}

/// Where something applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    Gateway,
    /// On domains, by name as in [`crate::gateway::Domain::name`].
    Domains(Vec<String>),
    /// On routes, by name as in [`crate::gateway::Route::name`].
    Routes(Vec<String>),
}

/// How lists of several levels go together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Levels {
    /// The most specific level that has a list decides (the source).
    #[default]
    MostSpecific,
    /// Black lists add up, and an address has to be on every white list (the target).
    All,
}

/// Authentication for the whole gateway.
#[derive(Debug, Clone, PartialEq)]
pub struct GlobalAuth {
    /// Name.
    pub name: String,
    /// The resources pass without a check; otherwise only they are checked.
    pub white: bool,
    /// Resources.
    pub resources: Vec<AuthResource>,
    /// How a caller shows who it is.
    pub scheme: AuthScheme,
}

/// A resource of an authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthResource {
    /// Domain, `*` for all.
    pub domain: String,
    /// Path.
    pub path: String,
    /// How it is compared.
    pub kind: MatchKind,
    /// Without regard to case.
    pub ignore_case: bool,
}

/// How a caller shows who it is.
#[derive(Debug, Clone, PartialEq)]
pub enum AuthScheme {
    /// A JSON web token.
    Jwt {
        /// Issuer.
        issuer: String,
        /// Subject; any when empty.
        subject: String,
        /// Key set, JSON.
        jwks: String,
        /// Where the token is.
        token: TokenPlace,
    },
    /// A login: a request without a session is sent to the login page (302).
    Oidc {
        /// Issuer.
        issuer: String,
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: String,
        /// Login page.
        login_url: String,
        /// Where it leads back to.
        redirect_url: String,
        /// Domain of the session's cookie.
        cookie_domain: String,
    },
    /// A service decides: a request without the header is refused (403), with it let through.
    External {
        /// The service.
        target: Target,
        /// Header.
        header: String,
    },
}

/// Where a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPlace {
    /// Header.
    pub header: String,
    /// What stands before it.
    pub prefix: String,
    /// It goes on to the upstream.
    pub pass: bool,
}

/// Consumers that a route asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsumerAuth {
    /// Those that may use the route; nobody when empty.
    pub allowed: Vec<Consumer>,
}

/// A consumer.
#[derive(Debug, Clone, PartialEq)]
pub struct Consumer {
    /// Name; the upstream gets it as `x-mse-consumer`.
    pub name: String,
    /// How it is known.
    pub credential: Credential,
}

/// How a consumer is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Credential {
    /// A JSON web token.
    Jwt {
        /// Key set, JSON.
        jwks: String,
        /// Claim that names the consumer.
        claim: String,
        /// Its value.
        value: String,
        /// Where the token is.
        token: TokenPlace,
    },
    /// A key in a header.
    ApiKey {
        /// Header.
        header: String,
        /// The key.
        key: String,
    },
    /// A key in the query.
    QueryKey {
        /// Parameter.
        parameter: String,
        /// The key.
        key: String,
    },
    /// A signature over the request, in the `x-ca-*` headers.
    Signature {
        /// Access key, in the clear.
        key: String,
        /// Its secret.
        secret: String,
    },
}

/// A plugin's rule.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginRule {
    /// Plugin, by its name at the source: `key-auth`.
    pub plugin: String,
    /// Where the rule applies.
    pub scope: Scope,
    /// Its configuration, read from YAML.
    pub config: Value,
    /// The configuration as it was written.
    pub text: String,
}

/// Parameters that a request can show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Proxies at the end of `x-forwarded-for` that are trusted (`XffTrustedNum`).
    pub trusted_hops: u32,
    /// Doubled slashes in a path become one before it is matched (`EnableSlashMerge`).
    pub merge_slashes: bool,
    /// Answers are compressed when the client takes it (`EnableGzip`).
    pub gzip: bool,
    /// A request id is made where there is none (`EnableGenerateRequestId`).
    pub request_id: bool,
    /// The caller's request id is kept (`PreserveExternalRequestID`).
    pub keep_request_id: bool,
    /// HTTP/2 where a domain leaves it to the gateway (`EnableHttp2`).
    pub http2: bool,
    /// All others, by name.
    pub others: BTreeMap<String, Value>,
}
