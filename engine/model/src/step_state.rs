//! A step as its events tell it: what it is, and what each event makes of it. Part of the fold; which event may
//! follow is in `allowed`, the run's own part in `fold`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::error::GATE_FAILED;
use crate::fold::{RERUN, RESUME, RETRY};
use crate::{
    Actor, Approval, ArtifactRef, Awaited, CallRecord, Checkpoint, ErrorClass, Event, Finding, Given,
    OperationKey, Outcome, Settled, StepError, Timestamp, Waived,
};

/// State of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Not started.
    Waiting,
    /// An attempt is under way.
    Running,
    /// Waits for a time.
    Pending,
    /// Failed; another attempt follows.
    Retrying,
    /// Failed for good.
    Failed,
    /// Applied; its checkpoints are being answered.
    Applied,
    /// Done.
    Done,
    /// Not run, with a reason.
    Skipped,
    /// Being taken back.
    Undoing,
    /// Taken back.
    Undone,
}

/// What is known of an operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "is")]
pub enum OperationState {
    /// A write was sent, or was about to be: what became of it must be looked up.
    Intended(CallRecord),
    /// It came to this.
    Settled(Settled),
}

/// A step as its events tell it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepState {
    /// Status.
    pub status: StepStatus,
    /// Attempts begun.
    pub attempt: u32,
    /// When the first attempt began.
    pub started: Option<Timestamp>,
    /// When it was done, failed for good, or was skipped.
    pub ended: Option<Timestamp>,
    /// When it goes on, while it waits.
    pub until: Option<Timestamp>,
    /// What it waits for, why it failed or was skipped.
    pub reason: Option<String>,
    /// The plan of the latest attempt.
    pub plan: Option<ArtifactRef>,
    /// Number of operations in it.
    pub planned_operations: u64,
    /// Findings of the plan, warn and above.
    pub findings: Vec<Finding>,
    /// Findings of the plan that an operator answers for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<Waived>,
    /// Operations with an intent or a result.
    pub operations: BTreeMap<OperationKey, OperationState>,
    /// The latest checkpoint.
    pub checkpoint: Option<Value>,
    /// Output, once applied.
    pub output: Option<Value>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// Answers to checkpoints.
    pub checkpoints: Vec<Checkpoint>,
    /// The latest failure.
    pub error: Option<StepError>,
    /// Calls answered, reads and writes.
    pub calls: u64,
    /// The plan does not fit the world any more: the next attempt has to plan anew.
    pub stale: bool,
    /// Attempts begun before somebody last said `resume`: they do not count as retries any more.
    pub resumed_attempt: u32,
    /// When somebody last said `resume`: limits of time count from then.
    pub resumed_at: Option<Timestamp>,
    /// It was skipped because its condition did not hold: steps that need it go on without it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub passed_over: bool,
    /// Its settings, when something in them had to be worked out first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<Value>,
    /// What it waits for before it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaits: Option<Awaited>,
    /// What people were asked about its plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// When its conditions were found to hold. Its time counts from there.
    #[serde(skip)]
    pub admitted: Option<Timestamp>,
    /// The risk that a person accepted by skipping it: steps that need it go on without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_risk: Option<String>,
    /// Operations settled before somebody asked to repeat the step, and not since: looked at again.
    #[serde(skip)]
    pub repeated: BTreeSet<OperationKey>,
    /// What it had made was taken back, and it has not run since.
    #[serde(skip)]
    pub is_undone: bool,
}

impl Default for StepState {
    fn default() -> Self {
        Self {
            status: StepStatus::Waiting,
            attempt: 0,
            started: None,
            ended: None,
            until: None,
            reason: None,
            plan: None,
            planned_operations: 0,
            findings: Vec::new(),
            waived: Vec::new(),
            operations: BTreeMap::new(),
            checkpoint: None,
            output: None,
            warnings: Vec::new(),
            checkpoints: Vec::new(),
            error: None,
            calls: 0,
            stale: false,
            resumed_attempt: 0,
            resumed_at: None,
            passed_over: false,
            with: None,
            awaits: None,
            approval: None,
            admitted: None,
            accepted_risk: None,
            repeated: BTreeSet::new(),
            is_undone: false,
        }
    }
}

