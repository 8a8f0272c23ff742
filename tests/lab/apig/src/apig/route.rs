//! Routes: their content, their publication, and the calls that change them.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::guards::Guard;
use super::register::Entry;
use super::state::{Cx, State};
use super::{api, quota, reply, route_check};
use crate::params::text;

/// A route.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) api_id: String,
    pub(crate) name: String,
    pub(crate) environment_id: String,
    pub(crate) content: Content,
    pub(crate) publication: Option<Publication>,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
}

/// What was published, and what before it.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) content: Content,
    pub(crate) effective_ms: i64,
    pub(crate) previous: Option<Content>,
    /// What it asks of its callers.
    pub(crate) guard: Option<Guard>,
    /// What it asked before.
    pub(crate) previous_guard: Option<Guard>,
}

/// What of a route can be changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) domain_ids: Vec<String>,
    #[serde(rename = "match")]
    pub(crate) condition: Option<Condition>,
    #[serde(rename = "backendConfig")]
    pub(crate) backend: Option<Backend>,
}

/// Which requests a route takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Condition {
    pub(crate) path: Option<PathCondition>,
    #[serde(default)]
    pub(crate) methods: Vec<String>,
    #[serde(default)]
    pub(crate) headers: Vec<ValueCondition>,
    #[serde(default)]
    pub(crate) query_params: Vec<ValueCondition>,
    #[serde(default)]
    pub(crate) ignore_uri_case: bool,
}

/// A path condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PathCondition {
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// A condition on a header or a query parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ValueCondition {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Backend {
    /// As requests spell it; answers say `Single` for `SingleService`.
    #[serde(default)]
    pub(crate) scene: String,
    #[serde(default)]
    pub(crate) services: Vec<Destination>,
}

/// One service of a backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Destination {
    #[serde(default)]
    pub(crate) service_id: String,
    pub(crate) port: Option<i64>,
    pub(crate) protocol: Option<String>,
    pub(crate) weight: Option<i64>,
    pub(crate) version: Option<String>,
    pub(crate) source_type: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) group_name: Option<String>,
    pub(crate) http_dubbo_transcoder: Option<Value>,
}

impl Content {
    fn destinations(&self) -> impl Iterator<Item = &Destination> {
        self.backend.iter().flat_map(|backend| &backend.services)
    }
}

impl Route {
    /// The content that requests meet at a moment.
    pub(crate) fn serving(&self, now: i64) -> Option<&Content> {
        let publication = self.publication.as_ref()?;
        if now >= publication.effective_ms {
            Some(&publication.content)
        } else {
            publication.previous.as_ref()
        }
    }

    /// What callers are asked at a moment.
    pub(crate) fn guard(&self, now: i64) -> Option<&Guard> {
        let publication = self.publication.as_ref()?;
        let present = now >= publication.effective_ms;
        if present { publication.guard.as_ref() } else { publication.previous_guard.as_ref() }
    }

    /// The word on the wire for the state of publication.
    pub(crate) fn deploy_status(&self, now: i64) -> &'static str {
        match &self.publication {
            None => "NotDeployed",
            Some(publication) if now < publication.effective_ms => "Deploying",
            Some(publication) if publication.content == self.content => "Deployed",
            Some(_) => "DeployedWithChanges",
        }
    }

    fn contents(&self) -> impl Iterator<Item = &Content> {
        let published = self.publication.as_ref();
        [
            Some(&self.content),
            published.map(|one| &one.content),
            published.and_then(|one| one.previous.as_ref()),
        ]
        .into_iter()
        .flatten()
    }

    /// Whether it belongs to a domain, in its stored or in its published form.
    pub(crate) fn uses_domain(&self, id: &str) -> bool {
        self.contents().any(|content| content.domain_ids.iter().any(|one| one == id))
    }

    /// Whether it sends requests to a service.
    pub(crate) fn uses_service(&self, id: &str) -> bool {
        self.contents().any(|content| content.destinations().any(|one| one.service_id == id))
    }

    /// Whether it sends requests to a version of a service.
    pub(crate) fn uses_version(&self, id: &str, version: &str) -> bool {
        let uses = |one: &Destination| one.service_id == id && one.version.as_deref() == Some(version);
        self.contents().any(|content| content.destinations().any(uses))
    }
}

