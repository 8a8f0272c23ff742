//! REST APIs on the data plane: publication of operations, and the routes they are served as.

use gateshift_lab_kernel::gateway::{Action, Forward, MatchKind, PathMatch, Route, Target, ValueMatch};
use gateshift_lab_kernel::policy::{PathRewrite, Rewrite};
use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Map, Value, json};

use super::operation::{Operation, Publication, of_api};
use super::routing::View;
use super::state::{Cx, State};
use super::{api, guards, reply};
use crate::params::{flag, string, text, texts};

/// `DeployHttpApi` in its `restApiConfig` form: publishes or withdraws operations; all when none is named.
pub(crate) fn deploy(cx: &Cx<'_>, state: &mut State, call: &Call, config: &Map<String, Value>) -> Answer {
    let api_id = reply::path(call, "httpApiId")?.to_owned();
    let given = config.get("environment").and_then(Value::as_object).cloned().unwrap_or_default();
    let deployment = deployment(state, &api_id, &given)?;
    let environment = string(&deployment, "environmentId")
        .ok_or_else(|| reply::missing("restApiConfig.environment.environmentId"))?;
    let gateway = state.gateway_of_environment(&environment)?.0.to_owned();
    if text(config, "gatewayId").is_some_and(|wanted| wanted != gateway) {
        return Err(reply::detail("the environment does not belong to that gateway"));
    }
    check(state, &gateway, &deployment)?;
    let wanted = wanted(state, &api_id, config)?;
    state.write_to(cx, &gateway)?;
    let api = api::find(state, &api_id)?;
    let version = api.version.clone().filter(|one| one["enable"] == json!(true));
    let in_path = version.as_ref().filter(|one| one["scheme"] == json!("Path"));
    let suffix = in_path.and_then(|one| one["version"].as_str()).map(|one| format!("/{one}"));
    let base_path = format!(
        "{}{}",
        api.base_path.as_deref().unwrap_or_default().trim_end_matches('/'),
        suffix.unwrap_or_default()
    );
    let removes_base_path = api.removes_base_path;
    for (id, publish) in wanted {
        let guard = guards::guard(state, &id);
        let Some(operation) = state.operations.get_mut(&id) else { continue };
        // What serves already goes on serving until the new takes its place.
        let wait = if operation.publication.is_some() { 0 } else { cx.options.timing.deploying_ms };
        operation.publication = publish.then(|| Publication {
            content: operation.content.clone(),
            base_path: base_path.clone(),
            removes_base_path,
            version: version.clone(),
            deployment: deployment.clone(),
            environment_id: environment.clone(),
            guard,
            effective_ms: cx.now + wait,
        });
    }
    reply::ok(json!({ "httpApiId": api_id }))
}

/// The API's own deployment for the environment, with what the call says in its place.
fn deployment(state: &State, api: &str, given: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    let configs = &api::find(state, api)?.deploy_configs;
    let wanted = text(given, "environmentId");
    let stored = configs.iter().filter_map(Value::as_object);
    let mut stored = stored;
    let stored = stored.find(|one| wanted.is_none() || text(one, "environmentId") == wanted);
    let mut merged = stored.cloned().unwrap_or_default();
    merged.extend(given.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())));
    Ok(merged)
}

fn check(state: &State, gateway: &str, deployment: &Map<String, Value>) -> Result<(), ApiError> {
    for id in texts(deployment, "customDomainIds") {
        state.domains.get(&id).ok_or_else(|| reply::gone("Domain", &id))?;
    }
    let services = services(deployment);
    for id in services.iter().filter_map(|one| text(one, "serviceId")) {
        let found = state.services.get(id).filter(|service| service.gateway_id == gateway);
        found.ok_or_else(|| reply::gone("Service", id))?;
    }
    match text(deployment, "backendScene") {
        Some("Mock") => Ok(()),
        Some("SingleService") if services.len() == 1 => Ok(()),
        Some("MultiServiceByRatio") => {
            let sum: i64 = services.iter().filter_map(|one| one.get("weight").and_then(Value::as_i64)).sum();
            if sum == 100 {
                Ok(())
            } else {
                Err(reply::detail(format!("the weights add up to {sum}, not 100")))
            }
        }
        Some("MultiServiceByContent") => {
            let usual = services.iter().filter(|one| is_default(one)).count();
            if usual == 1 { Ok(()) } else { Err(reply::detail("exactly one service is the default")) }
        }
        Some(other) => Err(reply::bad("backendScene", format!("{other} does not fit these services"))),
        None => Err(reply::missing("backendScene")),
    }
}

