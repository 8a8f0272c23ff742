//! A gateway, described without any product's words: what the source reader produces and every
//! later step plans from. Serialised as the run's inventory.

pub mod address;
pub mod diff;
mod handover;
mod instance;
mod inventory;
mod look;
mod matching;
mod observability;
mod plugin;
mod policy;
mod route;
mod security;
pub mod selection;
mod service;

pub use handover::{
    Assessed, Class, Judged, Observed, Plugged, Secured, Shifted, StageReached, TargetInstance, TargetRoute,
    TargetRoutes, TrafficShare, Tuned, Verified,
};
pub use instance::{
    BackendRule, Certificate, Domain, Elastic, ElasticWindow, Entry, Http2, Instance, ManagedBy, Mtls,
    NetworkKind, NodeSize, Protocol, PublishState,
};
pub use inventory::{Accounting, FORMAT, Inventory, Origin, RawAnswer, UnknownField};
pub use look::{Decision, GateAnswer, GateSaid, LOOK, Look, LookSide};
pub use matching::{Precedence, RequestFacts, groups, matches, precedence, select};
pub use observability::{AlertPlace, AlertRule, LogDelivery, Observability, Tracing};
pub use plugin::{Plugin, PluginRule, Stage};
pub use policy::{
    CircuitBreaker, ConcurrencyLimit, Cors, Direction, DubboMethod, DubboTranscoding, HeaderChange, HeaderOp,
    Mirror, PathRewrite, RateLimit, Refusal, RefusalKind, Rewrite, RoutePolicies,
};
pub use route::{
    Destination, Fallback, MatchKind, PathMatch, RedirectTo, Retry, Route, RouteMatch, RouteTarget, Timeout,
    ValueMatch,
};
pub use security::{
    AccessList, AuthResource, AuthScheme, Authentication, Consumer, ExternalAuth, Grant, HeaderCondition,
    Level, Oidc, TokenPlace,
};
pub use service::{
    BackendTls, Balancer, HashKey, HealthCheck, LoadBalancing, PortPolicy, PortTls, Service, ServiceKind,
    ServiceVersion, Source, SourceKind, TlsMode,
};
