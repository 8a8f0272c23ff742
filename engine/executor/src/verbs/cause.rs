//! A run that a gate brought back goes on only when somebody says that the cause is removed: else it would
//! take the same way again and find the same.

use gateshift_model::{Event, GATE_FAILED, RESUME, RunState, StepName, StepState, StepStatus};

use super::Refusal;
use crate::error::code;

/// The step whose gate failed, as long as nobody has marked its cause as resolved.
pub(crate) fn open_cause(state: &RunState) -> Option<(&StepName, &StepState)> {
    let steps = state.definition.steps.iter().map(|step| &step.name);
    steps.filter_map(|name| Some((name, state.step(name)?))).find(|(_, step)| is_open(step))
}

fn is_open(step: &StepState) -> bool {
    matches!(step.status, StepStatus::Failed | StepStatus::Undone)
        && step.error.as_ref().is_some_and(|error| error.code == GATE_FAILED)
}

/// Refuses what would repeat a step whose gate failed.
pub(super) fn closed<'a>(
    state: &RunState,
    mut repeated: impl Iterator<Item = &'a StepName>,
) -> Result<(), Refusal> {
    match repeated.find(|name| state.step(name).is_some_and(is_open)) {
        Some(name) => Err(refusal(state, name)),
        None => Ok(()),
    }
}

/// The events of a resumption, `resolved` being what the cause was. Without an open cause nothing is refused
/// and nothing is written here.
pub(crate) fn resolve(state: &RunState, resolved: Option<&str>) -> Result<Option<Event>, Refusal> {
    match (open_cause(state), resolved) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Refusal::new(
            code::VERB_STATE,
            "no gate has brought the run back, so there is no cause to resolve",
            "`gateshift resume` without `--cause-resolved` goes on with it",
        )),
        (Some((name, step)), Some(cause)) if step.status == StepStatus::Undone => Ok(Some(Event::Decided {
            decision: RESUME.to_owned(),
            step: Some(name.clone()),
            reason: format!("cause resolved: {cause}"),
        })),
        (Some((name, _)), _) => Err(refusal(state, name)),
    }
}

fn refusal(state: &RunState, name: &StepName) -> Refusal {
    let is_back = state.step(name).is_some_and(|step| step.status == StepStatus::Undone);
    let cause = if is_back {
        format!("a gate of step `{name}` failed, and nobody has said that the cause is removed")
    } else {
        format!("a gate of step `{name}` failed, and what the step did is not taken back")
    };
    let remedy = if is_back {
        "remove the cause that `gateshift why` shows, then `gateshift resume RUN --cause-resolved \"what it was\"`"
    } else {
        "`gateshift rollback` takes it back; then `gateshift resume RUN --cause-resolved \"what it was\"`"
    };
    Refusal::new(code::CAUSE_OPEN, cause, remedy)
}
