//! What a command makes of a run: the events that say so, or why it does not apply.

use std::collections::BTreeSet;

use gateshift_model::{
    Actor, ConnectionName, Event, RERUN, RESUME, RETRY, RunDefinition, RunState, StepName, StepState,
    StepStatus, UndoScope,
};

use super::approve::{Word, answer};
use super::cause::closed;
use super::skip::skip;
use super::{Refusal, Verb, applies};
use crate::error::code;
use crate::{Command, MigratorSet};

/// The events of a command that somebody gives; none when there is nothing to do.
pub(crate) fn decide(
    command: &Command,
    state: &RunState,
    migrators: &dyn MigratorSet,
    actor: &Actor,
) -> Result<Vec<Event>, Refusal> {
    match command {
        Command::Approve { step, plan, reason } => {
            answer(state, &Word { step, plan: plan.as_deref(), reason, approves: true }, actor)
        }
        Command::Reject { step, plan, reason } => {
            answer(state, &Word { step, plan: plan.as_deref(), reason, approves: false }, actor)
        }
        Command::Stop { .. } => Ok(Vec::new()),
        Command::Rollback { scope, reason } => {
            Ok(vec![Event::UndoRequested { scope: *scope, reason: reason.clone() }])
        }
        Command::Pause { connection: None, reason } => {
            applies(Verb::Pause, state)?;
            let asked = Event::PauseRequested { connection: None, reason: reason.clone() };
            Ok(if state.paused.is_some() { Vec::new() } else { vec![asked] })
        }
        Command::Pause { connection: Some(name), reason } => {
            known(state, name)?;
            let asked = Event::PauseRequested { connection: Some(name.clone()), reason: reason.clone() };
            Ok(if state.paused_connections.contains_key(name) { Vec::new() } else { vec![asked] })
        }
        Command::Resume { connection } => {
            known(state, connection)?;
            let lifted = Event::PauseLifted { connection: Some(connection.clone()), reason: String::new() };
            Ok(if state.paused_connections.contains_key(connection) { vec![lifted] } else { Vec::new() })
        }
        Command::Retry { step, reason } => retry(state, step.as_ref(), reason),
        Command::Rerun { from, reason } => rerun(state, from, reason),
        Command::Skip { step, reason, risk } => skip(state, step, (reason, risk), migrators),
        Command::Cancel { undo, reason } => cancel(state, *undo, reason),
    }
}

fn known(state: &RunState, connection: &ConnectionName) -> Result<(), Refusal> {
    if state.definition.connections.contains_key(connection) {
        return Ok(());
    }
    let all: Vec<String> = state.definition.connections.keys().map(|name| format!("`{name}`")).collect();
    let remedy = if all.is_empty() {
        "the run has no connection".to_owned()
    } else {
        format!("it has {}", all.join(", "))
    };
    Err(Refusal::new(code::CONNECTION_UNKNOWN, format!("the run has no connection `{connection}`"), remedy))
}

/// The step of that name.
pub(crate) fn step<'a>(state: &'a RunState, name: &StepName) -> Result<&'a StepState, Refusal> {
    state.step(name).ok_or_else(|| {
        let all: Vec<String> = state.definition.steps.iter().map(|step| format!("`{}`", step.name)).collect();
        let cause = format!("the run has no step `{name}`");
        Refusal::new(code::STEP_UNKNOWN, cause, format!("its steps are {}", all.join(", ")))
    })
}

/// Lifts the pause of a run that goes on with what was asked for.
fn lifted(state: &RunState, reason: &str) -> Option<Event> {
    state.paused.as_ref().map(|_| Event::PauseLifted { connection: None, reason: reason.to_owned() })
}

fn decided(decision: &str, step: &StepName, reason: &str) -> Event {
    Event::Decided { decision: decision.to_owned(), step: Some(step.clone()), reason: reason.to_owned() }
}

/// Whether `retry` can repeat a step: it failed, or it waits for its next attempt.
#[must_use]
pub fn retryable(step: &StepState) -> bool {
    match step.status {
        StepStatus::Failed => true,
        StepStatus::Undone | StepStatus::Retrying => step.error.is_some(),
        _ => false,
    }
}

