//! What can be done, by whom, with which exact command.

use std::collections::BTreeSet;

use gateshift_model::{RunOutcome, RunStatus, StepStatus, UndoScope};

use super::explain::first_cause;
use super::{Call, Circumstances, Owner, StepAnswer, Story};

/// Codes that are offered for a look; more would bury the command that matters.
const CODES: usize = 4;

/// What can be done.
pub(crate) struct Next {
    pub(crate) calls: Vec<Call>,
    pub(crate) nothing_to_do: Option<String>,
    pub(crate) notes: Vec<String>,
}

pub(crate) fn next(story: &Story, here: &Circumstances, steps: &[StepAnswer]) -> Next {
    let mut notes = Vec::new();
    let (mut calls, nothing_to_do) = match story.state.status {
        RunStatus::Finished(RunOutcome::Done) => (Vec::new(), Some("it is done".to_owned())),
        RunStatus::Finished(RunOutcome::RolledBack) => (
            looks(steps),
            Some(
                "what was asked for is taken back; once the cause is resolved, a new run begins anew"
                    .to_owned(),
            ),
        ),
        RunStatus::Finished(outcome) => (at_rest(story, here, steps, outcome), None),
        RunStatus::Submitted => (vec![resume(story, here, steps, "begins it")], None),
        RunStatus::Interrupted if story.state.undoing => {
            (vec![resume(story, here, steps, "goes on taking back where it stopped")], None)
        }
        RunStatus::Interrupted => (vec![resume(story, here, steps, "goes on where it stopped")], None),
        RunStatus::Running | RunStatus::Undoing => match &here.owner {
            Owner::Working { holder, .. } => {
                let by_itself = format!("process {} on {} goes on by itself", holder.pid, holder.host);
                (Vec::new(), Some(by_itself))
            }
            _ => (
                vec![resume(
                    story,
                    here,
                    steps,
                    "takes the run over and settles first what may have been done",
                )],
                None,
            ),
        },
    };
    if way_back(story) {
        calls.push(call(
            here,
            "rollback",
            "takes the traffic back instead",
            "whoever may write this journal and has the keys of the steps that carry traffic",
        ));
    }
    if !story.state.definition.rehearsal.is_null()
        && calls.iter().any(|call| !call.command.starts_with("gateshift explain"))
    {
        notes.push(
            "this run is a rehearsal: the commands need the lab, and its keys by `--endpoints FILE`"
                .to_owned(),
        );
    }
    Next { calls, nothing_to_do, notes }
}

/// A run at rest that a person brings forward.
fn at_rest(story: &Story, here: &Circumstances, steps: &[StepAnswer], outcome: RunOutcome) -> Vec<Call> {
    let cause = first_cause(steps);
    let failed =
        cause.map(|step| format!("step `{}`", step.name)).unwrap_or_else(|| "what failed".to_owned());
    let does = match outcome {
        RunOutcome::Stuck => {
            "goes on taking back; first put right, or take back by hand, what is left".to_owned()
        }
        RunOutcome::Blocked => {
            format!(
                "plans {failed} anew, once each finding is answered or removed; a new run is needed if the \
                     source or the workflow had to be changed"
            )
        }
        _ if cause.is_some_and(|step| step.by_hand().is_some()) => {
            format!("asks {failed} again, once what its checkpoints say is done: each is read back")
        }
        _ => format!("tries {failed} again, once the cause is put right"),
    };
    let mut calls = looks(steps);
    calls.insert(0, resume(story, here, steps, &does));
    calls
}

/// The pages about what stands in the way.
fn looks(steps: &[StepAnswer]) -> Vec<Call> {
    let codes = steps.iter().flat_map(|step| {
        let own = step.error.iter().map(|error| error.code.clone());
        step.blocking.iter().map(|one| one.code.clone()).chain(own)
    });
    let mut known = BTreeSet::new();
    let fresh = codes.filter(|code| known.insert(code.clone())).take(CODES);
    fresh
        .map(|code| Call {
            command: format!("gateshift explain {}", shell(&code)),
            does: format!("says what {code} means and what to do"),
            who: "anybody".to_owned(),
        })
        .collect()
}

fn resume(story: &Story, here: &Circumstances, steps: &[StepAnswer], does: &str) -> Call {
    let concerned = steps.iter().filter_map(|step| story.state.definition.step(&step.name));
    let connections: BTreeSet<String> = concerned
        .flat_map(|step| step.connections.values().map(|connection| format!("`{connection}`")))
        .collect();
    let mut who = "whoever may write this journal".to_owned();
    if !connections.is_empty() {
        let list: Vec<String> = connections.into_iter().collect();
        who.push_str(&format!(" and has the keys of {}", list.join(", ")));
    }
    call(here, "resume", does, &who)
}

fn call(here: &Circumstances, verb: &str, does: &str, who: &str) -> Call {
    Call {
        command: format!("gateshift {verb} {} --store {}", here.run, shell(&here.store)),
        does: does.to_owned(),
        who: who.to_owned(),
    }
}

/// Whether traffic may have been moved that is not back yet.
fn way_back(story: &Story) -> bool {
    use StepStatus::{Applied, Done, Failed, Pending, Retrying, Running};
    if matches!(
        story.state.status,
        RunStatus::Finished(RunOutcome::Done | RunOutcome::RolledBack) | RunStatus::Undoing
    ) || story.state.undoing
    {
        return false;
    }
    story.state.definition.steps.iter().any(|step| {
        UndoScope::Traffic.covers(step.undo)
            && story.state.step(&step.name).is_some_and(|own| {
                matches!(own.status, Running | Pending | Retrying | Failed | Applied | Done)
            })
    })
}

/// A word as a shell takes it.
#[must_use]
pub fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
