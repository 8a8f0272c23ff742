//! Routes.

use gateshift_apig::{Client, convert};
use gateshift_sdk::model::{Operation, OperationKey, StepError};
use gateshift_sdk::walk::{Found, WriteFailure, Written};

use super::dialect::{self, Spoken};
use super::written;
use crate::references::Resolved;

pub(super) async fn look_up(
    client: &Client<'_>,
    operation: &Operation,
    wanted: &Resolved,
) -> Result<Option<Found>, StepError> {
    let routes = client.routes(&wanted.parent, Some(&operation.object.name)).await?;
    Ok(routes
        .first()
        .map(|view| Found::compared(&view.route_id, convert::route::difference(&wanted.body, view))))
}

pub(super) async fn write(
    client: &Client<'_>,
    key: &OperationKey,
    wanted: &Resolved,
    spoken: &Spoken,
) -> Result<Written, WriteFailure> {
    let api = wanted.parent.as_str();
    let id =
        dialect::send(&wanted.body, spoken, |body| async move { client.create_route(key, api, &body).await })
            .await?;
    Ok(written(id))
}
