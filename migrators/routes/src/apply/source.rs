//! Sources of services.

use gateshift_apig::{Client, convert};
use gateshift_sdk::model::StepError;
use gateshift_sdk::walk::Found;

use crate::references::Resolved;

pub(super) async fn look_up(client: &Client<'_>, wanted: &Resolved) -> Result<Option<Found>, StepError> {
    let sources = client.sources().await?;
    let view = sources.iter().find(|view| convert::source::is(&wanted.body, view));
    Ok(view.map(|view| Found::compared(&view.source_id, None)))
}
