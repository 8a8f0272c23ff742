//! Attaching and detaching of policies: one policy of a class per point.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::json;

use super::policy::{Attachment, Policy};
use super::state::{Cx, State};
use super::{policy, policy_class, policy_view, reply};
use crate::params::{string, text, texts};

const MOST_RESOURCES: usize = 10;

/// Where a policy shall go, checked.
struct Place {
    kind: String,
    ids: Vec<String>,
    environment: Option<String>,
    gateway: String,
}

/// Checks a place for a policy; `own` is the policy that may be there already.
fn place(
    (cx, state): (&Cx<'_>, &State),
    call: &Call,
    ids: Vec<String>,
    policy: &Policy,
    own: Option<&str>,
) -> Result<Place, ApiError> {
    let class = policy_class::find(&policy.class)?;
    let kind = text(&call.body, "attachResourceType").ok_or_else(|| reply::missing("attachResourceType"))?;
    if !class.attaches_to(cx.options, kind) {
        return Err(reply::bad("attachResourceType", format!("{} cannot be attached to {kind}", class.name)));
    }
    if ids.is_empty() {
        return Err(reply::missing("attachResourceIds"));
    }
    if ids.len() > MOST_RESOURCES {
        return Err(reply::bad("attachResourceIds", format!("more than {MOST_RESOURCES} at once")));
    }
    let environment = string(&call.body, "environmentId");
    if matches!(kind, "HttpApi" | "Operation" | "GatewayRoute") && environment.is_none() {
        return Err(reply::missing("environmentId"));
    }
    let of_environment = match &environment {
        Some(id) => Some(state.gateway_of_environment(id)?.0.to_owned()),
        None => None,
    };
    let gateway = match (text(&call.body, "gatewayId"), of_environment) {
        (Some(given), Some(owner)) if given != owner => {
            return Err(reply::detail(format!("the environment does not belong to gateway {given}")));
        }
        (Some(given), _) => given.to_owned(),
        (None, Some(owner)) if kind == "HttpApi" => owner,
        (None, _) => return Err(reply::missing("gatewayId")),
    };
    state.gateway(&gateway)?;
    for id in &ids {
        exists(state, kind, id, &gateway)?;
        // Classes whose policies are told apart by name may have several on a point.
        if !class.needs_own_name() {
            one_per_point(state, &policy.class, kind, id, &gateway, own)?;
        }
    }
    if class.needs_own_name() {
        own_name(state, policy, &gateway, own)?;
    }
    Ok(Place { kind: kind.to_owned(), ids, environment, gateway })
}

fn exists(state: &State, kind: &str, id: &str, gateway: &str) -> Result<(), ApiError> {
    let environment = state.gateways.get(gateway).map(|one| one.environment_id.as_str());
    let (found, name) = match kind {
        "GatewayRoute" => (
            state.routes.get(id).is_some_and(|one| Some(one.environment_id.as_str()) == environment),
            "Route",
        ),
        "HttpApi" => (state.apis.get(id).is_some(), "HttpApi"),
        "Domain" => (state.domains.get(id).is_some(), "Domain"),
        "Gateway" => (id == gateway, "Gateway"),
        "GatewayService" => (state.services.get(id).is_some_and(|one| one.gateway_id == gateway), "Service"),
        "GatewayServicePort" => {
            let service = id.split([':', '/']).next().unwrap_or(id);
            (state.services.get(service).is_some_and(|one| one.gateway_id == gateway), "Service")
        }
        _ => (state.operations.get(id).is_some(), "Operation"),
    };
    if found { Ok(()) } else { Err(reply::gone(name, id)) }
}

fn one_per_point(
    state: &State,
    class: &str,
    kind: &str,
    id: &str,
    gateway: &str,
    own: Option<&str>,
) -> Result<(), ApiError> {
    let clash = state.attachments.of_resource(id).find(|(_, one)| {
        one.kind == kind
            && one.gateway_id == gateway
            && Some(one.policy_id.as_str()) != own
            && state.policies.get(&one.policy_id).is_some_and(|policy| policy.class == class)
    });
    match clash {
        Some((attachment, _)) => Err(reply::conflict(
            "PolicyAttachmentExisted",
            format!("{kind} {id} has a {class} policy already, by {attachment}"),
        )),
        None => Ok(()),
    }
}

fn own_name(state: &State, policy: &Policy, gateway: &str, own: Option<&str>) -> Result<(), ApiError> {
    let taken = state.attachments.iter().any(|(_, one)| {
        one.gateway_id == gateway
            && Some(one.policy_id.as_str()) != own
            && state
                .policies
                .get(&one.policy_id)
                .is_some_and(|two| two.class == policy.class && two.name == policy.name)
    });
    if taken {
        let why = format!("gateway {gateway} has a {} policy named {} already", policy.class, policy.name);
        return Err(ApiError::new(409, "PolicyExisted", why));
    }
    Ok(())
}

fn attach(state: &mut State, policy_id: &str, place: Place) -> String {
    state.count("policyAttachment");
    state.attachments.add(Attachment {
        policy_id: policy_id.to_owned(),
        kind: place.kind,
        resource_ids: place.ids,
        environment_id: place.environment,
        gateway_id: place.gateway,
    })
}

/// `CreateAndAttachPolicy`.
pub(crate) fn create_and_attach(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let class = text(&call.body, "className").ok_or_else(|| reply::missing("className"))?;
    let policy = policy::read(cx, state, call, class)?;
    let place = place((cx, state), call, texts(&call.body, "attachResourceIds"), &policy, None)?;
    state.write_to(cx, &place.gateway)?;
    let id = state.policies.add(policy);
    state.count("policy");
    let attachment = attach(state, &id, place);
    let view = state.attachments.get(&attachment).map(|one| policy_view::attachment(&attachment, one));
    reply::ok(json!({"policyId": id, "attachment": view}))
}

/// `UpdateAndAttachPolicy`: replaces the configuration and the resources.
pub(crate) fn update_and_attach(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "policyId")?.to_owned();
    let stored = policy::find(state, &id)?;
    let (class, old_name) = (stored.class.clone(), stored.name.clone());
    let mut policy = policy::read(cx, state, call, &class)?;
    if text(&call.body, "name").is_none() {
        policy.name = old_name;
    }
    let place = place((cx, state), call, texts(&call.body, "attachResourceIds"), &policy, Some(&id))?;
    state.write_to(cx, &place.gateway)?;
    if let Some(stored) = state.policies.get_mut(&id) {
        *stored = policy;
    }
    let same = state
        .attachments
        .of_policy(&id)
        .find(|(_, one)| one.kind == place.kind && one.gateway_id == place.gateway)
        .map(|(attachment, _)| attachment.to_owned());
    match same {
        Some(attachment) => {
            state.attachments.replace(&attachment, place.ids, place.environment);
        }
        None => {
            attach(state, &id, place);
        }
    }
    reply::done()
}

