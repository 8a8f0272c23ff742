//! The end of a run, or its rest: what became of the steps that were not run, and why. Pure.

use std::collections::BTreeMap;

use gateshift_model::{RunOutcome, RunState, StepDefinition, StepName, StepState, StepStatus};
use serde::Serialize;

use crate::conditions::{is_waiting, standing};
use crate::error::code;
use crate::schedule::Verdict;

/// The end of a run in which nothing can be done any more.
pub(crate) fn rest(state: &RunState) -> Verdict {
    let mut lost: BTreeMap<&StepName, String> = BTreeMap::new();
    let (mut skipped, mut failed) = (Vec::new(), Vec::new());
    for step in &state.definition.steps {
        let status = state.step(&step.name).map_or(StepStatus::Waiting, |found| found.status);
        match status {
            StepStatus::Failed => {
                failed.push(format!("`{}`", step.name));
                lost.insert(&step.name, format!("step `{}` failed", step.name));
            }
            StepStatus::Skipped if !state.step(&step.name).is_some_and(StepState::is_settled) => {
                lost.insert(&step.name, format!("step `{}` was skipped", step.name));
            }
            StepStatus::Waiting => {
                let reason = step.needs.iter().find_map(|need| lost.get(need)).cloned();
                if let Some(reason) = reason {
                    skipped.push((step.name.clone(), reason.clone()));
                    lost.insert(&step.name, reason);
                }
            }
            _ => {}
        }
    }
    let finished = |step: &StepDefinition| {
        state
            .step(&step.name)
            .is_some_and(|found| matches!(found.status, StepStatus::Done | StepStatus::Skipped))
    };
    if failed.is_empty() && state.definition.steps.iter().all(finished) {
        return Verdict::Rest { outcome: RunOutcome::Done, reason: String::new(), skipped };
    }
    let waiting =
        state.definition.steps.iter().filter_map(|step| Some((&step.name, state.step(&step.name)?)));
    let waiting = waiting.filter(|(_, own)| is_waiting(own)).map(|(name, own)| standing(name, own));
    let reason = match failed.as_slice() {
        [] => waiting
            .reduce(|all, one| format!("{all}; {one}"))
            .unwrap_or_else(|| "no step can be started".to_owned()),
        [one] => format!("step {one} failed; the steps that do not need it are done"),
        more => format!("steps {} failed; the steps that do not need them are done", more.join(", ")),
    };
    Verdict::Rest { outcome: RunOutcome::Held, reason, skipped }
}

/// A step that a resting run did not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotRun {
    /// The step.
    pub step: StepName,
    /// Why, a fragment that follows "not run because".
    pub because: String,
}

/// The steps that were not run, each with the first cause among the steps it needs.
#[must_use]
pub fn not_run(state: &RunState) -> Vec<NotRun> {
    let mut causes: BTreeMap<&StepName, String> = BTreeMap::new();
    let mut found = Vec::new();
    for step in &state.definition.steps {
        let Some(own) = state.step(&step.name) else { continue };
        let cause = match own.status {
            StepStatus::Done | StepStatus::Applied => continue,
            // Others do not wait for it.
            StepStatus::Skipped if own.is_settled() => {
                let because = own.reason.clone().unwrap_or_default();
                found.push(NotRun { step: step.name.clone(), because: format!("it was skipped: {because}") });
                continue;
            }
            StepStatus::Failed
                if own.error.as_ref().is_some_and(|error| error.code == code::CHECKPOINT_MANUAL) =>
            {
                format!("step `{}` waits for a person", step.name)
            }
            StepStatus::Failed => format!("step `{}` failed", step.name),
            StepStatus::Undone => format!("step `{}` was taken back", step.name),
            StepStatus::Undoing => format!("step `{}` is being taken back", step.name),
            StepStatus::Running | StepStatus::Pending | StepStatus::Retrying => {
                format!("step `{}` is not done", step.name)
            }
            StepStatus::Waiting | StepStatus::Skipped => {
                let needed = step.needs.iter().find_map(|need| causes.get(need)).cloned();
                let because =
                    own.reason.clone().or(needed).unwrap_or_else(|| "the run stopped before it".to_owned());
                found.push(NotRun { step: step.name.clone(), because: because.clone() });
                because
            }
        };
        causes.insert(&step.name, cause);
    }
    found
}
