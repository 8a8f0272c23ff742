//! Routes: what matches, and what is done beside answering.

use serde::{Deserialize, Serialize};

use super::{
    Breaker, Cors, Destination, HeaderChange, Limit, Mirror, Mock, Moment, Redirect, Retry, Rewrite,
    is_default,
};

/// A route. Exactly one of `to`, `mock` and `redirect` says what happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Name.
    pub name: String,
    /// Domains it belongs to.
    pub domains: Vec<String>,
    /// Path, prefix or expression.
    pub path: String,
    /// How the path is compared.
    #[serde(default, rename = "match", skip_serializing_if = "is_default")]
    pub kind: PathKind,
    /// Compare the path without regard to case.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ignore_case: bool,
    /// Methods; none means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// Conditions on headers, all of which must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Condition>,
    /// Conditions on query parameters, all of which must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<Condition>,
    /// Services it forwards to: a name each, or `{ service, version, port, weight, dubbo }`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Destination>,
    /// An answer given by the gateway itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mock: Option<Mock>,
    /// A redirect.
    #[serde(default, skip_serializing_if = "is_default")]
    pub redirect: Option<Redirect>,
    /// Services used when the destination has no live instance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<Destination>,
    /// Seconds until the gateway gives up; 0 = never. Left out: the product's default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeout: Option<u32>,
    /// Retries. Left out: the product's default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: Option<Retry>,
    /// Path and host on the way to the backend.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rewrite: Option<Rewrite>,
    /// Changes of headers, in order; `headers` are conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub change_headers: Vec<HeaderChange>,
    /// Cross-origin requests.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cors: Option<Cors>,
    /// A copy of the traffic.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mirror: Option<Mirror>,
    /// Requests in a window.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rate_limit: Option<Limit>,
    /// Requests at a time.
    #[serde(default, skip_serializing_if = "is_default")]
    pub concurrency: Option<Limit>,
    /// Circuit breaker.
    #[serde(default, skip_serializing_if = "is_default")]
    pub circuit_breaker: Option<Breaker>,
    /// The web application firewall looks at its requests.
    #[serde(default, skip_serializing_if = "is_default")]
    pub waf: bool,
    /// Only consumers with a grant may use it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub guarded: bool,
    /// It comes from an Ingress of a cluster.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ingress: bool,
    /// State.
    #[serde(default, skip_serializing_if = "is_default")]
    pub status: RouteStatus,
    /// For an edited route: what it still serves, where that differs from the above.
    #[serde(default, skip_serializing_if = "is_default")]
    pub serving: Option<Serving>,
    /// The order number shown by the API; it does not decide.
    #[serde(default, skip_serializing_if = "is_default")]
    pub order: i64,
    /// Free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Creation time, the last tie-break; a minute after the route before it when left out.
    #[serde(default)]
    pub created: Option<Moment>,
}

impl Route {
    /// A published prefix route that does nothing yet.
    #[must_use]
    pub fn new(name: &str, domain: &str, path: &str) -> Self {
        Self {
            name: name.to_owned(),
            domains: vec![domain.to_owned()],
            path: path.to_owned(),
            kind: PathKind::default(),
            ignore_case: false,
            methods: Vec::new(),
            headers: Vec::new(),
            query: Vec::new(),
            to: Vec::new(),
            mock: None,
            redirect: None,
            fallback: Vec::new(),
            timeout: None,
            retry: None,
            rewrite: None,
            change_headers: Vec::new(),
            cors: None,
            mirror: None,
            rate_limit: None,
            concurrency: None,
            circuit_breaker: None,
            waf: false,
            guarded: false,
            ingress: false,
            status: RouteStatus::default(),
            serving: None,
            order: 0,
            description: String::new(),
            created: None,
        }
    }

    /// The route as it is served: an edited one with what was published before the edit.
    #[must_use]
    pub fn as_served(&self) -> Self {
        let mut served = self.clone();
        let Some(old) = self.serving.clone() else { return served };
        if let Some(path) = old.path {
            served.path = path;
        }
        if let Some(kind) = old.kind {
            served.kind = kind;
        }
        if let Some(methods) = old.methods {
            served.methods = methods;
        }
        if let Some(to) = old.to {
            served.to = to;
            served.mock = None;
            served.redirect = None;
        }
        if let Some(mock) = old.mock {
            served.mock = Some(mock);
            served.to = Vec::new();
            served.redirect = None;
        }
        if old.timeout.is_some() {
            served.timeout = old.timeout;
        }
        served
    }
}

/// What an edited route still serves; only what differs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serving {
    /// Path.
    #[serde(default, skip_serializing_if = "is_default")]
    pub path: Option<String>,
    /// How the path is compared.
    #[serde(default, rename = "match", skip_serializing_if = "is_default")]
    pub kind: Option<PathKind>,
    /// Methods.
    #[serde(default, skip_serializing_if = "is_default")]
    pub methods: Option<Vec<String>>,
    /// Destinations.
    #[serde(default, skip_serializing_if = "is_default")]
    pub to: Option<Vec<Destination>>,
    /// An answer given by the gateway itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mock: Option<Mock>,
    /// Seconds until the gateway gives up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timeout: Option<u32>,
}

/// How a path is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PathKind {
    /// The whole path.
    Exact,
    /// The beginning of the path.
    #[default]
    Prefix,
    /// An expression over the whole path.
    Regex,
}

/// A condition on a header or a query parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Name of the header or of the parameter.
    pub name: String,
    /// How the value is compared.
    #[serde(default, rename = "match", skip_serializing_if = "is_default")]
    pub kind: Compare,
    /// What it is compared with.
    pub value: String,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compare {
    /// The whole value.
    #[default]
    Exact,
    /// The beginning of the value.
    Prefix,
    /// An expression over the whole value.
    Regex,
}

/// State of a route.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteStatus {
    /// Serves traffic.
    #[default]
    Published,
    /// Was never published.
    Unpublished,
    /// Serves what was published before it was edited.
    Edited,
    /// Was published once and taken offline; the API shows it as unpublished.
    Offline,
    /// The gateway could not take it in.
    Unavailable,
}
