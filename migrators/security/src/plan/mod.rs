//! Decides what is made on the target: a pure function of the inventory, of what the target has and of
//! the settings.
//!
//! The order is the one in which nobody is locked out: lists of routes, consumers, authentication of routes
//! (attached off, grants, on, published again), lists of domains, and what acts on the whole gateway last.

mod authentication;
mod consumers;
mod draft;
mod lists;

use gateshift_apig::convert::security;
use gateshift_gateway_model::{Inventory, TargetInstance, TargetRoutes};
use gateshift_sdk::model::Plan;
use gateshift_sdk::to_json;

use crate::observe::Observed;
use crate::settings::Settings;
use draft::Draft;

pub(crate) use lists::source_rules;

/// What a plan is made from.
pub(crate) struct Given<'a> {
    /// The source.
    pub(crate) inventory: &'a Inventory,
    /// The target as it is.
    pub(crate) observed: &'a Observed,
    /// The target gateway.
    pub(crate) target: &'a TargetInstance,
    /// Its routes.
    pub(crate) routes: &'a TargetRoutes,
    /// Settings of the step.
    pub(crate) settings: &'a Settings,
}

/// Makes the plan.
pub(crate) fn plan(given: &Given<'_>) -> Plan {
    let mut draft = Draft::new(given);
    let entries = lists::decide(&mut draft);
    lists::write(&mut draft, &entries, true);
    consumers::add(&mut draft);
    authentication::add(&mut draft);
    lists::write(&mut draft, &entries, false);
    let classes: Vec<_> = draft.classes.iter().copied().collect();
    draft.findings.extend(security::check(&classes, &given.observed.classes));
    let count = |kind: &str| draft.operations.iter().filter(|one| one.object.kind == kind).count();
    let summary = format!(
        "{} address lists, {} authentications, {} consumers with {} grants on {} routes of gateway {}",
        count("access-list"),
        count("authentication"),
        count("consumer"),
        count("grant"),
        count("route-authentication"),
        given.target.gateway,
    );
    Plan { operations: draft.operations, findings: draft.findings, facts: to_json(&draft.facts), summary }
}
