//! Services, their settings and versions.

use gateshift_apig::wire::ServiceView;
use gateshift_apig::{Client, convert};
use gateshift_sdk::model::{Operation, OperationKey, StepError};
use gateshift_sdk::walk::{Found, WriteFailure, Written};

use super::written;
use crate::references::Resolved;

pub(super) async fn look_up(
    client: &Client<'_>,
    operation: &Operation,
    wanted: &Resolved,
) -> Result<Option<Found>, StepError> {
    let services = client.services(Some(&operation.object.name)).await?;
    let view = services.iter().find(|view| convert::service::is(&wanted.body, view));
    Ok(view.map(|view| Found::compared(&view.service_id, convert::service::difference(&wanted.body, view))))
}

pub(super) async fn look_up_settings(
    client: &Client<'_>,
    operation: &Operation,
    wanted: &Resolved,
) -> Result<Option<Found>, StepError> {
    let view = by_id(client, operation, wanted).await?;
    let difference =
        |view: &ServiceView| convert::service::settings_difference(&wanted.body["settings"], view);
    Ok(view.map(|view| Found::compared(&view.service_id, difference(&view))))
}

pub(super) async fn look_up_version(
    client: &Client<'_>,
    operation: &Operation,
    wanted: &Resolved,
) -> Result<Option<Found>, StepError> {
    let body = &wanted.body["version"];
    let Some(view) = by_id(client, operation, wanted).await? else { return Ok(None) };
    let version = view.versions.iter().find(|one| body["name"] == one.name.as_str());
    Ok(version
        .map(|version| Found::compared(&version.name, convert::service::version_difference(body, version))))
}

async fn by_id(
    client: &Client<'_>,
    operation: &Operation,
    wanted: &Resolved,
) -> Result<Option<ServiceView>, StepError> {
    let services = client.services(Some(&operation.object.name)).await?;
    Ok(services.into_iter().find(|view| view.service_id == wanted.parent))
}

pub(super) async fn write_settings(
    client: &Client<'_>,
    key: &OperationKey,
    wanted: &Resolved,
) -> Result<Written, WriteFailure> {
    client.update_service(key, &wanted.parent, &wanted.body["settings"]).await?;
    Ok(written(&wanted.parent))
}

pub(super) async fn write_version(
    client: &Client<'_>,
    key: &OperationKey,
    wanted: &Resolved,
) -> Result<Written, WriteFailure> {
    let body = &wanted.body["version"];
    client.create_version(key, &wanted.parent, body).await?;
    Ok(written(body["name"].as_str().unwrap_or_default()))
}
