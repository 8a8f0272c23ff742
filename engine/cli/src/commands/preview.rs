//! Plans a workflow without beginning a run: nothing is written, neither outside nor into a journal.

use std::path::Path;
use std::sync::Arc;

use gateshift_assess::Snapshot;
use gateshift_executor::{Known, Preview, system_clock};
use gateshift_gateway_model::{Assessed, Inventory};
use gateshift_journal::{MemoryJournal, NewArtifact};
use gateshift_model::{ArtifactRef, RunDefinition, StepError};
use serde_json::json;

use crate::error::CliError;
use crate::show::{Output, watcher};
use crate::wiring::{BuiltIn, Rehearsal, Store, check_connections, engine};

/// Migrator that reads the source.
pub(super) const ASSESS: &str = "assess";

/// Plans every step. With a snapshot nothing is asked of the source.
pub(super) async fn preview(
    definition: &RunDefinition,
    rehearsal: &Rehearsal,
    store: &Store,
    snapshot: Option<&Path>,
    output: &Output,
) -> Result<Preview, CliError> {
    let journal = Arc::new(MemoryJournal::with_clock(system_clock()));
    let (engine, hosts) = engine(journal, &BuiltIn::on(store.shelf()), rehearsal, store.seal_key_file())?;
    check_connections(&hosts, definition)?;
    let mut definition = definition.clone();
    let mut artifacts = Vec::new();
    if let Some(path) = snapshot {
        let bytes = read_bytes(path)?;
        Snapshot::parse(&bytes)?;
        let artifact = NewArtifact::new(Snapshot::NAME, "application/json", bytes);
        for step in definition.steps.iter_mut().filter(|step| step.uses.as_str() == ASSESS) {
            step.with["snapshot"] = json!(artifact.artifact);
        }
        artifacts.push(artifact);
    }
    Ok(engine.preview(&definition, artifacts, watcher(output)).await?)
}

/// The inventory that the previewed run read.
pub(super) fn inventory(
    definition: &RunDefinition,
    preview: &Preview,
) -> Result<Option<Inventory>, CliError> {
    let Some(output) = preview.output_of(definition, ASSESS) else { return Ok(None) };
    let assessed: Assessed = serde_json::from_value(output.clone()).map_err(|error| {
        StepError::permanent("GS-OUTPUT-SHAPE", format!("the output of `{ASSESS}` cannot be read: {error}"))
    })?;
    let Some(bytes) = stored(preview, &assessed.inventory)? else { return Ok(None) };
    Ok(Some(Inventory::parse(&bytes)?))
}

/// What a step of the preview stored.
pub(super) fn stored(preview: &Preview, artifact: &ArtifactRef) -> Result<Option<Vec<u8>>, CliError> {
    preview.artifacts.get(&artifact.digest).map_err(|error| {
        CliError::new("GS-ARTIFACT", format!("what was just read cannot be read again: {error}"))
            .hint("make room for temporary files")
    })
}

/// The first step that could not be planned, as an error.
pub(super) fn failure(preview: &Preview) -> Option<CliError> {
    preview.steps.iter().find_map(|one| match &one.known {
        Known::Failed { error } => {
            let mut found = CliError::from(error.clone());
            found.message = format!("step `{}`: {}", one.step, found.message);
            Some(found)
        }
        _ => None,
    })
}

/// A file that has to be there.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(path).map_err(|error| {
        CliError::new("GS-FILE", format!("cannot read {}: {error}", path.display())).hint("check the path")
    })
}

/// Writes a file of the operator's.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    std::fs::write(path, bytes).map_err(|error| unwritable(path, &error))
}

/// A file of the operator's cannot be written.
pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::new("GS-FILE", format!("cannot write {}: {error}", path.display()))
        .hint("give another path, or make room")
}
