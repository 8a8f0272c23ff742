//! Policies of routes, services and the gateway. The keys of most classes are documented nowhere, so
//! the first of each form is read back as soon as it is written: a key that was dropped stops the step
//! before hundreds more are written the same way. `verify` reads all of them back.

use std::collections::BTreeSet;

use gateshift_apig::{Client, convert};
use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::{Found, WriteFailure, Written};
use serde_json::Value;
use std::sync::Mutex;

use super::written;
use crate::references::Resolved;

/// Forms of configurations, by class and keys, that were read back as they were written.
#[derive(Debug, Default)]
pub(super) struct Proven(Mutex<BTreeSet<String>>);

pub(super) async fn look_up(client: &Client<'_>, wanted: &Resolved) -> Result<Option<Found>, StepError> {
    let text = |field: &str| wanted.body[field].as_str().unwrap_or_default();
    let (class, kind) = (text("className"), text("attachResourceType"));
    let owner = wanted.body["attachResourceIds"][0].as_str().unwrap_or_default();
    let policies = client.policies(kind, Some(owner)).await?;
    let view = policies.iter().find(|view| view.is_on(class, kind, owner));
    Ok(view.map(|view| {
        Found::compared(&view.policy_id, convert::policy::difference(&wanted.body["config"], view))
    }))
}

pub(super) async fn write(
    client: &Client<'_>,
    key: &OperationKey,
    wanted: &Resolved,
    proven: &Proven,
) -> Result<Written, WriteFailure> {
    let id = client.attach_policy(key, &wanted.body).await?;
    let form = form(&wanted.body);
    if proven.0.lock().is_ok_and(|forms| forms.contains(&form)) {
        return Ok(written(id));
    }
    // A read that lags behind shows nothing, and then nothing is proven.
    let Some(view) = client.policy(&id).await? else { return Ok(written(id)) };
    if let Some(difference) = convert::policy::difference(&wanted.body["config"], &view) {
        // It would be one more thing nobody asked for.
        client.delete_policy(key, &id).await?;
        let message = format!("the target took the configuration and keeps it otherwise: {difference}");
        return Err(StepError::needs_operator("POL-DIALECT", message)
            .with_hint("say the target's keys with the setting `templates`, or exclude the routes that need the class; then plan the step anew")
            .into());
    }
    if let Ok(mut forms) = proven.0.lock() {
        forms.insert(form);
    }
    Ok(written(id))
}

/// Class and keys of a configuration, without its values.
fn form(body: &Value) -> String {
    let keys: Vec<&String> =
        body["config"].as_object().into_iter().flat_map(|fields| fields.keys()).collect();
    format!("{} {keys:?}", body["className"])
}