fn services(deployment: &Map<String, Value>) -> Vec<&Map<String, Value>> {
    let listed = deployment.get("serviceConfigs").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_object).collect()
}

fn condition(one: &Map<String, Value>) -> Option<&Map<String, Value>> {
    one.get("match").and_then(Value::as_object)
}

fn is_default(one: &Map<String, Value>) -> bool {
    condition(one).and_then(|one| flag(one, "default")) == Some(true)
}

/// Operations with whether they are to be published.
fn wanted(state: &State, api: &str, config: &Map<String, Value>) -> Result<Vec<(String, bool)>, ApiError> {
    let named = config.get("operationDeployments").and_then(Value::as_array);
    let mut found: Vec<(String, bool)> = named
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|one| (string(one, "operationId").unwrap_or_default(), text(one, "action") == Some("Publish")))
        .collect();
    found.extend(texts(config, "operationIds").into_iter().map(|id| (id, true)));
    if found.is_empty() {
        found.extend(of_api(state, api).map(|(id, _)| (id.to_owned(), true)));
    }
    let strange = found.iter().find(|(id, _)| state.operations.get(id).is_none_or(|one| one.api_id != api));
    match strange {
        Some((id, _)) => Err(reply::gone("Operation", id)),
        None if found.is_empty() => Err(reply::detail("the API has no operation to publish")),
        None => Ok(found),
    }
}

/// `UndeployHttpApi` of a REST API: one operation, or all of them.
pub(crate) fn undeploy(cx: &Cx<'_>, state: &mut State, call: &Call, api: &str) -> Answer {
    let environment =
        text(&call.body, "environmentId").ok_or_else(|| reply::missing("environmentId"))?.to_owned();
    let gateway = state.gateway_of_environment(&environment)?.0.to_owned();
    let only = text(&call.body, "operationId");
    if let Some(id) = only {
        state
            .operations
            .get(id)
            .filter(|one| one.api_id == api)
            .ok_or_else(|| reply::gone("Operation", id))?;
    }
    let ids: Vec<String> = of_api(state, api)
        .map(|(id, _)| id.to_owned())
        .filter(|id| only.is_none_or(|only| only == id))
        .collect();
    state.write_to(cx, &gateway)?;
    for id in ids {
        if let Some(one) = state.operations.get_mut(&id) {
            one.publication = None;
        }
    }
    reply::done()
}

/// The routes that a published operation is served as: one, or one for each content-based backend.
pub(crate) fn routes(view: &View<'_>, operation: &Operation, sequence: u64) -> Vec<Route> {
    let Some(publication) = operation.publication.as_ref() else { return Vec::new() };
    let deployment = &publication.deployment;
    let listed = services(deployment);
    let base = || served(view, operation, publication, sequence);
    match text(deployment, "backendScene") {
        Some("Mock") => {
            let mock = publication.content.mock.clone().unwrap_or_default();
            let status = mock.get("responseCode").and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok());
            let body = mock.get("responseContent").and_then(Value::as_str).unwrap_or_default().to_owned();
            vec![Route { action: Action::Mock { status: status.unwrap_or(200), body }, ..base() }]
        }
        Some("MultiServiceByContent") => listed
            .iter()
            .map(|one| {
                let mut route = Route { action: forward(view, &[one], true), ..base() };
                let conditions = condition(one).and_then(|one| one.get("conditions"));
                for one in conditions.and_then(Value::as_array).into_iter().flatten() {
                    narrow(&mut route, one);
                }
                route
            })
            .collect(),
        scene => vec![Route { action: forward(view, &listed, scene == Some("SingleService")), ..base() }],
    }
}

