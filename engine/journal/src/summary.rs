//! A run in a list.

use gateshift_model::{Generation, Holder, RunId, Seq, Timestamp};
use serde::Serialize;

/// Which runs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// The id's text begins so; every id when empty.
    pub prefix: String,
    /// At most so many, the newest; all when absent.
    pub limit: Option<usize>,
}

/// What can be said of a run without reading its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunSummary {
    /// The run.
    pub run: RunId,
    /// Name of its workflow.
    pub name: String,
    /// When it was submitted.
    pub created: Timestamp,
    /// Place of its latest event.
    pub last_seq: Seq,
    /// When that was written.
    pub updated: Timestamp,
    /// Kind of its latest event, `run_finished`.
    pub last_kind: String,
    /// Latest ownership.
    pub generation: Generation,
    /// Who holds it.
    pub holder: Option<Holder>,
    /// End of the lease.
    pub until: Timestamp,
}
