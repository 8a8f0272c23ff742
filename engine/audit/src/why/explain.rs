//! The answer: one sentence for each place where a run can stand.

use gateshift_model::{
    ConnectionName, Holder, RunOutcome, RunStatus, StepName, StepStatus, Timestamp, UndoScope,
};

use super::next::{Next, next};
use super::steps::{later, of_interest};
use super::text::span;
use super::{Answer, Circumstances, Owner, StepAnswer, Story, Turn, status_word};

/// Says why the run stands where it stands, and what goes on from there. There is always an answer.
#[must_use]
pub fn explain(story: &Story, here: &Circumstances) -> Answer {
    let state = &story.state;
    let steps = of_interest(story);
    let Next { calls, nothing_to_do, notes } = next(story, here, &steps);
    let unfinished = !matches!(state.status, RunStatus::Finished(_));
    Answer {
        run: here.run,
        workflow: state.definition.name.clone(),
        status: status_word(state.status),
        because: because(story, here, &steps),
        since: story.turned.at,
        by: story.turned.actor.clone(),
        owner: here.owner.clone(),
        later: if unfinished { later(story) } else { Vec::new() },
        not_run: if unfinished { Vec::new() } else { here.not_run.clone() },
        steps,
        next: calls,
        nothing_to_do,
        notes,
    }
}

fn because(story: &Story, here: &Circumstances, steps: &[StepAnswer]) -> String {
    let state = &story.state;
    let reason = || story.turned.reason.clone().or_else(|| state.reason.clone());
    match state.status {
        RunStatus::Submitted => "it was submitted, and no process has taken it yet".to_owned(),
        RunStatus::Running => {
            let turned = ending(story).or_else(|| pausing(story));
            turned
                .or_else(|| working(here))
                .or_else(|| waiting_for_connection(story))
                .unwrap_or_else(|| at_work(steps))
        }
        RunStatus::Interrupted => match reason() {
            Some(reason) => format!("it was stopped: {reason}"),
            None => "it was stopped".to_owned(),
        },
        RunStatus::Undoing => {
            let asked = undo_reason(story);
            let scope = scope(state.undo);
            working(here).map_or_else(
                || format!("{scope} is being taken back{asked}"),
                |gone| format!("{gone}; {scope} was being taken back{asked}"),
            )
        }
        RunStatus::Finished(outcome) => match outcome {
            RunOutcome::Done => {
                let begun = story.begun.unwrap_or(state.created);
                let took = span(story.turned.at.since(begun));
                format!("every step is done or skipped; it took {took}, from {begun} to {}", story.turned.at)
            }
            RunOutcome::Paused => format!("it was paused{}", asked(story.pause.as_ref())),
            RunOutcome::Canceled => format!("it was canceled{}", asked(story.cancel.as_ref())),
            RunOutcome::RolledBack => {
                format!("{} was taken back{}", scope(state.undo), undo_reason(story))
            }
            RunOutcome::Blocked => {
                blocked(steps).or_else(reason).unwrap_or_else(|| "it is blocked".to_owned())
            }
            RunOutcome::Held => held(steps).or_else(reason).unwrap_or_else(|| "it was held".to_owned()),
            RunOutcome::Stuck => match reason() {
                Some(reason) => format!("something could not be taken back: {reason}"),
                None => "something could not be taken back".to_owned(),
            },
        },
    }
}

/// That nobody works on it, if nobody does.
fn working(here: &Circumstances) -> Option<String> {
    let name = |holder: &Holder| format!("process {} on {}", holder.pid, holder.host);
    match &here.owner {
        Owner::Working { .. } => None,
        Owner::Nobody => Some("no process works on it".to_owned()),
        Owner::Gone { holder, .. } => Some(format!("{}, which worked on it, is gone", name(holder))),
        Owner::Expired { holder, until } => Some(format!(
            "{}, which worked on it, has not been heard of since its lease ended at {until}",
            name(holder)
        )),
    }
}

