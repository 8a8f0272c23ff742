//! Publication of routes: what is stored becomes what is served, a little later.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Value, json};

use super::route::Publication;
use super::state::{Cx, State};
use super::{api, guards, reply, rest};
use crate::params::{text, texts};

/// `DeployHttpApi`: one route, or several in the deprecated `httpApiConfig` form.
pub(crate) fn deploy(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let api = reply::path(call, "httpApiId")?;
    let of_rest = api::find(state, api)?.kind == "Rest";
    match (call.body.get("restApiConfig").and_then(Value::as_object), of_rest) {
        (Some(config), true) => return rest::deploy(cx, state, call, config),
        (None, true) => return Err(reply::missing("restApiConfig")),
        (Some(_), false) => {
            return Err(reply::detail(
                "restApiConfig is for REST APIs; this is an HTTP API, so give routeId",
            ));
        }
        (None, false) => {}
    }
    let ids = wanted(call)?;
    let mut gateways = Vec::new();
    for id in &ids {
        gateways.push(check(cx, state, api, id)?);
    }
    gateways.sort();
    gateways.dedup();
    gateways.iter().try_for_each(|gateway| state.write_to(cx, gateway))?;
    for id in &ids {
        let guard = guards::guard(state, id);
        let Some(route) = state.routes.get_mut(id) else { continue };
        let previous_guard = route.guard(cx.now).cloned();
        let previous = route.serving(cx.now).cloned();
        route.publication = Some(Publication {
            content: route.content.clone(),
            effective_ms: cx.now + cx.options.timing.deploying_ms,
            previous,
            guard,
            previous_guard,
        });
    }
    reply::ok(json!({ "httpApiId": api }))
}

fn wanted(call: &Call) -> Result<Vec<String>, ApiError> {
    if let Some(id) = text(&call.body, "routeId") {
        return Ok(vec![id.to_owned()]);
    }
    let several =
        call.body.get("httpApiConfig").and_then(Value::as_object).map(|config| texts(config, "routeIds"));
    several.filter(|ids| !ids.is_empty()).ok_or_else(|| reply::missing("routeId"))
}

/// Whether a route can be published; the gateway it goes to.
fn check(cx: &Cx<'_>, state: &State, api: &str, id: &str) -> Result<String, ApiError> {
    let route =
        state.routes.get(id).filter(|route| route.api_id == api).ok_or_else(|| reply::gone("Route", id))?;
    let (gateway, _) = state.gateway_of_environment(&route.environment_id)?;
    if route.content.domain_ids.is_empty() {
        return Err(reply::detail(format!("route {} has no domain; give it one, then publish", route.name)));
    }
    let publishable = |id: &String| state.domains.get(id).is_some_and(|domain| domain.gateway_id.is_some());
    if cx.options.deploy_needs_sub_domain && !route.content.domain_ids.iter().any(publishable) {
        return Err(reply::detail(format!(
            "route {} has no publishable domain; add the environment's sub-domain to it",
            route.name
        )));
    }
    Ok(gateway.to_owned())
}

/// `UndeployHttpApi`: takes effect with the answer.
pub(crate) fn undeploy(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let api = reply::path(call, "httpApiId")?;
    if api::find(state, api)?.kind == "Rest" {
        let api = api.to_owned();
        return rest::undeploy(cx, state, call, &api);
    }
    let id = text(&call.body, "routeId").ok_or_else(|| reply::missing("routeId"))?;
    let route =
        state.routes.get(id).filter(|route| route.api_id == api).ok_or_else(|| reply::gone("Route", id))?;
    let environment = text(&call.body, "environmentId").unwrap_or(&route.environment_id);
    let (gateway, _) = state.gateway_of_environment(environment)?;
    if environment != route.environment_id
        || text(&call.body, "gatewayId").is_some_and(|wanted| wanted != gateway)
    {
        return Err(reply::detail(format!(
            "route {} is not in that environment of that gateway",
            route.name
        )));
    }
    let gateway = gateway.to_owned();
    state.write_to(cx, &gateway)?;
    if let Some(route) = state.routes.get_mut(id) {
        route.publication = None;
    }
    reply::done()
}
