//! What can happen in a run. Events only grow: new kinds and new fields with defaults.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    ArtifactRef, Awaited, Checkpoint, Code, ConnectionName, Digest, Finding, OperationKey, RunDefinition,
    Settled, StepError, StepName, Timestamp, Waived,
};

/// Who holds a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Machine.
    pub host: String,
    /// Process.
    pub pid: u32,
    /// Start of the process in clock ticks since boot, so that a reused pid is not taken for it.
    #[serde(default)]
    pub started: u64,
}

/// How a run ended, or why it rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// Every step is done or skipped.
    Done,
    /// A step failed and a person decides; `resume` or `retry` go on.
    Held,
    /// An assessment or a policy forbids to go on.
    Blocked,
    /// What carries traffic was taken back.
    RolledBack,
    /// A rollback did not succeed: something is left, and the history says what.
    Stuck,
    /// Somebody paused it; `resume` goes on.
    Paused,
    /// Somebody ended it; what was made stays, unless it was taken back.
    Canceled,
}

/// What undoing takes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoScope {
    /// Nothing: the step only reads.
    #[default]
    Nothing,
    /// The share of production traffic.
    Traffic,
    /// Objects that were made.
    Config,
    /// Traffic first, then objects.
    All,
}

impl UndoScope {
    /// Whether undoing with this scope covers a step of scope `step`.
    #[must_use]
    pub fn covers(self, step: Self) -> bool {
        step != Self::Nothing && (self == Self::All || self == step)
    }
}

/// A call to the outside, as the audit keeps it. Redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Number of the call inside the run's generation.
    pub call: u64,
    /// Connection.
    pub connection: String,
    /// Action, `CreateHttpApiRoute`.
    pub action: String,
    /// The operation it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationKey>,
    /// What was asked, redacted: method, path, query, body.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub request: Value,
    /// Digest of the request before redaction, keyed per run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Digest>,
}

