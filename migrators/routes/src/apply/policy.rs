//! Policies of routes.

use gateshift_apig::{Client, convert};
use gateshift_sdk::model::StepError;
use gateshift_sdk::walk::Found;

use super::found;
use crate::references::Resolved;

pub(super) async fn look_up(client: &Client<'_>, wanted: &Resolved) -> Result<Option<Found>, StepError> {
    let route = wanted.body["attachResourceIds"][0].as_str().unwrap_or_default();
    let policies = client.route_policies(Some(route)).await?;
    let view = policies.iter().find(|view| {
        wanted.body["className"] == view.class_name.as_str()
            && view.attachments.iter().any(|at| at.is_on_route(route))
    });
    Ok(view.map(|view| found(&view.policy_id, convert::policy::difference(&wanted.body["config"], view))))
}
