//! Which steps an undo takes back, and in which order, as a pure function of the run's state.

use gateshift_model::{RunState, StepDefinition, StepName, StepStatus, UndoScope};

/// The steps to take back, in order: the traffic first, then objects; in each part the latest first.
pub(crate) fn undo_order(state: &RunState, scope: UndoScope) -> Vec<StepName> {
    let covered = || {
        state
            .definition
            .steps
            .iter()
            .rev()
            .filter(move |step| scope.covers(step.undo) && touched(state, step))
    };
    let (traffic, rest): (Vec<_>, Vec<_>) = covered().partition(|step| carries_traffic(step));
    traffic.into_iter().chain(rest).map(|step| step.name.clone()).collect()
}

pub(crate) fn carries_traffic(step: &StepDefinition) -> bool {
    matches!(step.undo, UndoScope::Traffic | UndoScope::All)
}

/// Whether the step may have changed something that was not taken back yet.
fn touched(state: &RunState, step: &StepDefinition) -> bool {
    use StepStatus::{Applied, Done, Failed, Pending, Retrying, Running, Undoing};
    state.step(&step.name).is_some_and(|own| {
        matches!(own.status, Running | Pending | Retrying | Failed | Applied | Done | Undoing)
    })
}
