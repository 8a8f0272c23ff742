//! Waiting until a source can be imported from. It writes nothing; being an operation of its own, it
//! is waited for again when the run was stopped in between.

use std::time::Duration;

use gateshift_apig::Client;
use gateshift_apig::convert::source::{Association, association};
use gateshift_sdk::model::StepError;
use gateshift_sdk::walk::{Found, WriteFailure, Written};

use super::written;
use crate::references::Resolved;

const POLLS: u32 = 90;
const BETWEEN: Duration = Duration::from_secs(1);

pub(super) async fn look_up(client: &Client<'_>, wanted: &Resolved) -> Result<Option<Found>, StepError> {
    let id = source_of(wanted);
    let view = client.source(id).await?;
    Ok((association(&view) == Association::Made).then(|| Found::compared(id, None)))
}

pub(super) async fn write(client: &Client<'_>, wanted: &Resolved) -> Result<Written, WriteFailure> {
    let id = source_of(wanted);
    let mut state = String::new();
    for _ in 0..POLLS {
        let view = client.source(id).await?;
        match association(&view) {
            Association::Made => return Ok(written(id)),
            Association::Failed => {
                let reason = view.association_reason.unwrap_or_default();
                let message =
                    format!("it cannot be bound to the gateway: {} {reason}", view.association_status);
                return Err(StepError::needs_operator("GS-SOURCE-ASSOCIATION", message)
                    .with_hint("look at the source in the target gateway's console, repair it, then `gateshift resume`")
                    .into());
            }
            Association::Open => state = view.association_status,
        }
        client.host().sleep(BETWEEN).await?;
    }
    // A state nobody documented: what counts is whether services can be imported.
    let kind = wanted.body["type"].as_str().unwrap_or_default();
    if client.offers_services(kind).await? {
        return Ok(written(id));
    }
    let message = format!("it is still not bound to the gateway, its state is `{state}`");
    Err(StepError::retryable("GS-SOURCE-ASSOCIATION", message).into())
}

fn source_of(wanted: &Resolved) -> &str {
    wanted.body["sourceId"].as_str().unwrap_or_default()
}
