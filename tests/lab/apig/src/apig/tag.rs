//! Tags of gateways. These operations have an envelope of their own: no `code`, no `data`.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Value, json};

use super::reply;
use super::state::{Cx, State};
use crate::params::{fits, text, texts};

const KIND: &str = "gateway";

/// `TagResources`.
pub(crate) fn add(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    check_kind(text(&call.body, "resourceType").ok_or_else(|| reply::missing("resourceType"))?)?;
    let ids = texts(&call.body, "resourceId");
    if ids.is_empty() {
        return Err(reply::missing("resourceId"));
    }
    ids.iter().try_for_each(|id| state.gateway(id).map(|_| ()))?;
    let tags = call.body.get("tag").and_then(Value::as_array).ok_or_else(|| reply::missing("tag"))?;
    for id in ids {
        let Some(gateway) = state.gateways.get_mut(&id) else { continue };
        for tag in tags {
            let part = |name: &str| tag.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            gateway.tags.insert(part("key"), part("value"));
        }
    }
    Ok(json!({}))
}

/// `UntagResources`.
pub(crate) fn remove(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    check_kind(text(&call.query, "ResourceType").ok_or_else(|| reply::missing("ResourceType"))?)?;
    let keys = texts(&call.query, "TagKey");
    let all = call.query.get("All").and_then(Value::as_bool) == Some(true);
    for id in texts(&call.query, "ResourceId") {
        state.gateway(&id)?;
        if let Some(gateway) = state.gateways.get_mut(&id) {
            gateway.tags.retain(|key, _| !all && !keys.contains(key));
        }
    }
    Ok(json!({}))
}

/// `ListTagResources`.
pub(crate) fn list(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let ids = texts(&call.query, "ResourceId");
    let wanted = call.query.get("Tag").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let wanted_tag = |key: &str, value: &str| {
        wanted.is_empty()
            || wanted
                .iter()
                .filter_map(Value::as_object)
                .any(|tag| fits(tag, "Key", key) && fits(tag, "Value", value))
    };
    let resources: Vec<Value> = state
        .gateways
        .iter()
        .filter(|(id, _)| ids.is_empty() || ids.iter().any(|one| one == id))
        .flat_map(|(id, gateway)| gateway.tags.iter().map(move |(key, value)| (id, key, value)))
        .filter(|(_, key, value)| wanted_tag(key, value))
        .map(|(id, key, value)| json!({"ResourceId": id, "ResourceType": KIND, "TagKey": key, "TagValue": value}))
        .collect();
    Ok(json!({ "TagResources": resources }))
}

fn check_kind(kind: &str) -> Result<(), ApiError> {
    if kind.eq_ignore_ascii_case(KIND) {
        return Ok(());
    }
    Err(reply::bad("resourceType", format!("{kind} cannot be tagged here, only {KIND}")))
}
