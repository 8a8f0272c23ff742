//! Whole routes: the body of `CreateHttpApiRoute`, and whether a route that is there equals one.

use std::collections::BTreeSet;

use gateshift_gateway_model::Route;
use serde_json::{Value, json};

use super::{backend, matching};
use crate::wire::RouteView;

/// How a route's body refers to other objects.
pub struct References<'a> {
    /// A domain, by name.
    pub domain: &'a dyn Fn(&str) -> String,
    /// A service, by its id at the source.
    pub service: &'a dyn Fn(&str) -> String,
    /// Namespace and group of a service in a registry, by its id at the source.
    pub registry: &'a dyn Fn(&str) -> Option<(String, String)>,
}

/// The body.
#[must_use]
pub fn body(
    route: &Route,
    name: &str,
    description: &str,
    environment: &str,
    references: &References<'_>,
) -> Value {
    let domains: Vec<String> = route.domains.iter().map(|name| (references.domain)(name)).collect();
    json!({
        "name": name,
        "description": description,
        "environmentId": environment,
        "domainIds": domains,
        "match": matching::body(&route.matching),
        "backendConfig": backend::body(&route.destination, references),
    })
}

/// What a route that is there differs in from a body whose references are ids. The environment's own
/// sub-domain may have been added to make it publishable, and is no difference.
#[must_use]
pub fn difference(body: &Value, view: &RouteView) -> Option<String> {
    let wanted: BTreeSet<&str> =
        body["domainIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let own = view.environment_info.iter().flat_map(|environment| &environment.sub_domains);
    let own: BTreeSet<&str> = own.map(|domain| domain.domain_id.as_str()).collect();
    let found: BTreeSet<&str> = view
        .domain_infos
        .iter()
        .map(|domain| domain.domain_id.as_str())
        .filter(|id| wanted.contains(id) || !own.contains(id))
        .collect();
    if wanted != found {
        return Some(format!("its domains are {found:?} instead of {wanted:?}"));
    }
    let conditions = |value: &Value| matching::read(value).map(matching::normal);
    match (conditions(&body["match"]), conditions(&view.condition)) {
        (Some(wanted), Some(found)) if wanted == found => {}
        (wanted, found) => return Some(format!("it matches {found:?} instead of {wanted:?}")),
    }
    match (backend::read(&body["backendConfig"]), backend::read(&view.backend)) {
        (Some(wanted), Some(found)) if backend::same(&wanted, &found) => None,
        (wanted, found) => Some(format!("it leads to {found:?} instead of {wanted:?}")),
    }
}

#[cfg(test)]
mod tests;