/// What goes on, the most telling first.
fn at_work(steps: &[StepAnswer]) -> String {
    let of = |wanted: &[StepStatus]| steps.iter().find(|step| wanted.contains(&step.status));
    if let Some(step) = of(&[StepStatus::Running, StepStatus::Applied, StepStatus::Undoing]) {
        return format!("step `{}` is at work", step.name);
    }
    let at = |until: Option<Timestamp>| until.map(|at| format!(" at {at}")).unwrap_or_default();
    if let Some(step) = of(&[StepStatus::Pending]) {
        let reason = step.reason.as_deref().unwrap_or("no reason was given");
        if step.approval.as_ref().is_some_and(|asked| asked.missing > 0) {
            let over = step.until.map(|until| format!("; the time for it is over at {until}"));
            return format!("step `{}` waits: {reason}{}", step.name, over.unwrap_or_default());
        }
        return format!("step `{}` waits: {reason}; it looks again{}", step.name, at(step.until));
    }
    if let Some(step) = of(&[StepStatus::Retrying]) {
        return format!("step `{}` did not succeed and is tried again{}", step.name, at(step.until));
    }
    match of(&[StepStatus::Failed]) {
        Some(step) => format!("step `{}` failed, and the run comes to rest", step.name),
        None => "the next step is about to begin".to_owned(),
    }
}

fn held(steps: &[StepAnswer]) -> Option<String> {
    let step = first_cause(steps)?;
    if let Some(error) = step.by_hand() {
        return Some(format!("step `{}` waits for a person: {}", step.name, error.message));
    }
    let undone = if step.status == StepStatus::Undone { " and was taken back" } else { "" };
    Some(match &step.error {
        Some(error) => {
            format!("step `{}` failed{undone}, and a person decides: {}", step.name, error.message)
        }
        None => format!("step `{}` failed{undone}, and a person decides", step.name),
    })
}

fn blocked(steps: &[StepAnswer]) -> Option<String> {
    let step = steps.iter().find(|step| !step.blocking.is_empty())?;
    let count = step.blocking.len();
    let findings = if count == 1 { "one finding".to_owned() } else { format!("{count} findings") };
    Some(format!("{findings} of step `{}` must be answered or removed before anything is written", step.name))
}

/// The step that brought the run to rest.
pub(crate) fn first_cause(steps: &[StepAnswer]) -> Option<&StepAnswer> {
    let failed = |step: &&StepAnswer| {
        matches!(step.status, StepStatus::Failed | StepStatus::Undoing | StepStatus::Undone)
    };
    steps.iter().filter(failed).min_by_key(|step| step.since)
}

fn scope(scope: Option<UndoScope>) -> &'static str {
    match scope {
        Some(UndoScope::Config) => "what was made",
        Some(UndoScope::All) => "the traffic, and then what was made,",
        Some(UndoScope::Traffic) => "the traffic",
        Some(UndoScope::Nothing) | None => "nothing",
    }
}

fn undo_reason(story: &Story) -> String {
    asked(story.undo.as_ref())
}

/// Why and by whom, behind what was asked for.
pub(super) fn asked(turn: Option<&Turn>) -> String {
    let Some(turn) = turn else { return String::new() };
    match &turn.reason {
        Some(reason) => format!(": {reason} ({})", turn.actor),
        None => format!(" by {}", turn.actor),
    }
}

/// That it is about to end, when its process has not said so yet.
fn ending(story: &Story) -> Option<String> {
    story.state.canceling.as_ref().map(|_| format!("it is being ended{}", asked(story.cancel.as_ref())))
}

/// That it is about to rest, when its process has not said so yet.
fn pausing(story: &Story) -> Option<String> {
    story.state.paused.as_ref().map(|_| format!("it is being paused{}", asked(story.pause.as_ref())))
}

/// The steps at work that wait for a paused connection, with it.
pub(super) fn behind_connections(story: &Story) -> Vec<(&StepName, &ConnectionName)> {
    let at_work = |name: &StepName| {
        let own = story.state.step(name);
        own.is_some_and(|own| {
            matches!(
                own.status,
                StepStatus::Running | StepStatus::Applied | StepStatus::Pending | StepStatus::Retrying
            )
        })
    };
    let steps = story.state.definition.steps.iter().filter(|step| at_work(&step.name));
    let paused = |name: &ConnectionName| story.state.paused_connections.contains_key(name);
    steps
        .flat_map(|step| step.connections.values().map(move |connection| (&step.name, connection)))
        .filter(|(_, connection)| paused(connection))
        .collect()
}

fn waiting_for_connection(story: &Story) -> Option<String> {
    let (step, connection) = behind_connections(story).first().copied()?;
    let why = asked(story.paused_connections.get(connection));
    Some(format!("calls of step `{step}` on connection `{connection}` wait: it was paused{why}"))
}
