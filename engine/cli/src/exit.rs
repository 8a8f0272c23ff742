//! Exit codes. Scripts depend on them: they never change their meaning.

use std::process::ExitCode;

use gateshift_executor::Driven;
use gateshift_model::{APPROVAL_LATE, CHECKPOINT_MANUAL, RunOutcome};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// An error.
    Error = 1,
    /// Something would change, or has changed.
    Changes = 2,
    /// Blocked by assessment or policy.
    Blocked = 3,
    /// Waiting for a person or a window.
    Waiting = 4,
    /// Rolled back.
    RolledBack = 5,
    /// The run is owned by another worker.
    Owned = 6,
    /// Source and target do not behave the same.
    Mismatch = 7,
    /// The words were wrong.
    Usage = 64,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The exit code of a driven run; `failure` is the code of the step that failed, if one did.
    pub(crate) fn of(driven: &Driven, failure: Option<&str>) -> Self {
        match driven {
            Driven::Interrupted { .. } => Self::Waiting,
            Driven::Finished { outcome, .. } => match outcome {
                RunOutcome::Done => Self::Done,
                RunOutcome::Blocked => Self::Blocked,
                RunOutcome::RolledBack => Self::RolledBack,
                RunOutcome::Held | RunOutcome::Stuck if failure == Some("GS-VERIFY-MISMATCH") => {
                    Self::Mismatch
                }
                RunOutcome::Held if matches!(failure, Some(CHECKPOINT_MANUAL | APPROVAL_LATE)) => {
                    Self::Waiting
                }
                RunOutcome::Held if failure == Some("GS-APPROVAL-REJECTED") => Self::Blocked,
                RunOutcome::Paused => Self::Waiting,
                RunOutcome::Held | RunOutcome::Stuck | RunOutcome::Canceled => Self::Error,
            },
        }
    }
}
