//! APIs: account-level holders of routes (`Http`), of operations (`Rest`), or of what a cluster's Ingress
//! resources say (`HttpIngress`, which is kept but serves nothing here: the lab has no clusters).

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Value, json};

use super::state::{Cx, State};
use super::{reply, token};
use crate::params::{fits, fits_part, flag, string, text, texts};

const LONGEST_NAME: usize = 64;

/// An HTTP API.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) name: String,
    pub(crate) protocols: Vec<String>,
    pub(crate) description: Option<String>,
    pub(crate) base_path: Option<String>,
    /// `Http`, `Rest` or `HttpIngress`.
    pub(crate) kind: String,
    /// The base path stays behind when a request is passed on.
    pub(crate) removes_base_path: bool,
    pub(crate) version: Option<Value>,
    /// Where and with what a REST API is served, by environment.
    pub(crate) deploy_configs: Vec<Value>,
    pub(crate) ingress: Option<Value>,
    pub(crate) gateway_id: Option<String>,
    pub(crate) resource_group_id: Option<String>,
}

/// Name rule of APIs and routes: lower-case letters, digits and inner hyphens.
pub(crate) fn checked_name(name: Option<&str>) -> Result<String, ApiError> {
    let name = name.ok_or_else(|| reply::missing("name"))?;
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.len() > LONGEST_NAME || !name.chars().all(inner) || name.starts_with('-') || name.ends_with('-') {
        return Err(reply::bad(
            "name",
            format!(
                "{name} is not made of at most {LONGEST_NAME} lower-case letters, digits and inner hyphens"
            ),
        ));
    }
    Ok(name.to_owned())
}

fn checked_protocols(protocols: Vec<String>) -> Result<Vec<String>, ApiError> {
    if let Some(other) = protocols.iter().find(|one| !matches!(one.as_str(), "HTTP" | "HTTPS")) {
        return Err(reply::bad("protocols", format!("{other} is not one of HTTP, HTTPS")));
    }
    Ok(if protocols.is_empty() { vec!["HTTP".to_owned()] } else { protocols })
}

/// A base path begins with a slash, has no spaces and at most 256 bytes.
fn check_base_path(path: &str) -> Result<(), ApiError> {
    if path.starts_with('/') && path.len() <= 256 && !path.contains(' ') {
        return Ok(());
    }
    Err(reply::bad("basePath", format!("{path} is no path of at most 256 bytes without spaces")))
}

fn deploy_configs(body: &serde_json::Map<String, Value>) -> Vec<Value> {
    body.get("deployConfigs").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// `CreateHttpApi`.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    token::once(cx, state, call, |_, state, call| {
        let body = &call.body;
        let name = checked_name(text(body, "name"))?;
        let kind = text(body, "type").ok_or_else(|| reply::missing("type"))?;
        let ingress = body.get("ingressConfig").filter(|one| !one.is_null());
        match kind {
            "Http" => {}
            "Rest" => check_base_path(text(body, "basePath").ok_or_else(|| reply::missing("basePath"))?)?,
            "HttpIngress" if ingress.is_some() => {}
            "HttpIngress" => return Err(reply::missing("ingressConfig")),
            other => {
                return Err(reply::bad("type", format!("{other} is not one of Http, Rest, HttpIngress")));
            }
        }
        let protocols = checked_protocols(texts(body, "protocols"))?;
        if let Some(gateway) = text(body, "belongGatewayId") {
            state.gateway(gateway)?;
        }
        if let Some((id, _)) = state.apis.iter().find(|(_, api)| api.name == name) {
            return Err(reply::conflict("HttpApiExisted", format!("HTTP API {name} exists already as {id}")));
        }
        if flag(body, "dryRun") == Some(true) {
            return reply::ok(json!({ "name": name }));
        }
        let id = state.apis.add(Api {
            name: name.clone(),
            protocols,
            description: string(body, "description"),
            base_path: string(body, "basePath"),
            kind: kind.to_owned(),
            removes_base_path: flag(body, "removeBasePathOnForward").unwrap_or(false),
            version: body.get("versionConfig").filter(|one| !one.is_null()).cloned(),
            deploy_configs: deploy_configs(body),
            ingress: ingress.cloned(),
            gateway_id: string(body, "belongGatewayId"),
            resource_group_id: string(body, "resourceGroupId"),
        });
        state.count("httpApi");
        reply::ok(json!({"httpApiId": id, "name": name}))
    })
}

/// The API with this id.
pub(crate) fn find<'a>(state: &'a State, id: &str) -> Result<&'a Api, ApiError> {
    state.apis.get(id).ok_or_else(|| reply::gone("HttpApi", id))
}

/// `GetHttpApi`.
pub(crate) fn get(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "httpApiId")?;
    let api = find(state, id)?;
    reply::ok(view(cx, state, id, api))
}

