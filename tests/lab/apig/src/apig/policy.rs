//! Policies and where they are attached.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Value, json};

use super::state::{Cx, State};
use super::{policy_class, reply};
use crate::params::{string, text};

const LONGEST_DESCRIPTION: usize = 200;

/// A policy: a configuration of one class.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) class: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// As it was sent.
    pub(crate) text: String,
    /// As it was understood.
    pub(crate) config: Value,
}

impl Policy {
    /// Whether it acts where it is attached; a configuration without the key counts as on.
    pub(crate) fn is_enabled(&self) -> bool {
        self.config.get("enable").and_then(Value::as_bool).unwrap_or(true)
    }

    /// Ids of the services that its configuration names.
    pub(crate) fn services(&self) -> impl Iterator<Item = &str> {
        let listed = self.config.get("serviceConfigs").and_then(Value::as_array).into_iter().flatten();
        listed
            .filter_map(|one| one.get("serviceId"))
            .chain(self.config.get("targetServiceId"))
            .chain(self.config.get("serviceId"))
            .filter_map(Value::as_str)
    }
}

/// One attachment of a policy to one or several resources of one type.
#[derive(Debug)]
pub(crate) struct Attachment {
    pub(crate) policy_id: String,
    /// `GatewayRoute`, `HttpApi` ...
    pub(crate) kind: String,
    pub(crate) resource_ids: Vec<String>,
    pub(crate) environment_id: Option<String>,
    pub(crate) gateway_id: String,
}

/// Reads class and configuration from a body into a policy that is not stored yet.
pub(crate) fn read(cx: &Cx<'_>, state: &State, call: &Call, class: &str) -> Result<Policy, ApiError> {
    let class = policy_class::find(class)?;
    let config_text = text(&call.body, "config").ok_or_else(|| reply::missing("config"))?;
    let config = class.read(cx.options, config_text)?;
    let description = string(&call.body, "description");
    if description.as_deref().is_some_and(|one| one.chars().count() > LONGEST_DESCRIPTION) {
        return Err(reply::bad("description", format!("longer than {LONGEST_DESCRIPTION} characters")));
    }
    let name = string(&call.body, "name").unwrap_or_else(|| class.name.to_lowercase());
    let policy =
        Policy { class: class.name.clone(), name, description, text: config_text.to_owned(), config };
    let unknown = policy.services().find(|id| state.services.get(id).is_none()).map(str::to_owned);
    match unknown {
        Some(id) => Err(reply::gone("Service", &id)),
        None => Ok(policy),
    }
}

/// The policy with this id.
pub(crate) fn find<'a>(state: &'a State, id: &str) -> Result<&'a Policy, ApiError> {
    state.policies.get(id).ok_or_else(|| reply::gone("Policy", id))
}

/// `CreatePolicy`: without attaching it.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let class = text(&call.body, "className").ok_or_else(|| reply::missing("className"))?;
    text(&call.body, "name").ok_or_else(|| reply::missing("name"))?;
    let policy = read(cx, state, call, class)?;
    let id = state.policies.add(policy);
    state.count("policy");
    reply::ok(json!({ "policyId": id }))
}

/// `UpdatePolicy`: takes effect at once wherever it is attached.
pub(crate) fn update(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "policyId")?.to_owned();
    let class = find(state, &id)?.class.clone();
    let policy = read(cx, state, call, &class)?;
    lock_attached(cx, state, &id)?;
    if let Some(stored) = state.policies.get_mut(&id) {
        *stored = policy;
    }
    reply::done()
}

/// Takes the write lock of each gateway a policy acts on.
pub(crate) fn lock_attached(cx: &Cx<'_>, state: &mut State, policy: &str) -> Result<(), ApiError> {
    let mut gateways: Vec<String> =
        state.attachments.of_policy(policy).map(|(_, one)| one.gateway_id.clone()).collect();
    gateways.sort();
    gateways.dedup();
    gateways.iter().try_for_each(|gateway| state.write_to(cx, gateway))
}

/// `DeletePolicy`: refused while it is attached.
pub(crate) fn delete(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "policyId")?;
    let policy = find(state, id)?;
    if let Some((attachment, _)) = state.attachments.of_policy(id).next() {
        return Err(reply::conflict(
            "PolicyAttached",
            format!("policy {} is attached by {attachment}; detach it first", policy.name),
        ));
    }
    state.policies.remove(id);
    reply::done()
}
