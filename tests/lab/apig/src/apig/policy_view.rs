//! How policies and their attachments look in answers.

use gateshift_lab_kernel::{Answer, Call};
use serde_json::{Map, Value, json};

use super::policy::{Attachment, Policy};
use super::state::{Cx, State};
use super::{policy, policy_class, reply};
use crate::params::{fits, fits_part, flag, text};

/// `GetPolicy`.
pub(crate) fn get(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "policyId")?;
    let one = policy::find(state, id)?;
    reply::ok(json!({
        "policyId": id,
        "name": one.name,
        "className": one.class,
        "classId": policy_class::find(&one.class).map(|class| class.id()).ok(),
        "config": one.text,
        "description": one.description,
    }))
}

/// An attachment.
pub(crate) fn attachment(id: &str, one: &Attachment) -> Value {
    json!({
        "policyAttachmentId": id,
        "attachResourceId": one.resource_ids.first(),
        "attachResourceIds": one.resource_ids,
        "attachResourceType": one.kind,
        "environmentId": one.environment_id,
        "gatewayId": one.gateway_id,
    })
}

fn item(id: &str, one: &Policy, attachments: Option<Vec<Value>>) -> Value {
    let class = policy_class::find(&one.class).ok();
    json!({
        "policyId": id,
        "name": one.name,
        "className": one.class,
        "classAlias": class.map(|class| &class.alias),
        "type": class.map(|class| &class.kind),
        "executeStage": class.map(|class| &class.stage),
        "executePriority": class.map(|class| class.priority.to_string()),
        "direction": "InBound",
        "config": one.text,
        "attachments": attachments,
    })
}

/// Attachments of a policy that pass the filters of a query.
fn matching<'a>(
    state: &'a State,
    policy: &str,
    query: &Map<String, Value>,
) -> Vec<(&'a str, &'a Attachment)> {
    state.attachments.of_policy(policy).filter(|(_, one)| passes(one, query)).collect()
}

fn passes(one: &Attachment, query: &Map<String, Value>) -> bool {
    fits(query, "attachResourceType", &one.kind)
        && fits(query, "gatewayId", &one.gateway_id)
        && text(query, "environmentId")
            .is_none_or(|id| one.environment_id.as_deref().is_none_or(|own| own == id))
        && text(query, "attachResourceId").is_none_or(|id| one.resource_ids.iter().any(|own| own == id))
}

/// `ListPolicies`: unpaged; attachments only when asked for.
pub(crate) fn list(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let filtered =
        ["attachResourceType", "environmentId", "gatewayId"].iter().any(|name| text(query, name).is_some());
    let with = flag(query, "withAttachments") == Some(true);
    let shown = |id: &str, one: &Policy, found: &[(&str, &Attachment)]| {
        let attachments = || found.iter().map(|(id, one)| attachment(id, one)).collect();
        item(id, one, with.then(attachments))
    };
    let items: Vec<Value> = match text(query, "attachResourceId") {
        Some(resource) => {
            let mut ids: Vec<&str> = state
                .attachments
                .of_resource(resource)
                .filter(|(_, one)| passes(one, query))
                .map(|(_, one)| one.policy_id.as_str())
                .collect();
            ids.sort_by_key(|id| state.policies.serial(id));
            ids.dedup();
            let known = ids.into_iter().filter_map(|id| Some((id, state.policies.get(id)?)));
            known.map(|(id, one)| shown(id, one, &matching(state, id, query))).collect()
        }
        None => {
            let found = state.policies.iter().map(|(id, one)| (id, one, matching(state, id, query)));
            let wanted = found.filter(|(.., found)| !filtered || !found.is_empty());
            wanted.map(|(id, one, found)| shown(id, one, &found)).collect()
        }
    };
    let total = items.len();
    reply::ok(json!({"items": items, "pageNumber": 1, "pageSize": total, "totalSize": total}))
}

/// `ListGlobalPolicies`: the classes that act on whole gateways.
pub(crate) fn global(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let items: Vec<Value> = state
        .policies
        .iter()
        .filter(|(_, one)| {
            policy_class::find(&one.class).is_ok_and(policy_class::PolicyClass::needs_own_name)
                && fits(query, "className", &one.class)
                && fits_part(query, "name", &one.name)
                && flag(query, "enable").is_none_or(|wanted| wanted == one.is_enabled())
                && fits_part(query, "ipAccessControlContent", &one.text)
                && fits_part(query, "ipAccessControlType", &one.text)
                && fits_part(query, "ipAccessControlProtocolLayer", &one.text)
                && fits_part(query, "ipAccessControlResourceName", &one.text)
        })
        .filter_map(|(id, one)| {
            let found = matching(state, id, query);
            let shown = found.iter().map(|(id, one)| attachment(id, one)).collect();
            (!found.is_empty()).then(|| item(id, one, Some(shown)))
        })
        .collect();
    reply::page(call, &items)
}