fn retry(state: &RunState, wanted: Option<&StepName>, reason: &str) -> Result<Vec<Event>, Refusal> {
    applies(Verb::Retry, state)?;
    let failed = |name: &StepName| state.step(name).is_some_and(retryable);
    if let Some(name) = wanted.filter(|name| !failed(name)) {
        let status = step(state, name)?.status;
        let cause = format!("step `{name}` did not fail: it is {}", word(status));
        return Err(Refusal::new(
            code::VERB_STATE,
            cause,
            "`gateshift rerun --from STEP` repeats a step that did not fail",
        ));
    }
    let names = state.definition.steps.iter().map(|step| &step.name);
    let again: Vec<&StepName> =
        names.filter(|name| wanted.is_none_or(|wanted| wanted == *name) && failed(name)).collect();
    if again.is_empty() {
        return Err(Refusal::new(
            code::VERB_STATE,
            "no step of the run failed",
            "`gateshift resume` goes on with it",
        ));
    }
    closed(state, again.iter().copied())?;
    let behind: BTreeSet<StepName> = again
        .iter()
        .flat_map(|name| after(&state.definition, name))
        .filter(|name| !again.contains(&name))
        .collect();
    // What was skipped because they failed gets its turn again.
    let skipped = behind.iter().filter(|name| {
        state.step(name).is_some_and(|own| own.status == StepStatus::Skipped && !own.is_settled())
    });
    let mut events: Vec<Event> = lifted(state, reason).into_iter().collect();
    events.extend(again.iter().map(|name| decided(RETRY, name, reason)));
    events.extend(skipped.map(|name| decided(RESUME, name, reason)));
    Ok(events)
}

/// A step and all that need it, directly or through others, in the order of the definition.
#[must_use]
pub fn after(definition: &RunDefinition, from: &StepName) -> Vec<StepName> {
    let mut found: Vec<StepName> = Vec::new();
    for step in &definition.steps {
        if &step.name == from || step.needs.iter().any(|need| found.contains(need)) {
            found.push(step.name.clone());
        }
    }
    found
}

fn rerun(state: &RunState, from: &StepName, reason: &str) -> Result<Vec<Event>, Refusal> {
    applies(Verb::Rerun, state)?;
    let own = step(state, from)?;
    if own.status == StepStatus::Waiting && own.attempt == 0 {
        let cause = format!("step `{from}` has not run yet");
        return Err(Refusal::new(
            code::VERB_STATE,
            cause,
            "`gateshift resume` goes on to it; or repeat from an earlier step",
        ));
    }
    let needs = state.definition.step(from).map(|step| step.needs.as_slice()).unwrap_or_default();
    if let Some(open) = needs.iter().find(|need| !state.step(need).is_some_and(StepState::is_settled)) {
        let cause = format!("step `{open}`, which `{from}` needs, is not done");
        return Err(Refusal::new(
            code::RERUN_BEFORE,
            cause,
            format!("repeat from there: `gateshift rerun --from {open}`"),
        ));
    }
    let mut events: Vec<Event> = lifted(state, reason).into_iter().collect();
    let again = after(&state.definition, from);
    closed(state, again.iter())?;
    let ran = |name: &&StepName| {
        state.step(name).is_some_and(|own| own.attempt > 0 || own.status != StepStatus::Waiting)
    };
    events.extend(again.iter().filter(ran).map(|name| decided(RERUN, name, reason)));
    Ok(events)
}

fn cancel(state: &RunState, undo: bool, reason: &str) -> Result<Vec<Event>, Refusal> {
    applies(Verb::Cancel, state)?;
    let ended = super::Place::of(state) == super::Place::Rest(gateshift_model::RunOutcome::Canceled);
    if ended && !undo {
        return Ok(Vec::new());
    }
    let mut events = vec![Event::CancelRequested { undo, reason: reason.to_owned() }];
    if undo {
        events.push(Event::UndoRequested { scope: UndoScope::All, reason: reason.to_owned() });
    }
    Ok(events)
}

pub(super) fn word(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Waiting => "waiting for its turn",
        StepStatus::Running | StepStatus::Applied => "at work",
        StepStatus::Pending => "waiting",
        StepStatus::Retrying => "about to be tried again",
        StepStatus::Failed => "failed",
        StepStatus::Done => "done",
        StepStatus::Skipped => "skipped",
        StepStatus::Undoing => "being taken back",
        StepStatus::Undone => "taken back",
    }
}
