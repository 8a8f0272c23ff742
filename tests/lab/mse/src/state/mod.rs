//! The gateway as its control plane holds it. Ids are handed out in order of creation, each kind
//! from a range of its own; numeric states that pass by themselves are computed from the clock.

pub(crate) mod build;
mod callers;
mod content;
pub(crate) mod parameters;
pub(crate) mod plugins;
mod policies;

use std::net::IpAddr;

use gateshift_lab_kernel::UpstreamName;
use serde_json::{Map, Value};

use crate::scenario;

pub(crate) use callers::{Authentication, Consumer, Grant};
pub(crate) use content::{Action, Content, Retry, Target};
pub(crate) use plugins::{Plugin, PluginRule};
pub(crate) use policies::Policies;

/// How long publishing and taking offline last, lab milliseconds.
const SETTLING_MS: i64 = 1_000;

/// Everything the product knows.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) region: String,
    pub(crate) gateways: Vec<Gateway>,
    /// The last id handed out to something that a call created.
    pub(crate) next_id: i64,
}

impl State {
    pub(crate) fn gateway(&self, unique_id: &str) -> Option<&Gateway> {
        self.gateways.iter().find(|gateway| gateway.spec.id == unique_id)
    }

    pub(crate) fn gateway_mut(&mut self, unique_id: &str) -> Option<&mut Gateway> {
        self.gateways.iter_mut().find(|gateway| gateway.spec.id == unique_id)
    }

    /// An id for something that a call creates.
    pub(crate) fn take_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }
}

/// One gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    /// The numeric id beside the unique one.
    pub(crate) id: i64,
    pub(crate) spec: scenario::Gateway,
    pub(crate) created_ms: i64,
    pub(crate) entries: Vec<Entry>,
    pub(crate) domains: Vec<Domain>,
    pub(crate) sources: Vec<Source>,
    pub(crate) services: Vec<Service>,
    pub(crate) routes: Vec<Route>,
    pub(crate) ip_lists: Vec<IpList>,
    pub(crate) authentications: Vec<Authentication>,
    pub(crate) consumers: Vec<Consumer>,
    pub(crate) plugins: Vec<Plugin>,
    pub(crate) answers: scenario::Answers,
    pub(crate) parameters: Map<String, Value>,
}

impl Gateway {
    pub(crate) fn domain(&self, id: i64) -> Option<&Domain> {
        self.domains.iter().find(|domain| domain.id == id)
    }

    pub(crate) fn service(&self, id: i64) -> Option<&Service> {
        self.services.iter().find(|service| service.id == id)
    }

    /// A service by its name, which no two services of a gateway share.
    pub(crate) fn service_named(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.spec.name == name)
    }

    pub(crate) fn route(&self, id: i64) -> Option<&Route> {
        self.routes.iter().find(|route| route.id == id)
    }

    pub(crate) fn route_mut(&mut self, id: i64) -> Option<&mut Route> {
        self.routes.iter_mut().find(|route| route.id == id)
    }
}

/// A load balancer in front of the gateway.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: scenario::Entry,
    pub(crate) address: IpAddr,
    pub(crate) domain: String,
    pub(crate) slb_id: String,
}

/// A domain.
#[derive(Debug, Clone)]
pub(crate) struct Domain {
    pub(crate) id: i64,
    pub(crate) https: bool,
    pub(crate) spec: scenario::Domain,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
}

/// A registry.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) id: i64,
    pub(crate) spec: scenario::Source,
    pub(crate) groups: Vec<String>,
    pub(crate) created_ms: i64,
}

/// A service.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) id: i64,
    pub(crate) source: Option<i64>,
    pub(crate) upstream: UpstreamName,
    pub(crate) spec: scenario::Service,
    pub(crate) created_ms: i64,
}

/// A route.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) order: i64,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
    pub(crate) phase: Phase,
    /// What the API shows.
    pub(crate) content: Content,
    pub(crate) policies: Policies,
    /// It comes from an Ingress of a cluster.
    pub(crate) ingress: bool,
    /// What requests meet, if anything.
    pub(crate) serving: Option<Content>,
}

/// Where a route is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Unpublished,
    Published { since_ms: i64 },
    Edited,
    Offline { since_ms: i64 },
    Unavailable,
}

impl Route {
    /// The number the API shows: 2 and 5 pass into 3 and 0 by themselves.
    pub(crate) fn status(&self, now_ms: i64) -> i64 {
        let settled = |since_ms: i64| now_ms - since_ms >= SETTLING_MS;
        match self.phase {
            Phase::Unpublished => 0,
            Phase::Published { since_ms } if settled(since_ms) => 3,
            Phase::Published { .. } => 2,
            Phase::Edited => 4,
            Phase::Offline { since_ms } if settled(since_ms) => 0,
            Phase::Offline { .. } => 5,
            Phase::Unavailable => 6,
        }
    }
}

/// An entry of the black and white lists.
#[derive(Debug, Clone)]
pub(crate) struct IpList {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) note: String,
    pub(crate) is_white: bool,
    pub(crate) content: String,
    pub(crate) resource_type: String,
    pub(crate) resource_ids: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) created_ms: i64,
}
