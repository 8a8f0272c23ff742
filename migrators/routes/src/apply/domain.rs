//! Domains.

use gateshift_apig::{Client, convert, refused_parameter};
use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::{Found, WriteFailure, Written};

use super::written;
use crate::references::Resolved;

pub(super) async fn look_up(client: &Client<'_>, wanted: &Resolved) -> Result<Option<Found>, StepError> {
    let name = wanted.body["name"].as_str().unwrap_or_default();
    let view = client.domain_named(name).await?;
    Ok(view.map(|view| Found::compared(&view.domain_id, convert::domain::difference(&wanted.body, &view))))
}

pub(super) async fn write(
    client: &Client<'_>,
    key: &OperationKey,
    wanted: &Resolved,
) -> Result<Written, WriteFailure> {
    match client.create_domain(key, &wanted.body).await {
        Err(WriteFailure::Call(failure)) if wanted.body["name"] == "*" && refused_parameter(&failure) => {
            let message = format!("the target takes no domain named `*`: {failure}");
            Err(StepError::needs_operator("DOM-STAR", message)
                .with_hint("list the real hosts as domains of the routes at the source, or exclude the routes that have only `*`")
                .into())
        }
        other => other.map(written),
    }
}
