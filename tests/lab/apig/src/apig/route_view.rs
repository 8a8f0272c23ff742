//! How routes look in answers, where a backend of the scene `SingleService` is called `Single`.

use gateshift_lab_kernel::{Answer, Call};
use serde_json::{Map, Value, json};

use super::route::{Backend, Route};
use super::state::{Cx, State};
use super::{api, environment, reply, route};
use crate::params::{fits, fits_part, text};

/// `GetHttpApiRoute`.
pub(crate) fn get(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let (id, route) = route::find(state, call)?;
    reply::ok(view(cx, state, id, route))
}

/// `ListHttpApiRoutes`.
pub(crate) fn list(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let api = reply::path(call, "httpApiId")?;
    api::find(state, api)?;
    let found: Vec<(&str, &Route)> = state
        .routes
        .iter()
        .filter(|(_, route)| route.api_id == api && wanted(cx, state, &call.query, route))
        .collect();
    reply::page_of(call, &found, |(id, route)| view(cx, state, id, route))
}

fn wanted(cx: &Cx<'_>, state: &State, query: &Map<String, Value>, route: &Route) -> bool {
    let path =
        route.content.condition.as_ref().and_then(|one| one.path.as_ref()).map(|path| path.value.as_str());
    let status = route.deploy_status(cx.cloud.served_ms());
    let backend_named = |name: &str| {
        let services = route.content.backend.iter().flat_map(|backend| &backend.services);
        services
            .filter_map(|one| state.services.get(&one.service_id))
            .any(|service| service.name.contains(name))
    };
    let on_gateway = |gateway: &str| {
        state.gateways.get(gateway).is_some_and(|one| one.environment_id == route.environment_id)
    };
    fits(query, "environmentId", &route.environment_id)
        && fits(query, "name", &route.name)
        && fits_part(query, "nameLike", &route.name)
        && fits_part(query, "pathLike", path.unwrap_or_default())
        && text(query, "domainId").is_none_or(|id| route.content.domain_ids.iter().any(|one| one == id))
        && text(query, "deployStatuses").is_none_or(|list| list.split(',').any(|one| one == status))
        && text(query, "gatewayId").is_none_or(on_gateway)
        && text(query, "backendServiceName").is_none_or(backend_named)
}

/// A route in full.
pub(crate) fn view(cx: &Cx<'_>, state: &State, id: &str, route: &Route) -> Value {
    let domains: Vec<Value> = route
        .content
        .domain_ids
        .iter()
        .filter_map(|id| state.domains.get(id).map(|domain| (id, domain)))
        .map(|(id, domain)| json!({"domainId": id, "name": domain.name, "protocol": domain.spec.protocol}))
        .collect();
    let status = route.deploy_status(cx.cloud.served_ms());
    let owner = state.gateway_of_environment(&route.environment_id).ok();
    let environment = owner.map(|(gateway_id, gateway)| {
        json!({
            "environmentId": route.environment_id,
            "name": environment::NAME,
            "alias": environment::ALIAS,
            "gatewayInfo": {"gatewayId": gateway_id, "name": gateway.name, "gatewayEdition": gateway.edition},
            "subDomains": environment::sub_domains(state, gateway_id),
        })
    });
    json!({
        "routeId": id,
        "name": route.name,
        "description": route.content.description,
        "domainInfos": domains,
        "environmentInfo": environment,
        "match": route.content.condition,
        "backend": route.content.backend.as_ref().map(|backend| backend_view(state, backend)),
        "builtin": "false",
        "deployStatus": status,
        "gatewayStatus": owner.map(|(gateway_id, _)| json!({gateway_id: status})),
        "createTimestamp": route.created_ms,
        "updateTimestamp": route.updated_ms,
    })
}

fn backend_view(state: &State, backend: &Backend) -> Value {
    let services: Vec<Value> = backend
        .services
        .iter()
        .map(|one| {
            let mut view = serde_json::to_value(one).unwrap_or_default();
            if let Some(service) = state.services.get(&one.service_id) {
                view["name"] = json!(service.name);
                view["sourceType"] = json!(service.kind);
                view["namespace"] = json!(service.namespace);
                view["groupName"] = json!(service.group_name);
            }
            view
        })
        .collect();
    let scene = if backend.scene == "SingleService" { "Single" } else { &backend.scene };
    json!({"scene": scene, "services": services})
}
