//! The table of verbs and places: which verb applies where, and what to do instead where it does not.

use gateshift_model::{RunOutcome, RunState, RunStatus};

use super::Refusal;
use crate::error::code::VERB_STATE;

/// What an operator may ask of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Goes on where it stopped.
    Resume,
    /// Repeats the failed step.
    Retry,
    /// Repeats a step and all after it.
    Rerun,
    /// Makes a new run from the same frozen definition.
    Restart,
    /// Stops until somebody says `resume`.
    Pause,
    /// Ends the run.
    Cancel,
    /// Goes on without a step.
    Skip,
    /// Takes back.
    Rollback,
    /// Says that the plan of a step may be carried out.
    Approve,
    /// Says that it may not.
    Reject,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Resume,
        Self::Retry,
        Self::Rerun,
        Self::Restart,
        Self::Pause,
        Self::Cancel,
        Self::Skip,
        Self::Rollback,
        Self::Approve,
        Self::Reject,
    ];

    /// Its word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Retry => "retry",
            Self::Rerun => "rerun",
            Self::Restart => "restart",
            Self::Pause => "pause",
            Self::Cancel => "cancel",
            Self::Skip => "skip",
            Self::Rollback => "rollback",
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

/// Where a run stands, as far as verbs care. Whether a process drives it at this moment is another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nobody has taken it yet.
    Submitted,
    /// It goes forward, or went forward until it was stopped.
    Forward,
    /// It is being taken back, or was until that was stopped.
    Undoing,
    /// Somebody asked to end it, and that is not done yet.
    Ending,
    /// It is at its end or at rest.
    Rest(RunOutcome),
}

impl Place {
    /// The place of a run.
    #[must_use]
    pub fn of(state: &RunState) -> Self {
        match state.status {
            RunStatus::Finished(outcome) => Self::Rest(outcome),
            _ if state.undoing => Self::Undoing,
            _ if state.canceling.is_some() => Self::Ending,
            // Its process died before it could say so.
            _ if state.paused.is_some() => Self::Rest(RunOutcome::Paused),
            RunStatus::Submitted => Self::Submitted,
            RunStatus::Running | RunStatus::Interrupted | RunStatus::Undoing => Self::Forward,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Submitted => "has not begun",
            Self::Forward => "is not at its end",
            Self::Undoing => "is being taken back",
            Self::Ending => "is being ended",
            Self::Rest(RunOutcome::Done) => "is done",
            Self::Rest(RunOutcome::Held) => "is held already",
            Self::Rest(RunOutcome::Blocked) => "is blocked already",
            Self::Rest(RunOutcome::RolledBack) => "is rolled back",
            Self::Rest(RunOutcome::Stuck) => "is stuck: something could not be taken back",
            Self::Rest(RunOutcome::Paused) => "is paused",
            Self::Rest(RunOutcome::Canceled) => "was canceled",
        }
    }
}

const RESUME_FIRST: &str = "`gateshift resume` goes on with it";
const END_FIRST: &str = "let it come to its end, or end it with `gateshift cancel`, then repeat the command";
const ANEW: &str = "`gateshift restart` makes a new run from the same definition";
const REPEAT: &str =
    "`gateshift rerun --from STEP` repeats a step and all after it, `gateshift restart` makes a new run";
const TAKE_BACK: &str =
    "`gateshift resume` brings the way back to its end; after that the run can be repeated";
const SETTLE: &str =
    "take back by hand what is left, then `gateshift resume`; or leave it with `gateshift cancel`";
const RESTS: &str = "nothing has to be stopped: it goes on only when somebody says `gateshift resume`";

/// Whether a verb applies to a run as it stands; else why not, and what to do instead.
pub fn applies(verb: Verb, state: &RunState) -> Result<(), Refusal> {
    let place = Place::of(state);
    let Some(remedy) = instead(verb, place) else { return Ok(()) };
    let cause = format!("`{}` does not apply: the run {}", verb.word(), place.words());
    Err(Refusal::new(VERB_STATE, cause, remedy))
}

/// What to do instead, where a verb does not apply.
fn instead(verb: Verb, place: Place) -> Option<&'static str> {
    use Place::{Ending, Forward, Rest, Submitted, Undoing};
    use RunOutcome::{Blocked, Canceled, Done, Held, Paused, RolledBack, Stuck};
    match (verb, place) {
        // What is to be taken back can always be; doing it again is harmless.
        (Verb::Rollback, _) => None,
        (Verb::Resume, Rest(Canceled)) => Some(ANEW),
        (Verb::Resume, _) => None,
        (Verb::Cancel, Rest(Done)) => {
            Some("there is nothing to end; `gateshift rollback --scope all` takes back what it made")
        }
        (Verb::Cancel, Undoing) => Some(TAKE_BACK),
        (Verb::Cancel, _) => None,
        (Verb::Approve | Verb::Reject, Forward | Rest(Held | Paused)) => None,
        (Verb::Approve | Verb::Reject, Submitted) => Some(RESUME_FIRST),
        (Verb::Approve | Verb::Reject, Rest(Done | RolledBack | Blocked)) => {
            Some("nothing of it waits for an approval; `gateshift inbox` shows what does")
        }
        (_, Ending) => Some("`gateshift resume` brings it to its end"),
        (Verb::Restart, Rest(Done | Held | Blocked | RolledBack | Canceled)) => None,
        (Verb::Restart, Undoing) => Some(TAKE_BACK),
        (Verb::Restart, Rest(Stuck)) => Some(SETTLE),
        (Verb::Restart, _) => Some(END_FIRST),
        (Verb::Pause, Submitted | Forward | Rest(Paused)) => None,
        (Verb::Pause, Undoing) => Some("the way back is not paused; Ctrl-C stops the process that does it"),
        (Verb::Pause, Rest(_)) => Some(RESTS),
        (_, Undoing) => Some(TAKE_BACK),
        (_, Rest(Stuck)) => Some(SETTLE),
        (_, Rest(Canceled)) => Some(ANEW),
        (Verb::Rerun, Submitted) => Some("`gateshift resume` begins it"),
        (Verb::Rerun, _) => None,
        (Verb::Retry | Verb::Skip, Rest(Done | RolledBack)) => Some(REPEAT),
        (Verb::Retry, Submitted) => Some(RESUME_FIRST),
        (Verb::Retry | Verb::Skip, _) => None,
    }
}
