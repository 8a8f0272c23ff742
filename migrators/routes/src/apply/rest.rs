//! Operations of REST APIs and their publication.

use gateshift_apig::Client;
use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::{Found, WriteFailure, Written};
use serde_json::Value;

use super::written;
use crate::references::Resolved;

pub(super) async fn look_up(client: &Client<'_>, wanted: &Resolved) -> Result<Option<Found>, StepError> {
    let text = |field: &str| wanted.body[field].as_str().unwrap_or_default();
    let all = client.operations(&wanted.parent).await?;
    let view = all.iter().find(|view| view.method == text("method") && view.path == text("path"));
    Ok(view.map(|view| Found::compared(&view.operation_id, view.difference(&wanted.body))))
}

pub(super) async fn write(
    client: &Client<'_>,
    key: &OperationKey,
    wanted: &Resolved,
) -> Result<Written, WriteFailure> {
    Ok(written(client.create_operation(key, &wanted.parent, &wanted.body).await?))
}

/// Ids of the operations that a publication is about.
pub(crate) fn published(body: &Value) -> Vec<&str> {
    let listed = body["config"]["operationDeployments"].as_array().into_iter().flatten();
    listed.filter_map(|one| one["operationId"].as_str()).collect()
}

pub(super) async fn look_up_deployment(
    client: &Client<'_>,
    wanted: &Resolved,
) -> Result<Option<Found>, StepError> {
    let all = client.operations(&wanted.parent).await?;
    let ours = published(&wanted.body);
    let on_its_way = |status: &str| matches!(status, "Deployed" | "Deploying");
    let idle = all.iter().find(|one| ours.contains(&one.operation_id.as_str()) && !on_its_way(&one.status));
    let difference = idle.map(|one| format!("the state of operation {} is {}", one.name, one.status));
    Ok((!all.is_empty()).then(|| Found::compared(&wanted.parent, difference)))
}

pub(super) async fn deploy(
    client: &Client<'_>,
    key: &OperationKey,
    wanted: &Resolved,
) -> Result<Written, WriteFailure> {
    client.deploy_rest(key, &wanted.parent, &wanted.body["config"]).await?;
    Ok(written(wanted.parent.as_str()))
}