/// An API in full, as other answers embed it too.
pub(crate) fn view(cx: &Cx<'_>, state: &State, id: &str, api: &Api) -> Value {
    let routes: Vec<_> = state.routes.iter().filter(|(_, route)| route.api_id == id).collect();
    let deployed = routes.iter().filter(|(_, route)| route.serving(cx.now).is_some()).count();
    let count = api
        .gateway_id
        .as_ref()
        .map(|gateway| json!({gateway: {"deployedCnt": deployed, "cnt": routes.len()}}));
    json!({
        "httpApiId": id,
        "name": api.name,
        "type": api.kind,
        "protocols": api.protocols,
        "description": api.description,
        "basePath": api.base_path,
        "gatewayId": api.gateway_id,
        "resourceGroupId": api.resource_group_id,
        "enableAuth": false,
        "deployCntMap": count,
        "versionInfo": api.version.clone().unwrap_or_else(|| json!({"enable": false})),
        "deployConfigs": Some(&api.deploy_configs).filter(|list| !list.is_empty()),
        "ingressInfo": api.ingress.as_ref().map(|one| json!({
            "environmentInfo": { "environmentId": one.get("environmentId") },
            "sourceId": one.get("sourceId"), "ingressClass": one.get("ingressClass"),
            "watchNamespace": one.get("watchNamespace"), "overrideIngressIp": one.get("overrideIngressIp"),
        })),
    })
}

/// `ListHttpApis`: grouped by name; the outer item spells `GatewayId`.
pub(crate) fn list(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let kinds: Vec<&str> = text(query, "types").map(|list| list.split(',').collect()).unwrap_or_default();
    let items: Vec<Value> = state
        .apis
        .iter()
        .filter(|(id, api)| {
            fits(query, "gatewayId", api.gateway_id.as_deref().unwrap_or_default())
                && fits(query, "gatewayType", "API")
                && fits(query, "name", &api.name)
                && text(query, "keyword").is_none_or(|word| api.name.contains(word) || id.contains(word))
                && (kinds.is_empty() || kinds.contains(&api.kind.as_str()))
                && fits_part(query, "resourceGroupId", api.resource_group_id.as_deref().unwrap_or_default())
        })
        .map(|(id, api)| {
            json!({
                "GatewayId": api.gateway_id,
                "name": api.name,
                "type": api.kind,
                "versionEnabled": false,
                "versionedHttpApis": [view(cx, state, id, api)],
            })
        })
        .collect();
    reply::page(call, &items)
}

/// `UpdateHttpApi`.
pub(crate) fn update(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    token::once(cx, state, call, |_, state, call| {
        let id = reply::path(call, "httpApiId")?;
        find(state, id)?;
        let body = &call.body;
        let protocols = texts(body, "protocols");
        let protocols = if protocols.is_empty() { None } else { Some(checked_protocols(protocols)?) };
        if flag(&call.query, "dryRun") == Some(true) {
            return reply::done();
        }
        let Some(api) = state.apis.get_mut(id) else { return Err(reply::gone("HttpApi", id)) };
        if let Some(protocols) = protocols {
            api.protocols = protocols;
        }
        if body.contains_key("description") {
            api.description = string(body, "description");
        }
        if body.contains_key("basePath") {
            api.base_path = string(body, "basePath");
        }
        if let Some(removes) = flag(body, "removeBasePathOnForward") {
            api.removes_base_path = removes;
        }
        if body.contains_key("versionConfig") {
            api.version = body.get("versionConfig").filter(|one| !one.is_null()).cloned();
        }
        if body.contains_key("deployConfigs") {
            api.deploy_configs = deploy_configs(body);
        }
        if body.contains_key("ingressConfig") {
            api.ingress = body.get("ingressConfig").filter(|one| !one.is_null()).cloned();
        }
        reply::done()
    })
}

/// `DeleteHttpApi`: refused while it has routes.
pub(crate) fn delete(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    token::once(cx, state, call, |_, state, call| {
        let id = reply::path(call, "httpApiId")?;
        let api = find(state, id)?;
        let routes = state.routes.iter().filter(|(_, route)| route.api_id == id).count();
        let operations = super::operation::of_api(state, id).filter(|(_, one)| one.publication.is_some());
        if operations.count() > 0 {
            let why = format!("REST API {} has published operations; undeploy it first", api.name);
            return Err(reply::conflict("HttpApiInUse", why));
        }
        if routes > 0 {
            return Err(reply::conflict(
                "HttpApiInUse",
                format!("HTTP API {} has {routes} routes; delete them first", api.name),
            ));
        }
        if flag(&call.query, "dryRun") != Some(true) {
            state.apis.remove(id);
            state.detach(id);
            let gone: Vec<String> =
                super::operation::of_api(state, id).map(|(one, _)| one.to_owned()).collect();
            for operation in gone {
                state.operations.remove(&operation);
                state.detach(&operation);
            }
        }
        reply::done()
    })
}
