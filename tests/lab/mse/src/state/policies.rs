//! Policies of a route. They act at once, published or not, and are no part of what is edited.

use crate::scenario::{self, Breaker, Cors, HeaderChange, Limit, Mirror, Rewrite};

/// Everything that is done with a route's requests beside matching and forwarding.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Policies {
    pub(crate) rewrite: Option<Rewrite>,
    pub(crate) headers: Vec<HeaderChange>,
    pub(crate) cors: Option<Cors>,
    pub(crate) mirror: Option<Mirror>,
    pub(crate) rate_limit: Option<Limit>,
    pub(crate) concurrency: Option<Limit>,
    pub(crate) breaker: Option<Breaker>,
    pub(crate) waf: bool,
    /// Only consumers with a grant may use it.
    pub(crate) guarded: bool,
}

impl Policies {
    /// What a scenario says of a route.
    pub(crate) fn of(spec: &scenario::Route) -> Self {
        Self {
            rewrite: spec.rewrite.clone(),
            headers: spec.change_headers.clone(),
            cors: spec.cors.clone(),
            mirror: spec.mirror.clone(),
            rate_limit: spec.rate_limit.clone(),
            concurrency: spec.concurrency.clone(),
            breaker: spec.circuit_breaker.clone(),
            waf: spec.waf,
            guarded: spec.guarded,
        }
    }

    /// Whether one of the rules of traffic is in force.
    pub(crate) fn limited(&self) -> bool {
        let limits = [&self.rate_limit, &self.concurrency];
        limits.into_iter().flatten().any(|limit| !limit.off)
            || self.breaker.as_ref().is_some_and(|breaker| !breaker.off)
    }
}
