//! The state of one gateway as its data plane needs it. Both control planes produce this; the
//! embedded data plane consumes it and a real Envoy could be configured from it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::policy::{AddressList, GlobalAuth, Levels, Parameters, PluginRule, Policies};
use crate::world::UpstreamName;

/// Everything a data plane routes by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GatewayConfig {
    /// Id of the gateway, a label of its metrics and its access log.
    pub gateway_id: String,
    /// Loopback addresses it listens on; on each, one port for HTTP and one for HTTPS.
    pub addresses: Vec<IpAddr>,
    /// Domains with their certificates.
    pub domains: Vec<Domain>,
    /// Published routes only.
    pub routes: Vec<Route>,
    /// Lists of addresses in force.
    pub lists: Vec<AddressList>,
    /// How lists of several levels go together: the products differ.
    pub levels: Levels,
    /// Authentication for the whole gateway, in force.
    pub authentications: Vec<GlobalAuth>,
    /// Plugin rules in force, in the order in which they see a request.
    pub plugins: Vec<PluginRule>,
    /// Parameters that a request can show.
    pub parameters: Parameters,
}

/// A host name the gateway serves.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// `api.example.com`, `*.example.com` or `*`.
    pub name: String,
    /// Certificate identifier when it is served over HTTPS too.
    pub certificate: Option<String>,
    /// Plain HTTP is answered with a redirect to HTTPS (301).
    pub force_https: bool,
}

/// A published route.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Name in the access log.
    pub name: String,
    /// Names of the domains it belongs to (as in [`Domain::name`]).
    pub domains: Vec<String>,
    /// Path condition.
    pub path: PathMatch,
    /// Allowed methods; empty means any.
    pub methods: Vec<String>,
    /// Header conditions, all of which must hold.
    pub headers: Vec<ValueMatch>,
    /// Query conditions, all of which must hold.
    pub queries: Vec<ValueMatch>,
    /// Creation time, lab milliseconds: the last tie-break, earlier wins.
    pub created_ms: i64,
    /// Serial number of creation, for ties within one millisecond.
    pub sequence: u64,
    /// What happens to a request that matches.
    pub action: Action,
    /// What is done beside that.
    pub policies: Policies,
}

/// A path condition.
#[derive(Debug, Clone, PartialEq)]
pub struct PathMatch {
    /// How `value` is compared.
    pub kind: MatchKind,
    /// Path, prefix or RE2-style expression that must match the whole path.
    pub value: String,
    /// Compare without regard to case.
    pub ignore_case: bool,
}

/// How a text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchKind {
    /// The whole text.
    Exact,
    /// The beginning of the text.
    Prefix,
    /// A regular expression over the whole text.
    Regex,
}

/// A condition on one header or query parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueMatch {
    /// Header name (any case) or query parameter name (exact case).
    pub name: String,
    /// How `value` is compared.
    pub kind: MatchKind,
    /// What the value is compared with.
    pub value: String,
}

/// What a matching request gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Passed on to an upstream chosen by weight.
    Forward(Forward),
    /// Answered by the gateway.
    Mock {
        /// HTTP status.
        status: u16,
        /// Body as it is.
        body: String,
    },
    /// Answered with a `location`.
    Redirect {
        /// HTTP status, 301, 302, 303, 307 or 308.
        status: u16,
        /// New host; the request's own when absent.
        host: Option<String>,
        /// New path; the request's own when absent. The query is kept.
        path: Option<String>,
    },
}

/// Forwarding.
#[derive(Debug, Clone, PartialEq)]
pub struct Forward {
    /// Upstreams with weights that add up to 100.
    pub targets: Vec<Target>,
    /// Used when the chosen target has no live endpoint; tried in order.
    pub fallback: Vec<Target>,
    /// Milliseconds until 504 (lab time); 0 = never.
    pub timeout_ms: u64,
    /// Further attempts after a failed connection.
    pub retries: u32,
}

/// One upstream of a route.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Its name in the [`World`](crate::world::World).
    pub upstream: UpstreamName,
    /// Labels of the instances meant (a service version); empty means all.
    pub labels: BTreeMap<String, String>,
    /// Percent.
    pub weight: u32,
}
