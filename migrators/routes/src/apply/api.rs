//! The HTTP API.

use gateshift_apig::Client;
use gateshift_sdk::model::StepError;
use gateshift_sdk::walk::Found;

use crate::references::Resolved;

pub(super) async fn look_up(client: &Client<'_>, wanted: &Resolved) -> Result<Option<Found>, StepError> {
    let text = |field: &str| wanted.body[field].as_str().unwrap_or_default();
    let apis = client.apis_named(text("name"), text("type")).await?;
    Ok(apis
        .first()
        .map(|view| Found::compared(&view.http_api_id, crate::plan::api_difference(&wanted.body, view))))
}
