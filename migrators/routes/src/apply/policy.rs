//! Policies of routes and services.

use gateshift_apig::{Client, convert};
use gateshift_sdk::model::StepError;
use gateshift_sdk::walk::Found;

use super::found;
use crate::references::Resolved;

pub(super) async fn look_up(client: &Client<'_>, wanted: &Resolved) -> Result<Option<Found>, StepError> {
    let text = |field: &str| wanted.body[field].as_str().unwrap_or_default();
    let (class, kind) = (text("className"), text("attachResourceType"));
    let owner = wanted.body["attachResourceIds"][0].as_str().unwrap_or_default();
    let policies = client.policies(kind, Some(owner)).await?;
    let view = policies.iter().find(|view| view.is_on(class, kind, owner));
    Ok(view.map(|view| found(&view.policy_id, convert::policy::difference(&wanted.body["config"], view))))
}
