//! `snapshot`: read a source gateway into a file. Secrets in it are sealed with the key beside the
//! journal; without that key they stay closed.

use gateshift_gateway_model::Judged;
use gateshift_model::RunDefinition;
use serde_json::json;

use super::assess::frozen;
use super::preview::{ASSESS, failure, preview, stored, write};
use crate::args::Snapshot;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{Store, from_file};

pub(super) async fn run(given: &Snapshot, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let rehearsal = from_file(given.endpoints.endpoints.as_deref())?;
    let store = Store::of(store, None)?;
    let definition = frozen(&given.gateway, &given.region, false, output)?;
    let definition = RunDefinition { rehearsal: rehearsal.frozen(), ..definition };
    let seen = preview(&definition, &rehearsal, &store, None, output).await?;
    if let Some(error) = failure(&seen) {
        return Err(error);
    }
    let facts = seen.output_of(&definition, ASSESS).cloned().unwrap_or_default();
    let judged: Judged = serde_json::from_value(facts).unwrap_or_default();
    let kept = judged.snapshot.map(|artifact| stored(&seen, &artifact)).transpose()?.flatten();
    let Some(bytes) = kept else {
        return Err(CliError::new("GS-SNAPSHOT", "the source was read and gave no answers to keep"));
    };
    write(&given.output, &bytes)?;
    let place = given.output.display().to_string();
    output.data(&json!({"file": place, "bytes": bytes.len()}), &format!("the snapshot is in {place}"));
    Ok(Exit::Done)
}