/// Names are unique within an API and an environment.
impl Entry for Route {
    fn owner(&self) -> &str {
        &self.environment_id
    }

    fn identity(&self) -> String {
        format!("{}\n{}\n{}", self.api_id, self.environment_id, self.name)
    }
}

/// The route that a path names.
pub(crate) fn find<'a>(state: &'a State, call: &'a Call) -> Result<(&'a str, &'a Route), ApiError> {
    let api = reply::path(call, "httpApiId")?;
    api::find(state, api)?;
    let id = reply::path(call, "routeId")?;
    let route =
        state.routes.get(id).filter(|route| route.api_id == api).ok_or_else(|| reply::gone("Route", id))?;
    Ok((id, route))
}

/// `CreateHttpApiRoute`.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let api = reply::path(call, "httpApiId")?;
    api::find(state, api)?;
    let name = api::checked_name(text(&call.body, "name"))?;
    let environment = text(&call.body, "environmentId").ok_or_else(|| reply::missing("environmentId"))?;
    let gateway = state.gateway_of_environment(environment)?.0.to_owned();
    refuse_unserved(call)?;
    let content: Content = reply::read(&call.body)?;
    route_check::check(cx.options, state, &gateway, &content)?;
    let route = Route {
        api_id: api.to_owned(),
        name,
        environment_id: environment.to_owned(),
        content,
        publication: None,
        created_ms: cx.now,
        updated_ms: cx.now,
    };
    if let Some(id) = state.routes.like(&route) {
        let why = format!("route {} exists already as {id}", route.name);
        return Err(reply::conflict("RouteExisted", why));
    }
    quota::check(state, &gateway, "route")?;
    state.write_to(cx, &gateway)?;
    let id = state.routes.add(route);
    state.count("route");
    reply::ok(json!({ "routeId": id }))
}

fn refuse_unserved(call: &Call) -> Result<(), ApiError> {
    for name in ["deployConfigs", "mcpRouteConfig", "policyConfigs"] {
        if call.body.get(name).is_some_and(|value| !value.is_null()) {
            return Err(reply::detail(format!(
                "{name} belongs to AI and MCP routes, which the lab does not serve"
            )));
        }
    }
    Ok(())
}

/// `UpdateHttpApiRoute`: replaces description, domains, match and backend as a whole.
pub(crate) fn update(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let (id, route) = find(state, call)?;
    let id = id.to_owned();
    if text(&call.body, "environmentId").is_some_and(|wanted| wanted != route.environment_id) {
        return Err(reply::bad("environmentId", "a route cannot move to another environment"));
    }
    let gateway = state.gateway_of_environment(&route.environment_id)?.0.to_owned();
    refuse_unserved(call)?;
    let content: Content = reply::read(&call.body)?;
    route_check::check(cx.options, state, &gateway, &content)?;
    state.write_to(cx, &gateway)?;
    if let Some(route) = state.routes.get_mut(&id) {
        route.content = content;
        route.updated_ms = cx.now;
    }
    reply::done()
}

/// `DeleteHttpApiRoute`: refused while it is published. What is attached to it is detached.
pub(crate) fn delete(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let (id, route) = find(state, call)?;
    let id = id.to_owned();
    if route.publication.is_some() {
        return Err(reply::conflict(
            "RouteDeployed",
            format!("route {} is published; undeploy it first", route.name),
        ));
    }
    let gateway = state.gateway_of_environment(&route.environment_id)?.0.to_owned();
    state.write_to(cx, &gateway)?;
    state.routes.remove(&id);
    state.detach(&id);
    reply::done()
}
