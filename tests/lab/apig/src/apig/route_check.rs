//! The rules a route's content has to keep.

use gateshift_lab_kernel::ApiError;
use regex::Regex;

use super::options::Options;
use super::reply;
use super::route::{Backend, Condition, Content, Destination, ValueCondition};
use super::state::State;

/// `OPTION` is the enumeration's own spelling; see [`Options::refuse_options_spelling`].
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTION", "TRACE", "PATCH"];
const KINDS: [&str; 3] = ["Exact", "Prefix", "Regex"];

/// Checks a route's content for a gateway.
pub(crate) fn check(
    options: &Options,
    state: &State,
    gateway: &str,
    content: &Content,
) -> Result<(), ApiError> {
    for id in &content.domain_ids {
        let domain = state.domains.get(id).ok_or_else(|| reply::gone("Domain", id))?;
        if domain.gateway_id.as_deref().is_some_and(|owner| owner != gateway) {
            return Err(reply::bad("domainIds", format!("{id} is the sub-domain of another gateway")));
        }
    }
    check_condition(options, content.condition.as_ref().ok_or_else(|| reply::missing("match"))?)?;
    check_backend(
        options,
        state,
        gateway,
        content.backend.as_ref().ok_or_else(|| reply::missing("backendConfig"))?,
    )
}

fn check_condition(options: &Options, condition: &Condition) -> Result<(), ApiError> {
    let path = condition.path.as_ref().ok_or_else(|| reply::missing("match.path"))?;
    check_kind("match.path", &path.kind, &path.value)?;
    if path.value.is_empty() {
        return Err(reply::missing("match.path.value"));
    }
    if path.kind != "Regex" && !path.value.starts_with('/') {
        return Err(reply::bad("match.path.value", format!("{} does not begin with a slash", path.value)));
    }
    for method in &condition.methods {
        let known =
            METHODS.contains(&method.as_str()) || (method == "OPTIONS" && !options.refuse_options_spelling);
        if !known {
            return Err(reply::bad(
                "match.methods",
                format!("{method} is not one of {}", METHODS.join(", ")),
            ));
        }
    }
    check_values("match.headers", &condition.headers)?;
    check_values("match.queryParams", &condition.query_params)
}

fn check_values(place: &str, conditions: &[ValueCondition]) -> Result<(), ApiError> {
    for condition in conditions {
        if condition.name.is_empty() {
            return Err(reply::missing(&format!("{place}[].name")));
        }
        check_kind(place, &condition.kind, &condition.value)?;
    }
    Ok(())
}

fn check_kind(place: &str, kind: &str, value: &str) -> Result<(), ApiError> {
    if kind.is_empty() {
        return Err(reply::missing(&format!("{place}.type")));
    }
    if !KINDS.contains(&kind) {
        return Err(reply::bad(
            &format!("{place}.type"),
            format!("{kind} is not one of {}", KINDS.join(", ")),
        ));
    }
    if kind == "Regex" && Regex::new(value).is_err() {
        return Err(reply::bad(
            &format!("{place}.value"),
            format!("{value} is no regular expression of the RE2 kind"),
        ));
    }
    Ok(())
}

fn check_backend(options: &Options, state: &State, gateway: &str, backend: &Backend) -> Result<(), ApiError> {
    let services = &backend.services;
    match backend.scene.as_str() {
        "" => return Err(reply::missing("backendConfig.scene")),
        "Mock" | "Redirect" if services.is_empty() => {}
        "Mock" | "Redirect" => {
            return Err(reply::bad(
                "backendConfig.services",
                format!("a {} backend has no services", backend.scene),
            ));
        }
        "SingleService" if services.len() == 1 => {}
        "SingleService" => {
            return Err(reply::bad(
                "backendConfig.services",
                "a SingleService backend has exactly one service",
            ));
        }
        "MultiServiceByRatio" => check_weights(services)?,
        "MultiServiceByTag" if options.accept_by_tag => {
            check_weights(services)?;
            let same = services.iter().all(|one| one.service_id == services[0].service_id);
            if !same || services.iter().any(|one| one.version.is_none()) {
                return Err(reply::bad(
                    "backendConfig.services",
                    "MultiServiceByTag means versions of one service",
                ));
            }
        }
        other => {
            return Err(reply::bad(
                "backendConfig.scene",
                format!("{other} is not one of SingleService, MultiServiceByRatio, Mock, Redirect"),
            ));
        }
    }
    services.iter().try_for_each(|one| check_destination(state, gateway, one))
}

fn check_weights(services: &[Destination]) -> Result<(), ApiError> {
    if services.is_empty() {
        return Err(reply::missing("backendConfig.services"));
    }
    let mut sum = 0;
    for one in services {
        let weight = one.weight.ok_or_else(|| reply::missing("backendConfig.services[].weight"))?;
        if !(0..=100).contains(&weight) {
            return Err(reply::bad(
                "backendConfig.services[].weight",
                format!("{weight} is not within 0 to 100"),
            ));
        }
        sum += weight;
    }
    if sum == 100 {
        return Ok(());
    }
    Err(reply::bad("backendConfig.services[].weight", format!("the weights add up to {sum}, not 100")))
}

fn check_destination(state: &State, gateway: &str, one: &Destination) -> Result<(), ApiError> {
    if one.service_id.is_empty() {
        return Err(reply::missing("backendConfig.services[].serviceId"));
    }
    let service = state.services.get(&one.service_id).filter(|service| service.gateway_id == gateway);
    let service = service.ok_or_else(|| reply::gone("Service", &one.service_id))?;
    if let Some(port) = one.port.filter(|port| !(1..=65_535).contains(port)) {
        return Err(reply::bad("backendConfig.services[].port", format!("{port} is not within 1 to 65535")));
    }
    if let Some(version) = one.version.as_deref().filter(|version| !service.versions.contains_key(*version)) {
        return Err(reply::detail(format!("service {} has no version {version}", service.name)));
    }
    Ok(())
}