impl StepState {
    /// Settled operations by key.
    pub fn settled(&self) -> impl Iterator<Item = (&OperationKey, &Settled)> {
        self.operations.iter().filter_map(|(key, state)| match state {
            OperationState::Settled(settled) => Some((key, settled)),
            OperationState::Intended(_) => None,
        })
    }

    /// Whether the steps that need this one may begin.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.status == StepStatus::Done
            || (self.status == StepStatus::Skipped && (self.accepted_risk.is_some() || self.passed_over))
    }

    /// Whether it may have changed something that was not taken back yet.
    #[must_use]
    pub fn is_touched(&self) -> bool {
        use StepStatus::{
            Applied, Done, Failed, Pending, Retrying, Running, Skipped, Undoing, Undone, Waiting,
        };
        match self.status {
            Running | Pending | Retrying | Failed | Applied | Done | Undoing => true,
            // It ran before it was skipped, or before somebody asked to repeat it.
            Waiting | Skipped => self.attempt > 0 && !self.is_undone,
            Undone => false,
        }
    }

    /// Operations with an intent and no result.
    pub fn unsettled(&self) -> impl Iterator<Item = &OperationKey> {
        self.operations
            .iter()
            .filter_map(|(key, state)| matches!(state, OperationState::Intended(_)).then_some(key))
    }
}

impl StepState {
    pub(crate) fn take(&mut self, event: &Event, at: Timestamp, actor: &Actor) {
        match event {
            Event::StepStarted { attempt, .. } => {
                self.status = StepStatus::Running;
                self.attempt = *attempt;
                self.started.get_or_insert(at);
                self.is_undone = false;
                (self.ended, self.until, self.reason, self.awaits) = (None, None, None, None);
            }
            // What another build planned is not this one's to apply.
            Event::StepSwapped { .. } => self.stale = true,
            Event::StepPlanned { plan, operations, findings, waived, .. } => {
                self.plan = Some(plan.clone());
                self.planned_operations = *operations;
                self.stale = false;
                self.findings.clone_from(findings);
                self.waived.clone_from(waived);
            }
            Event::CallIntended { call, .. } => {
                if let Some(key) = call.operation.as_ref().filter(|key| !self.repeated.contains(*key)) {
                    self.operations.insert(key.clone(), OperationState::Intended(call.clone()));
                }
            }
            Event::CallAnswered { .. } => self.calls += 1,
            Event::OperationSettled { key, settled, .. } => self.settle(key, settled),
            Event::Checkpointed { value, .. } => self.checkpoint = Some(value.clone()),
            Event::StepPending { until, reason, .. } => {
                self.status = StepStatus::Pending;
                self.until = Some(*until);
                self.reason = Some(reason.clone());
            }
            Event::StepResolved { with, .. } => self.with = Some(with.clone()),
            Event::StepPassedOver { reason, .. } => {
                (self.status, self.passed_over) = (StepStatus::Skipped, true);
                (self.ended, self.reason) = (Some(at), Some(reason.clone()));
            }
            Event::StepWaits { on, until, reason, .. } => {
                self.status = StepStatus::Pending;
                (self.until, self.reason, self.admitted) = (*until, Some(reason.clone()), None);
                if let Awaited::Approval { plan, .. } = on {
                    self.approval = Some(Approval::ask(self.approval.take(), plan, *until, at));
                }
                self.awaits = Some(on.clone());
            }
            Event::StepAdmitted { .. } => {
                self.status = StepStatus::Running;
                (self.until, self.reason, self.awaits, self.admitted) = (None, None, None, Some(at));
            }
            Event::StepApproved { reason, .. } | Event::StepRejected { reason, .. } => {
                let given = Given { by: actor.clone(), at, reason: reason.clone() };
                if let Some(approval) = &mut self.approval {
                    approval.answer(given, matches!(event, Event::StepApproved { .. }));
                }
            }
            Event::StepApplied { output, warnings, .. } => {
                self.status = StepStatus::Applied;
                self.output = Some(output.clone());
                self.warnings.clone_from(warnings);
                (self.until, self.reason) = (None, None);
            }
            Event::StepVerified { checkpoints, .. } => self.checkpoints.clone_from(checkpoints),
            Event::StepDone { .. } => {
                self.status = StepStatus::Done;
                self.ended = Some(at);
                self.error = None;
            }
            Event::StepFailed { error, retry_at, .. } => {
                self.status = if retry_at.is_some() { StepStatus::Retrying } else { StepStatus::Failed };
                self.until = *retry_at;
                self.ended = retry_at.is_none().then_some(at);
                self.reason = Some(error.message.clone());
                self.awaits = None;
                self.stale |= error.class == ErrorClass::Conflict;
                self.error = Some(error.clone());
            }
            Event::StepSkipped { reason, risk, .. } => {
                self.is_undone |= self.status == StepStatus::Undone;
                self.status = StepStatus::Skipped;
                self.ended = Some(at);
                (self.until, self.awaits) = (None, None);
                self.reason = Some(reason.clone());
                self.accepted_risk.clone_from(risk);
                if risk.is_some() {
                    self.error = None;
                }
            }
            Event::StepUndoing { .. } => {
                self.status = StepStatus::Undoing;
                (self.until, self.accepted_risk, self.awaits) = (None, None, None);
            }
            Event::StepUndone { operations, .. } => {
                self.status = StepStatus::Undone;
                self.ended = Some(at);
                self.stale = true;
                self.checkpoint = None;
                (self.approval, self.admitted) = (None, None);
                for key in operations {
                    self.operations.remove(key);
                    self.repeated.remove(key);
                }
            }
            Event::UndoFailed { error, .. } => {
                self.reason = Some(error.message.clone());
                self.error = Some(error.clone());
            }
            Event::Decided { decision, .. } if decision == RESUME => self.resume(at),
            Event::Decided { decision, .. } if decision == RETRY => self.retry(at),
            Event::Decided { decision, .. } if decision == RERUN => self.rerun(at),
            _ => {}
        }
    }

