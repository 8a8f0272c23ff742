//! The answer as data.

use gateshift_model::{
    APPROVAL_LATE, Actor, CHECKPOINT_MANUAL, Checkpoint, Digest, ErrorClass, Holder, RunId, RunOutcome,
    RunStatus, Severity, StepName, StepStatus, Timestamp,
};
use serde::Serialize;
use serde_json::Value;

/// What the history does not say.
#[derive(Debug, Clone, PartialEq)]
pub struct Circumstances {
    /// The run.
    pub run: RunId,
    /// The time.
    pub now: Timestamp,
    /// The journal, as `--store` names it.
    pub store: String,
    /// Who owns the run.
    pub owner: Owner,
    /// Steps that were not run, with the reason.
    pub not_run: Vec<NotRun>,
}

/// Who owns a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Owner {
    /// Nobody.
    Nobody,
    /// A process, as far as can be seen from here.
    Working {
        /// The process.
        holder: Holder,
        /// End of its lease, unless it is renewed.
        until: Timestamp,
    },
    /// A process of this machine that lives no more.
    Gone {
        /// The process.
        holder: Holder,
        /// End of its lease.
        until: Timestamp,
    },
    /// A process that has let its lease run out.
    Expired {
        /// The process.
        holder: Holder,
        /// When it was over.
        until: Timestamp,
    },
}

/// A step that was not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotRun {
    /// The step.
    pub step: StepName,
    /// Why, a fragment that follows "not run because".
    pub because: String,
}

/// Why a run stands where it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The run.
    pub run: RunId,
    /// Its workflow.
    pub workflow: String,
    /// Its status in words, as `status` says it.
    pub status: &'static str,
    /// The answer in a sentence.
    pub because: String,
    /// Since when.
    pub since: Timestamp,
    /// Who brought it there.
    pub by: Actor,
    /// Who owns it.
    pub owner: Owner,
    /// The steps that matter for the answer.
    pub steps: Vec<StepAnswer>,
    /// Steps that were not run.
    pub not_run: Vec<NotRun>,
    /// Steps whose turn comes later.
    pub later: Vec<StepName>,
    /// What can be done, the best first.
    pub next: Vec<Call>,
    /// Why nothing has to be done; absent when something has.
    pub nothing_to_do: Option<String>,
    /// Something more to know.
    pub notes: Vec<String>,
}

/// A step that matters for the answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepAnswer {
    /// The step.
    pub name: StepName,
    /// Its status.
    pub status: StepStatus,
    /// Attempts since it was started or last resumed.
    pub attempt: u32,
    /// Attempts it has in all.
    pub attempts: u32,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// What it waits for, or why it failed.
    pub reason: Option<String>,
    /// When it goes on.
    pub until: Option<Timestamp>,
    /// How often it has looked so far.
    pub looks: u32,
    /// When its time is over.
    pub gives_up: Option<Timestamp>,
    /// The values it saw and the limits it compares them with, as it stored them.
    pub checkpoint: Option<Value>,
    /// Its latest failure.
    pub error: Option<Failure>,
    /// What people are asked about its plan.
    pub approval: Option<Asked>,
    /// Findings that stand in the way.
    pub blocking: Vec<Blocking>,
    /// Checkpoints that did not pass.
    pub checkpoints: Vec<Checkpoint>,
    /// What could not be taken back.
    pub left: Vec<String>,
}

impl StepAnswer {
    /// Its failure, if that is no more than something left to a person.
    pub(crate) fn by_hand(&self) -> Option<&Failure> {
        self.error.as_ref().filter(|error| [CHECKPOINT_MANUAL, APPROVAL_LATE].contains(&error.code.as_str()))
    }
}

/// What people are asked about the plan of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// Digest of the plan.
    pub plan: Digest,
    /// Those who may approve it.
    pub people: Vec<String>,
    /// Whoever started the run, when that one may not.
    pub except: Option<Actor>,
    /// Those who did.
    pub given: Vec<Actor>,
    /// How many are missing.
    pub missing: u32,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// Stable code.
    pub code: String,
    /// The cause.
    pub message: String,
    /// What may be done about it.
    pub class: ErrorClass,
    /// What to do next.
    pub hint: Option<String>,
}

/// A finding that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocking {
    /// How much it matters.
    pub severity: Severity,
    /// Stable code.
    pub code: String,
    /// The object.
    pub object: String,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub action: Option<String>,
}

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The exact command.
    pub command: String,
    /// What it does, and what has to be true before.
    pub does: String,
    /// Who can.
    pub who: String,
}

/// Status of a run in words.
#[must_use]
pub fn status_word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Submitted => "submitted",
        RunStatus::Running => "running",
        RunStatus::Interrupted => "interrupted",
        RunStatus::Undoing => "rolling back",
        RunStatus::Finished(outcome) => outcome_word(outcome),
    }
}

/// Outcome of a run in words.
#[must_use]
pub fn outcome_word(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Done => "done",
        RunOutcome::Held => "held",
        RunOutcome::Blocked => "blocked",
        RunOutcome::RolledBack => "rolled back",
        RunOutcome::Stuck => "stuck",
        RunOutcome::Paused => "paused",
        RunOutcome::Canceled => "canceled",
    }
}