/// An event of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run was submitted with this frozen definition.
    RunCreated {
        /// The frozen workflow.
        definition: Box<RunDefinition>,
        /// Version of the engine that froze it.
        engine: String,
    },
    /// A process took the run; its generation is the envelope's.
    RunClaimed {
        /// The process.
        holder: Holder,
    },
    /// An attempt of a step began.
    StepStarted {
        /// The step.
        step: StepName,
        /// Counted from 1.
        attempt: u32,
        /// The code that does it; absent for what the program has linked in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<Code>,
    },
    /// Somebody gave a step another build of its migrator, from its next attempt on.
    StepSwapped {
        /// The step.
        step: StepName,
        /// Version of the migrator.
        version: String,
        /// Where the code comes from and runs.
        code: Code,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// The attempt's plan, stored as an artifact.
    StepPlanned {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// Where the plan is.
        plan: ArtifactRef,
        /// Number of operations.
        operations: u64,
        /// The plan in a sentence.
        summary: String,
        /// Findings of severity warn and above; all are in the plan.
        findings: Vec<Finding>,
        /// Those that would have stopped the step, and who answers for them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        waived: Vec<Waived>,
    },
    /// A write is about to be sent.
    CallIntended {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// The call.
        call: CallRecord,
    },
    /// A call came back. For reads this is the only record.
    CallAnswered {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// The call; of a write only its number, connection and action.
        call: CallRecord,
        /// HTTP status; absent when no answer came.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The other side's request id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        /// Code of the failure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// Milliseconds it took.
        millis: u64,
        /// Tries it took, throttled ones included.
        #[serde(default)]
        tries: u32,
    },
    /// An operation came to its end.
    OperationSettled {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// The operation.
        key: OperationKey,
        /// What it came to.
        settled: Settled,
    },
    /// A step stored where it stands.
    Checkpointed {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// What it will be given when it goes on.
        value: Value,
    },
    /// A step waits; it is called again at `until`.
    StepPending {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// When it goes on.
        until: Timestamp,
        /// What it waits for, in words.
        reason: String,
    },
    /// What was left open in the settings of a step was worked out from the outputs of earlier steps.
    StepResolved {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// All of its settings.
        with: Value,
    },
    /// A step is skipped, because its condition does not hold. The steps that need it go on without it.
    StepPassedOver {
        /// The step.
        step: StepName,
        /// Which condition.
        reason: String,
    },
    /// A step may not begin yet. It is looked at again at `until`, and when somebody answers.
    StepWaits {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// For what.
        on: Awaited,
        /// When it is looked at again at the latest; absent when only people can bring it on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// The same in words.
        reason: String,
    },
    /// All conditions of a step hold: it begins.
    StepAdmitted {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
    },
    /// Somebody approved the plan of a step; who, the envelope says.
    StepApproved {
        /// The step.
        step: StepName,
        /// Digest of the plan.
        plan: Digest,
        /// Why.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// Somebody rejected the plan of a step; who, the envelope says.
    StepRejected {
        /// The step.
        step: StepName,
        /// Digest of the plan.
        plan: Digest,
        /// Why.
        reason: String,
    },
    /// A step has applied its plan; its output is known, its checkpoints are not yet.
    StepApplied {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// Handed to the steps that need this one.
        output: Value,
        /// Warnings in words.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
    },
    /// A step answered its checkpoints.
    StepVerified {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// The answers.
        checkpoints: Vec<Checkpoint>,
    },
    /// A step is done.
    StepDone {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
    },
    /// An attempt failed.
    StepFailed {
        /// The step.
        step: StepName,
        /// The attempt.
        attempt: u32,
        /// Why.
        error: StepError,
        /// When the next attempt begins; absent when there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
    },
    /// A step will not run.
    StepSkipped {
        /// The step.
        step: StepName,
        /// Why, in words.
        reason: String,
        /// The risk that a person accepted with it: then the steps that need this one go on without it.
        /// Absent when the engine skipped it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        risk: Option<String>,
    },
    /// Somebody, or a failure, asked to take something back.
    UndoRequested {
        /// What.
        scope: UndoScope,
        /// Why.
        reason: String,
    },
    /// Undoing a step began.
    StepUndoing {
        /// The step.
        step: StepName,
    },
    /// Undoing a step ended well.
    StepUndone {
        /// The step.
        step: StepName,
        /// Operations taken back.
        #[serde(default)]
        operations: Vec<OperationKey>,
        /// Facts: times, shares, what was confirmed.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        facts: Value,
    },
    /// Undoing a step failed.
    UndoFailed {
        /// The step.
        step: StepName,
        /// Why.
        error: StepError,
    },
    /// A person, or the engine for one, decided something.
    Decided {
        /// What, `retry`, `resume`, `accept` ...
        decision: String,
        /// Step it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<StepName>,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Somebody asked that the run, or the calls of one connection, wait.
    PauseRequested {
        /// The connection; absent for the whole run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connection: Option<ConnectionName>,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// What was paused goes on.
    PauseLifted {
        /// The connection; absent for the whole run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connection: Option<ConnectionName>,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// Somebody asked to end the run.
    CancelRequested {
        /// What was made is taken back first.
        #[serde(default)]
        undo: bool,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// A request from the inbox was taken up. Written with what it asks for, so that it is not taken up
    /// again.
    RequestTaken {
        /// The request.
        request: Uuid,
        /// What was asked for, `pause`.
        asked: String,
    },
    /// The process stopped cleanly before the run's end.
    RunInterrupted {
        /// Why, `SIGTERM`.
        reason: String,
    },
    /// The run came to an end, or to a rest.
    RunFinished {
        /// How.
        outcome: RunOutcome,
        /// Why, when it is not done.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Event;

    #[test]
    fn events_of_older_versions_are_read_and_new_fields_stay_out_of_the_way() {
        for old in [
            json!({"event": "step_skipped", "step": "b", "reason": "step `a` failed"}),
            json!({"event": "decided", "decision": "resume", "step": "b", "reason": "resumed"}),
            json!({"event": "run_finished", "outcome": "stuck", "reason": "left"}),
        ] {
            let event: Event = serde_json::from_value(old.clone()).unwrap();
            assert_eq!(serde_json::to_value(&event).unwrap(), old, "written as it was before");
            assert_eq!(old["event"], event.kind());
        }
        for new in [
            json!({"event": "step_skipped", "step": "b", "reason": "known", "risk": "unseen"}),
            json!({"event": "pause_requested", "connection": "dns", "reason": "an edit"}),
            json!({"event": "pause_lifted", "reason": "done"}),
            json!({"event": "cancel_requested", "undo": true, "reason": "not today"}),
            json!({"event": "request_taken", "request": "01980000-0000-7000-8000-000000000001", "asked": "pause"}),
            json!({"event": "step_waits", "step": "b", "attempt": 1, "on": {"for": "window", "name": "night"},
                "until": 5, "reason": "it is closed"}),
            json!({"event": "step_passed_over", "step": "b", "reason": "it is not so"}),
            json!({"event": "step_resolved", "step": "b", "attempt": 1, "with": {"size": 3}}),
            json!({"event": "step_admitted", "step": "b", "attempt": 1}),
            json!({"event": "step_approved", "step": "b", "plan": format!("{:064}", 1)}),
            json!({"event": "step_rejected", "step": "b", "plan": format!("{:064}", 1), "reason": "not now"}),
            json!({"event": "run_finished", "outcome": "paused"}),
            json!({"event": "run_finished", "outcome": "canceled"}),
        ] {
            let event: Event = serde_json::from_value(new.clone()).unwrap();
            assert_eq!(serde_json::to_value(&event).unwrap(), new);
            assert_eq!(new["event"], event.kind());
        }
    }
}
