//! What repetitions leave of what a step has made.

use serde_json::Value;

use super::{OperationState, StepState, StepStatus};
use crate::{Actor, Event, OperationKey, Outcome, RERUN, RETRY, Settled, StepName, Timestamp};

fn settled(outcome: Outcome) -> Event {
    let settled = Settled { outcome, id: None, data: Value::Null };
    Event::OperationSettled { step: step(), attempt: 1, key: OperationKey::new("k"), settled }
}

fn step() -> StepName {
    StepName::new("a").unwrap()
}

fn decided(decision: &str) -> Event {
    Event::Decided { decision: decision.into(), step: Some(step()), reason: String::new() }
}

fn after(events: &[Event]) -> StepState {
    let mut state = StepState::default();
    for event in events {
        state.take(event, Timestamp(1), &Actor("user:ann".into()));
    }
    state
}

#[test]
fn what_a_run_made_stays_its_own_however_a_repetition_finds_it() {
    use Outcome::{Adopted, Created, Deleted, Unchanged, Updated};
    for (first, second, kept) in [
        (Created, Adopted, Created),
        (Created, Unchanged, Created),
        (Created, Updated, Created),
        (Created, Created, Created),
        (Updated, Updated, Updated),
        (Updated, Adopted, Updated),
        (Adopted, Unchanged, Unchanged),
        (Adopted, Created, Created),
        (Created, Deleted, Deleted),
    ] {
        let state = after(&[settled(first), decided(RERUN), settled(second)]);
        let known = state.operations.get(&OperationKey::new("k"));
        let Some(OperationState::Settled(known)) = known else { panic!("{known:?}") };
        assert_eq!(known.outcome, kept, "{first:?} then {second:?}");
        assert!(state.repeated.is_empty());
    }
}

#[test]
fn a_repeated_step_waits_for_its_turn_and_can_still_be_taken_back() {
    let begun = Event::StepStarted { step: step(), attempt: 1, code: None };
    let state = after(&[begun.clone(), settled(Outcome::Created), decided(RERUN)]);
    assert_eq!((state.status, state.is_touched(), state.repeated.len()), (StepStatus::Waiting, true, 1));
    let undone = Event::StepUndone { step: step(), operations: Vec::new(), facts: Value::Null };
    let state = after(&[begun, undone, decided(RERUN)]);
    assert_eq!((state.status, state.is_touched()), (StepStatus::Waiting, false));
    assert!(!after(&[decided(RERUN)]).is_touched(), "it never ran");
    assert_eq!(after(&[decided(RETRY)]).status, StepStatus::Waiting, "nothing failed");
}
