//! Which steps an undo takes back, and in which order, as a pure function of the run's state.

use gateshift_model::{RunState, StepDefinition, StepName, StepState, UndoScope};

/// The steps to take back, in order: the traffic first, then objects; in each part the latest first.
#[must_use]
pub fn undo_order(state: &RunState, scope: UndoScope) -> Vec<StepName> {
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

fn touched(state: &RunState, step: &StepDefinition) -> bool {
    state.step(&step.name).is_some_and(StepState::is_touched)
}
