//! Decides what is made on the target: a pure function of the inventory, of what the target has, of
//! the settings and of the time.
//!
//! The operations come in the order of dependency: domains, sources, services with their policies,
//! the API, routes with their policies in ascending order of creation, and publications at the end.

mod api;
mod domains;
mod draft;
mod ingress;
mod order;
mod policies;
mod policy_notes;
mod quota;
mod rest;
mod route_limits;
mod route_notes;
mod routes;
mod services;
mod sources;
mod weights;

use gateshift_gateway_model::{Inventory, TargetInstance};
use gateshift_sdk::model::{Plan, Severity, Timestamp};
use gateshift_sdk::{name, to_json};

use crate::observe::Observed;
use crate::settings::Settings;
use draft::Draft;

pub(crate) use api::difference as api_difference;

/// Most names that a sentence lists.
const NAMED: usize = 8;

/// What a plan is made from.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    /// The source.
    pub(crate) inventory: &'a Inventory,
    /// The target as it is.
    pub(crate) observed: &'a Observed,
    /// The target gateway.
    pub(crate) target: &'a TargetInstance,
    /// Settings of the step.
    pub(crate) settings: &'a Settings,
    /// Now; certificates expire.
    pub(crate) now: Timestamp,
}

/// Name of the API that holds the routes.
pub(crate) fn api_name(inventory: &Inventory, settings: &Settings) -> String {
    settings.api.clone().unwrap_or_else(|| name::plain(&inventory.instance.name))
}

/// Makes the plan.
pub(crate) fn plan(given: &Given<'_>) -> Plan {
    let mut draft = Draft::new(given);
    domains::add(&mut draft);
    sources::add(&mut draft);
    services::add(&mut draft);
    api::add(&mut draft);
    ingress::add(&mut draft);
    routes::add(&mut draft);
    policies::gateway(&mut draft);
    policies::classes(&mut draft);
    selection(&mut draft);
    quota::add(&mut draft);
    let published = draft.facts.routes.iter().filter(|route| route.published).count();
    let summary = format!(
        "{} domains, {} sources, {} services and {} routes ({published} of them published) on gateway {}",
        draft.facts.domains.len(),
        draft.facts.sources.len(),
        draft.facts.services.len(),
        draft.facts.routes.len(),
        given.target.gateway,
    );
    Plan { operations: draft.operations, findings: draft.findings, facts: to_json(&draft.facts), summary }
}

/// What the patterns of the settings leave out, and those that fit nothing.
fn selection(draft: &mut Draft<'_>) {
    let Given { inventory, settings, .. } = *draft.given;
    for glob in settings.idle(&inventory.routes) {
        let message = format!("no route is named like `{glob}`");
        let action = "check the spelling of `include` and `exclude`";
        draft.find(Severity::Warn, "RTE-PATTERN", "settings".to_owned(), message, action);
    }
    let left: Vec<&str> =
        inventory.routes.iter().filter(|one| !settings.takes(one)).map(|one| one.name.as_str()).collect();
    if !left.is_empty() {
        let more = left.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!(
            "{} of {} routes are left out, as told: {}{more}",
            left.len(),
            inventory.routes.len(),
            left[..left.len().min(NAMED)].join(", "),
        );
        let action = "move traffic of their hosts only when their requests may fail at the target";
        draft.find(Severity::Warn, "RTE-LEFT-OUT", "routes".to_owned(), message, action);
    }
}
