//! Which routes a thing touches, for people. Routes that no later step takes are not asked about.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_gateway_model::{Inventory, Level, PublishState, Route};

use crate::Ahead;

/// Most names that a sentence lists.
const NAMED: usize = 8;

/// What is judged: the source, and what later steps say they take of it.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) ahead: &'a Ahead,
}

/// Routes that are to be moved.
pub(super) fn taken(scope: Scope<'_>) -> impl Iterator<Item = &Route> {
    scope.inventory.routes.iter().filter(move |route| scope.ahead.takes(&route.name))
}

/// Routes that are to be moved and may serve traffic.
pub(super) fn live(scope: Scope<'_>) -> impl Iterator<Item = &Route> {
    taken(scope).filter(|route| route.state != PublishState::Unavailable)
}

/// Names of the live routes that use each service, by its id.
pub(super) fn users(scope: Scope<'_>) -> BTreeMap<&str, Vec<&str>> {
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for route in live(scope) {
        let mirror = route.policies.mirror.iter().map(|mirror| mirror.service.as_str());
        for service in route.targets().map(|target| target.service.as_str()).chain(mirror) {
            let names = users.entry(service).or_default();
            if names.last() != Some(&route.name.as_str()) {
                names.push(&route.name);
            }
        }
    }
    users
}

/// Names of the live routes that levels reach.
pub(super) fn reached<'a>(scope: Scope<'a>, levels: &[&Level]) -> Vec<&'a str> {
    let (mut all, mut domains, mut ids) = (false, BTreeSet::new(), BTreeSet::new());
    for level in levels {
        match level {
            Level::Gateway => all = true,
            Level::Domains { names } => domains.extend(names.iter().map(String::as_str)),
            Level::Routes { ids: found } => ids.extend(found.iter().map(String::as_str)),
        }
    }
    let touched = |route: &&Route| {
        all || ids.contains(route.id.as_str())
            || route.domains.iter().any(|name| domains.contains(name.as_str()))
    };
    live(scope).filter(touched).map(|route| route.name.as_str()).collect()
}

/// `; used by a, b and 3 more`.
pub(super) fn routes_text(names: &[&str]) -> String {
    match names {
        [] => "; no route uses it".to_owned(),
        names if names.len() <= NAMED => format!("; used by {}", names.join(", ")),
        names => format!("; used by {} and {} more", names[..NAMED].join(", "), names.len() - NAMED),
    }
}
