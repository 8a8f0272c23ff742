//! Operations of REST APIs: their content, and the calls that change them.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Map, Value, json};

use super::guards::Guard;
use super::state::{Cx, State};
use super::{api, reply};
use crate::params::{fits, fits_part, string, text};

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"];

/// An operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) api_id: String,
    pub(crate) content: Content,
    pub(crate) publication: Option<Publication>,
    pub(crate) created_ms: i64,
}

/// What of an operation can be changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) method: String,
    pub(crate) description: Option<String>,
    pub(crate) mock: Option<Value>,
}

/// What was published, all that serving it needs.
#[derive(Debug, Clone)]
pub(crate) struct Publication {
    pub(crate) content: Content,
    /// The API's path, with the version where it is part of it.
    pub(crate) base_path: String,
    pub(crate) removes_base_path: bool,
    pub(crate) version: Option<Value>,
    /// Domains, scene and services.
    pub(crate) deployment: Map<String, Value>,
    pub(crate) environment_id: String,
    pub(crate) guard: Option<Guard>,
    pub(crate) effective_ms: i64,
}

/// `CreateHttpApiOperation`: one or several, all or none.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let api_id = reply::path(call, "httpApiId")?;
    if api::find(state, api_id)?.kind != "Rest" {
        return Err(reply::detail("operations belong to REST APIs; this is none"));
    }
    let listed = call.body.get("operations").and_then(Value::as_array).filter(|list| !list.is_empty());
    let listed = listed.ok_or_else(|| reply::missing("operations"))?;
    let mut wanted: Vec<Content> = Vec::new();
    for one in listed.iter().filter_map(Value::as_object) {
        let content = checked(one)?;
        let same = |other: &Content| other.path == content.path && other.method == content.method;
        let taken = of_api(state, api_id).any(|(_, one)| same(&one.content));
        if taken || wanted.iter().any(same) {
            let what = format!("{} {} exists already in this API", content.method, content.path);
            return Err(reply::conflict("OperationExisted", what));
        }
        wanted.push(content);
    }
    let api_id = api_id.to_owned();
    let mut made = Vec::new();
    for content in wanted {
        let operation = Operation { api_id: api_id.clone(), content, publication: None, created_ms: cx.now };
        made.push(json!({ "operationId": state.operations.add(operation) }));
        state.count("operation");
    }
    reply::ok(json!({ "operations": made }))
}

fn checked(one: &Map<String, Value>) -> Result<Content, ApiError> {
    let need = |name: &str| text(one, name).ok_or_else(|| reply::missing(&format!("operations[].{name}")));
    let (name, path, method) = (need("name")?, need("path")?, need("method")?);
    if !path.starts_with('/') || path.contains([' ', '?', '#']) {
        return Err(reply::bad("operations[].path", format!("{path} is no path")));
    }
    if !METHODS.contains(&method) {
        return Err(reply::bad(
            "operations[].method",
            format!("{method} is not one of {}", METHODS.join(", ")),
        ));
    }
    Ok(Content {
        name: name.to_owned(),
        path: path.to_owned(),
        method: method.to_owned(),
        description: string(one, "description"),
        mock: one.get("mock").filter(|mock| !mock.is_null()).cloned(),
    })
}

/// Operations of an API, oldest first.
pub(crate) fn of_api<'a>(state: &'a State, api: &'a str) -> impl Iterator<Item = (&'a str, &'a Operation)> {
    state.operations.iter().filter(move |(_, one)| one.api_id == api)
}

fn find<'a>(state: &'a State, call: &'a Call) -> Result<(&'a str, &'a Operation), ApiError> {
    let api = reply::path(call, "httpApiId")?;
    api::find(state, api)?;
    let id = reply::path(call, "operationId")?;
    let found = state.operations.get(id).filter(|one| one.api_id == api);
    Ok((id, found.ok_or_else(|| reply::gone("Operation", id))?))
}

fn view(cx: &Cx<'_>, id: &str, one: &Operation) -> Value {
    json!({
        "operationId": id,
        "name": one.content.name,
        "path": one.content.path,
        "method": one.content.method,
        "description": one.content.description,
        "mock": one.content.mock,
        "status": one.status(cx.cloud.served_ms()),
        "createTimestamp": one.created_ms,
    })
}

impl Operation {
    /// The word on the wire for the state of publication.
    pub(crate) fn status(&self, now: i64) -> &'static str {
        match &self.publication {
            None => "NotDeployed",
            Some(one) if now < one.effective_ms => "Deploying",
            Some(one) if one.content == self.content => "Deployed",
            Some(_) => "DeployedWithChanges",
        }
    }
}

/// `GetHttpApiOperation`.
pub(crate) fn get(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let (id, one) = find(state, call)?;
    reply::ok(view(cx, id, one))
}

/// `ListHttpApiOperations`.
pub(crate) fn list(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let api = reply::path(call, "httpApiId")?;
    api::find(state, api)?;
    let query = &call.query;
    let found: Vec<(&str, &Operation)> = of_api(state, api)
        .filter(|(_, one)| {
            fits(query, "name", &one.content.name)
                && fits(query, "method", &one.content.method)
                && fits_part(query, "nameLike", &one.content.name)
                && fits_part(query, "pathLike", &one.content.path)
        })
        .collect();
    reply::page_of(call, &found, |(id, one)| view(cx, id, one))
}

/// `DeleteHttpApiOperation`: refused while it is published. What is attached to it is detached.
pub(crate) fn delete(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let (id, one) = find(state, call)?;
    if one.publication.is_some() {
        let why = format!("operation {} is published; undeploy it first", one.content.name);
        return Err(reply::conflict("OperationDeployed", why));
    }
    let id = id.to_owned();
    state.operations.remove(&id);
    state.detach(&id);
    reply::done()
}
