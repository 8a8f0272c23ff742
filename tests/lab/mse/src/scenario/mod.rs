//! A source account as a person writes it down: one gateway with its domains, registries, services
//! and routes, and the network and backends around it. `scenarios/README.md` beside this crate explains
//! every key; what is left out is filled in by [`Scenario::complete`].

mod alert;
mod check;
mod check_more;
mod complete;
mod destination;
mod domain;
mod gateway;
mod moment;
mod network;
mod plugin;
mod policy;
mod reach;
mod registry;
mod route;
mod security;
mod service;
mod watching;
mod yaml;

use serde::{Deserialize, Serialize};

pub use alert::{About, Alert, Keeper};
pub use destination::{Destination, Mock, Redirect, Retry};
pub use domain::{Domain, Http2};
pub use gateway::{Charge, ElasticPolicy, ElasticWindow, Entry, Gateway, SecurityRule};
pub use moment::Moment;
pub use network::{Certificate, Network, SecurityGroup, VSwitch, Vpc};
pub(crate) use network::{valid_from, valid_to};
pub use plugin::{
    Answers, Level, Plugin, PluginLanguage, PluginLevels, PluginPhase, PluginRule, TrafficRules,
};
pub use policy::{
    Breaker, Cors, Dubbo, DubboMethod, DubboParam, HeaderChange, HeaderOp, Limit, Mirror, ParamSource,
    Refusal, Rewrite, Side,
};
pub use reach::{Hash, HashKey, HealthCheck, HealthProtocol, LoadBalancing, PortPolicy, Tls, TlsMode};
pub use registry::{Ingress, Source, SourceType};
pub use route::{Compare, Condition, PathKind, Route, RouteStatus, Serving};
pub use security::{
    AccessList, Algorithm, AuthHeader, AuthHeaderOp, AuthKind, AuthResource, Authentication, Consumer,
    External, Token,
};
pub use service::{Backend, Protocol, Service, ServiceType, Version};
pub use watching::{AccessLog, TraceKind, Tracing};
pub use yaml::ScenarioError;

/// A source account with one gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Region of everything.
    #[serde(default = "default_region")]
    pub region: String,
    /// VPCs, vSwitches, security groups and certificates of the account.
    #[serde(default)]
    pub network: Network,
    /// The gateway that is to be migrated.
    pub gateway: Gateway,
    /// Host names it serves.
    #[serde(default)]
    pub domains: Vec<Domain>,
    /// Registries it is connected to.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// Backends it knows.
    #[serde(default)]
    pub services: Vec<Service>,
    /// What it does with requests, in the order in which lists show them.
    #[serde(default)]
    pub routes: Vec<Route>,
    /// Backends that exist beside those of `services`: what else a registry holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<Backend>,
    /// Black and white lists of addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_lists: Vec<AccessList>,
    /// Authentication for the whole gateway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authentications: Vec<Authentication>,
    /// Callers with tokens of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumers: Vec<Consumer>,
    /// Installed plugins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<Plugin>,
    /// Alert rules, which are kept outside the gateway.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<Alert>,
    /// Which of its contradictory forms the API answers in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub answers: Answers,
}

fn default_region() -> String {
    "cn-hangzhou".to_owned()
}

/// For `skip_serializing_if`: written out only when it says something.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}
