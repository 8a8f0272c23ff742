//! Why an engine could not do what it was asked. What goes wrong inside a step is no such error: that
//! is an event of the run.

use gateshift_journal::JournalError;
use gateshift_model::{IllegalEvent, RunId, Seq, StepError};

use crate::verbs::Refusal;

/// A failure of the engine.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// The journal refused or failed. [`JournalError::Owned`]: another process drives the run;
    /// [`JournalError::Fenced`]: another process took it over.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An event of the history is unknown to this version.
    #[error("event {seq} of run {run} cannot be read: {cause}")]
    UnknownEvent {
        /// The run.
        run: RunId,
        /// Its place.
        seq: Seq,
        /// Why.
        cause: String,
    },
    /// The history does not hold together.
    #[error("the history of run {run} does not hold together: {cause}")]
    IllegalHistory {
        /// The run.
        run: RunId,
        /// What does not follow.
        cause: IllegalEvent,
    },
    /// What was asked for does not apply to the run as it stands; nothing was done.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The engine itself failed.
    #[error("the engine failed while it drove run {run}: {cause}")]
    Internal {
        /// The run.
        run: RunId,
        /// What happened.
        cause: String,
    },
}

impl EngineError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Journal(error) => error.code(),
            Self::Refused(refusal) => &refusal.code,
            Self::UnknownEvent { .. } => "GS-HISTORY-UNKNOWN-EVENT",
            Self::IllegalHistory { .. } => "GS-HISTORY-ILLEGAL",
            Self::Internal { .. } => "GS-ENGINE-INTERNAL",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Journal(error) => error.hint(),
            Self::Refused(refusal) => &refusal.remedy,
            Self::UnknownEvent { .. } => "use the gateshift version that wrote it, or a newer one",
            Self::IllegalHistory { .. } => {
                "keep a copy of the journal as it is; it was changed or damaged: restore it from a backup"
            }
            Self::Internal { .. } => {
                "this is a defect: nothing is lost; run it again with `gateshift resume`"
            }
        }
    }

    /// Whether another process owns the run (exit code 6).
    #[must_use]
    pub fn owned_elsewhere(&self) -> bool {
        matches!(self, Self::Journal(JournalError::Owned { .. } | JournalError::Fenced { .. }))
    }
}

/// Codes of failures that the engine itself gives to steps.
pub(crate) mod code {
    pub(crate) const STOPPED: &str = "GS-STOPPED";
    pub(crate) const BLOCKED: &str = "GS-BLOCKED";
    pub(crate) const CHECKPOINT_FAILED: &str = "GS-CHECKPOINT-FAILED";
    pub(crate) const CHECKPOINT_UNCLEAR: &str = "GS-CHECKPOINT-UNCLEAR";
    pub(crate) const CHECKPOINT_MANUAL: &str = gateshift_model::CHECKPOINT_MANUAL;
    pub(crate) const APPROVAL_LATE: &str = gateshift_model::APPROVAL_LATE;
    pub(crate) const APPROVAL_REJECTED: &str = "GS-APPROVAL-REJECTED";
    pub(crate) const APPROVAL_NONE: &str = "GS-APPROVAL-NONE";
    pub(crate) const APPROVAL_MOVED: &str = "GS-APPROVAL-MOVED";
    pub(crate) const APPROVAL_WHO: &str = "GS-APPROVAL-WHO";
    pub(crate) const EXPRESSION_VALUE: &str = "GS-EXPRESSION-VALUE";
    pub(crate) const SETTINGS: &str = "GS-SETTINGS";
    pub(crate) const WINDOW_NEVER: &str = "GS-WINDOW-NEVER";
    pub(crate) const TIMEOUT: &str = "GS-STEP-TIMEOUT";
    pub(crate) const PANIC: &str = "GS-MIGRATOR-PANIC";
    pub(crate) const MIGRATOR_UNKNOWN: &str = "GS-MIGRATOR-UNKNOWN";
    pub(crate) const PLAN_LOST: &str = "GS-PLAN-LOST";
    pub(crate) const PLAN_STALE: &str = "GS-PLAN-STALE";
    pub(crate) const PLAN_WRITES: &str = "GS-PLAN-WRITES";
    pub(crate) const WAIVER_EXPIRED: &str = "GS-WAIVER-EXPIRED";
    pub(crate) const UNDO_LEFT: &str = "GS-UNDO-LEFT";
    pub(crate) const VERB_STATE: &str = "GS-VERB-STATE";
    pub(crate) const CAUSE_OPEN: &str = "GS-CAUSE-OPEN";
    pub(crate) const STEP_UNKNOWN: &str = "GS-STEP-UNKNOWN";
    pub(crate) const CONNECTION_UNKNOWN: &str = "GS-CONNECTION-UNKNOWN";
    pub(crate) const SKIP_NEEDED: &str = "GS-SKIP-NEEDED";
    pub(crate) const RERUN_BEFORE: &str = "GS-RERUN-BEFORE";
}

/// A journal's failure as a host's caller sees it: the step cannot go on, and need not be blamed.
pub(crate) fn recorder_failure(error: &JournalError) -> StepError {
    StepError::permanent(error.code(), error.to_string()).with_hint(error.hint())
}
