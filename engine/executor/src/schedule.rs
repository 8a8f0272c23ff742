//! What a run does next, as a pure function of its state.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_model::{
    OnFailure, RunOutcome, RunState, StepDefinition, StepName, StepState, StepStatus, Timestamp, UndoScope,
};

use crate::EngineOptions;
use crate::conditions::{self, is_waiting};
use crate::error::code;
use crate::rest::rest;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Start these, then wait: for a step to end, for a time, or for a word from outside.
    Go { start: Vec<StepName>, wake: Option<Timestamp> },
    /// Stop going forward and take the traffic back.
    Rollback { reason: String },
    /// Take one step back, then decide again.
    UndoStep { step: StepName },
    /// Nothing is left to do.
    Rest { outcome: RunOutcome, reason: String, skipped: Vec<(StepName, String)> },
}

/// When a step has to be done; `None` when it has no limit or was not started.
pub(crate) fn deadline(
    step: &StepDefinition,
    state: &StepState,
    options: &EngineOptions,
) -> Option<Timestamp> {
    if state.awaits.is_some() {
        // People and windows take their own time.
        return None;
    }
    let begun = state.admitted.or(state.resumed_at).or(state.started)?;
    step.timeout.map(|limit| begun.after(options.scaled(limit)))
}

/// The steps worth a look: what a decision costs follows from what has changed, not from the size of
/// the graph. Numbers are places in the definition.
pub(crate) struct Frontier {
    /// Steps that may be startable now or at some time.
    open: BTreeSet<usize>,
    /// Steps that failed, or that are or were taken back.
    troubled: BTreeSet<usize>,
    /// What each step needs.
    needs: Vec<Vec<usize>>,
    /// The need that each step was last found to wait for, as a place among its needs. Those before it
    /// were done then.
    missing: Vec<usize>,
    /// The steps to look at again when this one changes: they wait for it, and for nothing else as far
    /// as is known. So a step with many needs is not looked at once for each.
    waiting: Vec<Vec<usize>>,
    /// Steps and needs that were looked at: what scheduling has cost so far.
    looked: u64,
}

impl Frontier {
    /// All steps are worth a first look.
    pub(crate) fn of(state: &RunState, places: &BTreeMap<StepName, usize>) -> Self {
        let steps = &state.definition.steps;
        let needs = |step: &StepDefinition| {
            // A need that does not exist is never done.
            step.needs.iter().map(|need| places.get(need).copied().unwrap_or(usize::MAX)).collect::<Vec<_>>()
        };
        let mut found = Self {
            open: (0..steps.len()).collect(),
            troubled: BTreeSet::new(),
            needs: steps.iter().map(needs).collect(),
            missing: vec![0; steps.len()],
            waiting: vec![Vec::new(); steps.len()],
            looked: 0,
        };
        for place in 0..steps.len() {
            found.settle(state, place);
        }
        found
    }

    /// A task has worked on this step: it, and the steps that wait for it, are looked at again.
    pub(crate) fn changed(&mut self, state: &RunState, place: usize) {
        self.open.insert(place);
        if let Some(waiting) = self.waiting.get_mut(place) {
            self.open.extend(waiting.drain(..));
        }
        self.settle(state, place);
    }

    /// Whether all that a step needs is done. If not, the step is looked at again when the first thing
    /// that is missing changes.
    fn ready(&mut self, place: usize, done: impl Fn(usize) -> bool) -> bool {
        let (Some(needs), Some(missing)) = (self.needs.get(place), self.missing.get_mut(place)) else {
            return false;
        };
        // On from where it stopped; those before it are looked at once more only when the rest is done.
        let rest = (*missing..needs.len()).chain(0..*missing);
        let found = rest.inspect(|_| self.looked += 1).find(|index| !done(needs[*index]));
        if let Some(index) = found {
            *missing = index;
            if let Some(waiting) = self.waiting.get_mut(needs[index]) {
                waiting.push(place);
            }
        }
        found.is_none()
    }

    /// Steps and needs that were looked at so far.
    pub(crate) fn looked(&self) -> u64 {
        self.looked
    }

    fn settle(&mut self, state: &RunState, place: usize) {
        let status =
            state.definition.steps.get(place).and_then(|step| state.step(&step.name)).map(|own| own.status);
        if matches!(status, Some(StepStatus::Failed | StepStatus::Undoing | StepStatus::Undone)) {
            self.troubled.insert(place);
        } else {
            self.troubled.remove(&place);
        }
    }
}

