//! Reads a run out of the journal for a check: a row that cannot be read is damage with a place.

use std::collections::BTreeMap;

use gateshift_audit::{Damage, Sound, verify_artifact, verify_history};
use gateshift_journal::{Journal, JournalError, history};
use gateshift_model::{Digest, Envelope, RunId, Seq};

use super::damaged;
use crate::error::CliError;

/// A history that is whole, with the bytes it names.
pub(super) struct Whole {
    pub(super) events: Vec<Envelope>,
    pub(super) artifacts: BTreeMap<Digest, Vec<u8>>,
    pub(super) sound: Sound,
}

/// Reads and checks everything of a run.
pub(super) async fn whole(journal: &dyn Journal, run: RunId) -> Result<Whole, CliError> {
    // The owner first: whoever takes the run over while its events are read adds to them.
    let owned = journal.lease(run).await?.generation;
    let events = events(journal, run).await?;
    let sound = verify_history(run, &events, Some(owned)).map_err(|damage| damaged(run, &damage))?;
    let mut artifacts = BTreeMap::new();
    let mut named: Vec<_> = sound.artifacts.iter().collect();
    named.sort_by_key(|(_, named)| named.seq);
    for (digest, named) in named {
        let bytes = match journal.get_artifact(digest).await {
            Ok(bytes) => Some(bytes),
            Err(JournalError::UnknownArtifact(_)) => None,
            Err(error) => return Err(error.into()),
        };
        verify_artifact(named, bytes.as_deref()).map_err(|damage| damaged(run, &damage))?;
        artifacts.extend(bytes.map(|bytes| (digest.clone(), bytes)));
    }
    Ok(Whole { events, artifacts, sound })
}

async fn events(journal: &dyn Journal, run: RunId) -> Result<Vec<Envelope>, CliError> {
    match history(journal, run).await {
        Ok(events) => Ok(events),
        Err(error) if unreadable(&error) => Err(first_unreadable(journal, run, error).await),
        Err(error) => Err(error.into()),
    }
}

fn unreadable(error: &JournalError) -> bool {
    matches!(error, JournalError::Damaged { .. } | JournalError::Io { .. })
}

/// Looks for the row that cannot be read, one by one. What stands before it is checked first: an event
/// that is missing further up is the first damage.
async fn first_unreadable(journal: &dyn Journal, run: RunId, whole: JournalError) -> CliError {
    let mut before: Vec<Envelope> = Vec::new();
    loop {
        let seq: Seq = before.last().map_or(1, |last| last.seq + 1);
        match journal.events(run, seq, 1).await {
            Ok(found) if found.is_empty() => return whole.into(),
            Ok(found) => before.extend(found),
            Err(error) if unreadable(&error) => {
                let first = if before.is_empty() { None } else { verify_history(run, &before, None).err() };
                let damage = first.unwrap_or(Damage::Unreadable { seq, cause: error.to_string() });
                return damaged(run, &damage);
            }
            Err(error) => return error.into(),
        }
    }
}
