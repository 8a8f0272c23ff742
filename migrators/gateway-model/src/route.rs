//! Routes: what they match and where they lead.

use serde::{Deserialize, Serialize};

use crate::{DubboTranscoding, ManagedBy, PublishState, RoutePolicies};

/// How a text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// Whole text.
    Exact,
    /// Beginning.
    Prefix,
    /// Regular expression over the whole text.
    Regex,
}

/// Condition on the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathMatch {
    /// How.
    pub kind: MatchKind,
    /// With what.
    pub value: String,
    /// Case does not matter.
    #[serde(default)]
    pub ignore_case: bool,
}

/// Condition on a header or a query parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueMatch {
    /// Header or parameter.
    pub name: String,
    /// How.
    pub kind: MatchKind,
    /// With what.
    pub value: String,
}

/// All conditions of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteMatch {
    /// Path.
    pub path: PathMatch,
    /// Methods; empty means any.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Headers, all of which must fit.
    #[serde(default)]
    pub headers: Vec<ValueMatch>,
    /// Query parameters, all of which must fit.
    #[serde(default)]
    pub queries: Vec<ValueMatch>,
}

/// A service a route leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTarget {
    /// Service, by its id at the source.
    pub service: String,
    /// Service, by name.
    pub name: String,
    /// Port; absent where the registry decides.
    #[serde(default)]
    pub port: Option<u16>,
    /// Version of the service.
    #[serde(default)]
    pub version: Option<String>,
    /// Percent.
    pub weight: u32,
    /// Protocol towards it, when the route sets one.
    #[serde(default)]
    pub protocol: Option<String>,
    /// Requests become calls of a Dubbo service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dubbo: Option<DubboTranscoding>,
}

/// Where a redirect leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedirectTo {
    /// HTTP status.
    pub status: u16,
    /// New host.
    #[serde(default)]
    pub host: Option<String>,
    /// New path.
    #[serde(default)]
    pub path: Option<String>,
}

/// What a route does with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Destination {
    /// One service.
    Single {
        /// The service, weight 100.
        target: RouteTarget,
    },
    /// Several services by weight.
    Weighted {
        /// The services.
        targets: Vec<RouteTarget>,
    },
    /// Versions of a service by weight.
    Versions {
        /// The service, once for each version.
        targets: Vec<RouteTarget>,
    },
    /// An answer by the gateway itself.
    Mock {
        /// HTTP status.
        status: u16,
        /// Body.
        body: String,
    },
    /// A redirect.
    Redirect {
        /// Where.
        to: RedirectTo,
    },
}

/// Services used when the destination has no live endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallback {
    /// The services.
    pub targets: Vec<RouteTarget>,
}

/// Timeout of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeout {
    /// Seconds; 0 means never.
    pub seconds: u32,
    /// The operator set it; otherwise it is the product's default.
    pub explicit: bool,
}

/// Retries of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Further attempts.
    pub attempts: u32,
    /// Conditions.
    pub on: Vec<String>,
    /// Statuses that count as failures.
    #[serde(default)]
    pub statuses: Vec<u16>,
    /// The operator set it; otherwise it is the product's default.
    pub explicit: bool,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Id at the source.
    pub id: String,
    /// Name.
    pub name: String,
    /// Description.
    #[serde(default)]
    pub description: String,
    /// Domains, by name.
    pub domains: Vec<String>,
    /// Conditions.
    #[serde(rename = "match")]
    pub matching: RouteMatch,
    /// Destination.
    pub destination: Destination,
    /// Fallback.
    #[serde(default)]
    pub fallback: Option<Fallback>,
    /// Effective timeout.
    pub timeout: Timeout,
    /// Effective retries.
    pub retry: Retry,
    /// Explicit position among routes that match alike, smaller first; absent when not used.
    #[serde(default)]
    pub order: Option<i64>,
    /// Creation, milliseconds since the Unix epoch: earlier wins among equals.
    pub created_at: i64,
    /// Whether it serves traffic.
    pub state: PublishState,
    /// Who keeps it.
    pub managed_by: ManagedBy,
    /// What it does beside forwarding.
    #[serde(default)]
    pub policies: RoutePolicies,
}

impl Route {
    /// Every service it needs by id: where it leads to, fallbacks, and where a copy of the traffic goes.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        let copied = self.policies.mirror.iter().map(|mirror| mirror.service.as_str());
        self.targets().map(|target| target.service.as_str()).chain(copied)
    }

    /// Every service it leads to, fallbacks included.
    pub fn targets(&self) -> impl Iterator<Item = &RouteTarget> {
        let direct: &[RouteTarget] = match &self.destination {
            Destination::Single { target } => std::slice::from_ref(target),
            Destination::Weighted { targets } | Destination::Versions { targets } => targets,
            Destination::Mock { .. } | Destination::Redirect { .. } => &[],
        };
        direct.iter().chain(self.fallback.iter().flat_map(|fallback| &fallback.targets))
    }
}