/// `DetachAndDeletePolicy`: with an attachment named, only that one, and the policy when it was the last.
pub(crate) fn detach_and_delete(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "policyId")?.to_owned();
    policy::find(state, &id)?;
    let only = text(&call.query, "policyAttachmentId").map(str::to_owned);
    if let Some(only) = &only
        && state.attachments.get(only).is_none_or(|one| one.policy_id != id)
    {
        return Err(reply::gone("PolicyAttachment", only));
    }
    policy::lock_attached(cx, state, &id)?;
    let gone: Vec<String> = match only {
        Some(only) => vec![only],
        None => state.attachments.of_policy(&id).map(|(key, _)| key.to_owned()).collect(),
    };
    gone.iter().for_each(|key| {
        state.attachments.remove(key);
    });
    if state.attachments.of_policy(&id).next().is_none() {
        state.policies.remove(&id);
    }
    reply::done()
}

/// `CreatePolicyAttachment`.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let policy_id = text(&call.body, "policyId").ok_or_else(|| reply::missing("policyId"))?;
    let resource = text(&call.body, "attachResourceId").ok_or_else(|| reply::missing("attachResourceId"))?;
    let policy = policy::find(state, policy_id)?;
    let place = place((cx, state), call, vec![resource.to_owned()], policy, None)?;
    state.write_to(cx, &place.gateway)?;
    let id = attach(state, policy_id, place);
    reply::ok(json!({ "policyAttachmentId": id }))
}

/// `GetPolicyAttachment`.
pub(crate) fn get(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "policyAttachmentId")?;
    let one = state.attachments.get(id).ok_or_else(|| reply::gone("PolicyAttachment", id))?;
    reply::ok(json!({
        "policyAttachmentId": id,
        "policyId": one.policy_id,
        "attachResourceId": one.resource_ids.first(),
        "attachResourceType": one.kind,
        "environmentId": one.environment_id,
        "gatewayId": one.gateway_id,
        "config": state.policies.get(&one.policy_id).map(|policy| &policy.text),
    }))
}

/// `DeletePolicyAttachment`.
pub(crate) fn delete(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "policyAttachmentId")?;
    let one = state.attachments.get(id).ok_or_else(|| reply::gone("PolicyAttachment", id))?;
    let gateway = one.gateway_id.clone();
    state.write_to(cx, &gateway)?;
    state.attachments.remove(id);
    reply::done()
}