/// Decides. `running` are the steps that tasks work on at this moment.
pub(crate) fn decide(
    state: &RunState,
    frontier: &mut Frontier,
    running: &BTreeSet<StepName>,
    now: Timestamp,
    options: &EngineOptions,
) -> Verdict {
    if let Some(verdict) = after_failure(state, &frontier.troubled, running) {
        return verdict;
    }
    let mut room = options.max_parallel.max(1).saturating_sub(running.len());
    let (mut start, mut wake, mut idle) = (Vec::new(), None, Vec::new());
    let mut from = 0;
    // With no room left no time matters before a step ends.
    while let Some(place) = frontier.open.range(from..).next().copied().filter(|_| room > 0) {
        from = place + 1;
        frontier.looked += 1;
        let Some(step) = state.definition.steps.get(place) else { continue };
        let Some(found) = state.step(&step.name) else { continue };
        match due(state, frontier, place, (step, found), running, options) {
            // Somebody else brings it on; then it is looked at again.
            Some(due) if due > now && options.no_wait && is_waiting(found) => idle.push(place),
            Some(due) if due > now => wake = Some(wake.map_or(due, |earlier: Timestamp| earlier.min(due))),
            Some(_) => {
                room -= 1;
                start.push(step.name.clone());
                idle.push(place);
            }
            None => idle.push(place),
        }
    }
    for place in idle {
        frontier.open.remove(&place);
    }
    if start.is_empty() && wake.is_none() && running.is_empty() {
        rest(state)
    } else {
        Verdict::Go { start, wake }
    }
}

/// When a step may be worked on; `None` when it may not.
fn due(
    state: &RunState,
    frontier: &mut Frontier,
    place: usize,
    (step, found): (&StepDefinition, &StepState),
    running: &BTreeSet<StepName>,
    options: &EngineOptions,
) -> Option<Timestamp> {
    let done = |need: usize| {
        let name = state.definition.steps.get(need).map(|step| &step.name);
        name.is_some_and(|name| {
            state.step(name).is_some_and(StepState::is_settled) && !running.contains(name)
        })
    };
    match found.status {
        _ if running.contains(&step.name) => None,
        StepStatus::Waiting => frontier.ready(place, done).then_some(Timestamp(i64::MIN)),
        // Somebody who died had it.
        StepStatus::Running | StepStatus::Applied => Some(Timestamp(i64::MIN)),
        StepStatus::Pending if is_waiting(found) => Some(conditions::due(step, found)),
        StepStatus::Pending | StepStatus::Retrying => {
            let until = found.until.unwrap_or(Timestamp(i64::MIN));
            Some(deadline(step, found, options).map_or(until, |limit| limit.min(until)))
        }
        _ => None,
    }
}

/// What a failed step, or one that was taken back, means for the others.
fn after_failure(
    state: &RunState,
    troubled: &BTreeSet<usize>,
    running: &BTreeSet<StepName>,
) -> Option<Verdict> {
    let steps = || {
        let troubled = troubled.iter().filter_map(|place| state.definition.steps.get(*place));
        troubled
            .filter(|step| !running.contains(&step.name))
            .filter_map(|step| Some((step, state.step(&step.name)?)))
    };
    let has = |found: &StepState, code: &str| found.error.as_ref().is_some_and(|error| error.code == code);
    let blocked = |found: &StepState| has(found, code::BLOCKED);
    // Nothing went wrong: no policy for failures applies.
    let waits = |found: &StepState| {
        blocked(found) || has(found, code::CHECKPOINT_MANUAL) || has(found, code::APPROVAL_LATE)
    };
    // Nothing was begun, so there is nothing to take back.
    let unharmed = |found: &StepState| waits(found) || has(found, code::APPROVAL_REJECTED);
    let failed = |(_, found): &(&StepDefinition, &StepState)| found.status == StepStatus::Failed;

    let rollback = steps()
        .filter(failed)
        .find(|(step, found)| step.on_failure == OnFailure::Rollback && !unharmed(found));
    if let Some((step, found)) = rollback {
        return Some(Verdict::Rollback { reason: why(&step.name, found) });
    }
    let (step, found) = steps().find(|(step, found)| match found.status {
        StepStatus::Failed => step.on_failure != OnFailure::Continue || waits(found),
        StepStatus::Undoing | StepStatus::Undone => true,
        _ => false,
    })?;
    if !running.is_empty() {
        return Some(Verdict::Go { start: Vec::new(), wake: None });
    }
    let undo = steps().find(|(step, found)| {
        let asked = step.on_failure == OnFailure::Undo && step.undo != UndoScope::Nothing && !unharmed(found);
        found.status == StepStatus::Undoing || (found.status == StepStatus::Failed && asked)
    });
    if let Some((step, _)) = undo {
        return Some(Verdict::UndoStep { step: step.name.clone() });
    }
    let outcome = if blocked(found) { RunOutcome::Blocked } else { RunOutcome::Held };
    Some(Verdict::Rest { outcome, reason: why(&step.name, found), skipped: Vec::new() })
}

fn why(step: &StepName, found: &StepState) -> String {
    if let Some(error) = found.error.as_ref().filter(|error| error.code == code::CHECKPOINT_MANUAL) {
        return format!("step `{step}` waits for a person: {}", error.message);
    }
    let undone = if found.status == StepStatus::Undone { " and was taken back" } else { "" };
    match &found.error {
        Some(error) => format!("step `{step}` failed{undone}: {error}"),
        None => format!("step `{step}` was taken back"),
    }
}