    /// What this run made or changed stays its own work, however a repetition finds it: the way back needs
    /// to know.
    fn settle(&mut self, key: &OperationKey, settled: &Settled) {
        let own = |known: &OperationState| match known {
            OperationState::Settled(known) => matches!(known.outcome, Outcome::Created | Outcome::Updated),
            OperationState::Intended(_) => false,
        };
        let repeated =
            self.repeated.remove(key) && !matches!(settled.outcome, Outcome::Created | Outcome::Deleted);
        if !(repeated && self.operations.get(key).is_some_and(own)) {
            self.operations.insert(key.clone(), OperationState::Settled(settled.clone()));
        }
    }

    /// Repeats a step that failed, or that waits for its next attempt: due at once, planned anew.
    fn retry(&mut self, at: Timestamp) {
        if self.status == StepStatus::Retrying {
            self.status = StepStatus::Failed;
        }
        self.resume(at);
        self.stale = true;
    }

    /// Puts a step back to where it waits for its turn. What it made stays known, so that nothing is made
    /// twice and all of it can be taken back.
    fn rerun(&mut self, at: Timestamp) {
        self.is_undone |= self.status == StepStatus::Undone;
        self.status = StepStatus::Waiting;
        (self.resumed_attempt, self.resumed_at) = (self.attempt, Some(at));
        (self.ended, self.until, self.reason, self.error) = (None, None, None, None);
        (self.checkpoint, self.output, self.accepted_risk) = (None, None, None);
        self.passed_over = false;
        // Whoever approved it approved it once.
        (self.approval, self.admitted, self.awaits) = (None, None, None);
        self.checkpoints.clear();
        self.warnings.clear();
        self.repeated = self.settled().map(|(key, _)| key.clone()).collect();
        self.stale = true;
    }

    /// Takes a step that rests up again: due at once, with all its attempts and all its time.
    fn resume(&mut self, at: Timestamp) {
        self.status = match self.status {
            StepStatus::Skipped if self.attempt == 0 => StepStatus::Waiting,
            StepStatus::Failed | StepStatus::Undone | StepStatus::Skipped => StepStatus::Retrying,
            _ => return,
        };
        // Whoever takes it up again answers for the cause.
        self.error.take_if(|error| error.code == GATE_FAILED);
        self.resumed_attempt = self.attempt;
        self.resumed_at = Some(at);
        self.admitted = None;
        (self.ended, self.until, self.reason) = (None, None, None);
    }
}

#[cfg(test)]
mod tests;