fn forward(view: &View<'_>, services: &[&Map<String, Value>], single: bool) -> Action {
    let target = |one: &&Map<String, Value>| {
        let service = view.state.services.get(text(one, "serviceId")?)?;
        let labels = text(one, "version").and_then(|version| service.versions.get(version));
        let weight = one.get("weight").and_then(Value::as_u64).and_then(|weight| u32::try_from(weight).ok());
        Some(Target {
            upstream: service.upstream(view.state),
            labels: labels.cloned().unwrap_or_default(),
            weight: if single { 100 } else { weight.unwrap_or_default() },
        })
    };
    Action::Forward(Forward {
        targets: services.iter().filter_map(target).collect(),
        fallback: view.fallback(),
        timeout_ms: view.timeout_ms(),
        retries: view.retries(),
    })
}

fn narrow(route: &mut Route, one: &Value) {
    let part = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = match part("operator").as_str() {
        "prefix" => MatchKind::Prefix,
        "regex" => MatchKind::Regex,
        _ => MatchKind::Exact,
    };
    let found = ValueMatch { name: part("key"), kind, value: part("value") };
    if part("type").eq_ignore_ascii_case("Query") {
        route.queries.push(found);
    } else {
        route.headers.push(found);
    }
}

/// Ids of the domains of a published operation.
pub(crate) fn domains(publication: &Publication) -> impl Iterator<Item = &str> {
    let listed = publication.deployment.get("customDomainIds").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str)
}

/// Everything of the route but its action.
fn served(view: &View<'_>, operation: &Operation, publication: &Publication, sequence: u64) -> Route {
    let content = &publication.content;
    let whole = format!("{}{}", publication.base_path, content.path);
    let mut policies = view.policies();
    if publication.removes_base_path && policies.rewrite.is_none() && !publication.base_path.is_empty() {
        let pattern = format!("^{}", regex::escape(&publication.base_path));
        let path = PathRewrite::Regex { pattern, substitution: String::new() };
        policies.rewrite = Some(Rewrite { path: Some(path), host: None });
    }
    let mut route = Route {
        name: content.name.clone(),
        domains: domains(publication)
            .filter_map(|id| view.state.domains.get(id))
            .map(|domain| domain.name.clone())
            .collect(),
        path: path(&whole),
        methods: vec![content.method.clone()],
        headers: Vec::new(),
        queries: Vec::new(),
        created_ms: operation.created_ms,
        sequence,
        action: Action::Mock { status: 503, body: String::new() },
        policies,
    };
    if let Some(version) = &publication.version {
        let value = version.get("version").cloned().unwrap_or_default();
        let (kind, key) = match version.get("scheme").and_then(Value::as_str) {
            Some("Query") => ("Query", "queryName"),
            Some("Header") => ("Header", "headerName"),
            _ => return route,
        };
        narrow(&mut route, &json!({"type": kind, "key": version.get(key), "value": value}));
    }
    route
}

/// A path without parameters as it is; with `{x}` as an expression in which each takes one segment.
fn path(whole: &str) -> PathMatch {
    if !whole.contains('{') {
        return PathMatch { kind: MatchKind::Exact, value: whole.to_owned(), ignore_case: false };
    }
    let segment = |one: &str| {
        if one.starts_with('{') && one.ends_with('}') { "[^/]+".to_owned() } else { regex::escape(one) }
    };
    let value = whole.split('/').map(segment).collect::<Vec<_>>().join("/");
    PathMatch { kind: MatchKind::Regex, value, ignore_case: false }
}
