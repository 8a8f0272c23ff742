//! A gateway, described without any product's words: what the source reader produces and every
//! later step plans from. Serialised as the run's inventory.

pub mod address;
mod handover;
mod instance;
mod inventory;
mod matching;
mod route;
mod service;

pub use handover::{Assessed, Shifted, StageReached, TargetInstance, TargetRoute, TargetRoutes, Verified};
pub use instance::{
    Certificate, Domain, Entry, Http2, Instance, ManagedBy, Mtls, NetworkKind, NodeSize, Protocol,
    PublishState,
};
pub use inventory::{Accounting, FORMAT, Inventory, Origin, RawAnswer, UnknownField};
pub use matching::{Precedence, RequestFacts, matches, precedence, select};
pub use route::{
    Destination, Fallback, MatchKind, PathMatch, RedirectTo, Retry, Route, RouteMatch, RouteTarget, Timeout,
    ValueMatch,
};
pub use service::{
    BackendTls, Balancer, HashKey, HealthCheck, LoadBalancing, PortPolicy, PortTls, Service, ServiceKind,
    ServiceVersion, Source, SourceKind, TlsMode,
};
