//! What can be done, by whom, with which exact command.

use std::collections::BTreeSet;

use gateshift_model::{GATE_FAILED, RunOutcome, RunStatus, StepStatus, UndoScope};

use super::explain::{behind_connections, first_cause};
use super::{Call, Circumstances, Owner, StepAnswer, Story};

/// Codes that are offered for a look; more would bury the command that matters.
const CODES: usize = 4;

const WRITER: &str = "whoever may write this journal";

/// What can be done.
pub(crate) struct Next {
    pub(crate) calls: Vec<Call>,
    pub(crate) nothing_to_do: Option<String>,
    pub(crate) notes: Vec<String>,
}

pub(crate) fn next(story: &Story, here: &Circumstances, steps: &[StepAnswer]) -> Next {
    let mut notes = skipped(story);
    let (mut calls, nothing_to_do) = match story.state.status {
        RunStatus::Finished(RunOutcome::Done) => (Vec::new(), Some("it is done".to_owned())),
        RunStatus::Finished(RunOutcome::RolledBack) if gate_failed(story) => (
            looks(steps)
                .into_iter()
                .chain([Call {
                    command: format!(
                        "gateshift resume {} --cause-resolved \"what it was\" --store {}",
                        here.run,
                        shell(&here.store)
                    ),
                    does: "begins again at the first stage; say it when the cause is removed".to_owned(),
                    who: WRITER.to_owned(),
                }])
                .collect(),
            None,
        ),
        RunStatus::Finished(RunOutcome::RolledBack) => (
            looks(steps),
            Some(
                "what was asked for is taken back; once the cause is resolved, a new run begins anew"
                    .to_owned(),
            ),
        ),
        RunStatus::Finished(RunOutcome::Canceled) => (
            vec![call(here, "restart", "makes a new run from the same definition", WRITER)],
            Some("it was canceled".to_owned()),
        ),
        RunStatus::Finished(RunOutcome::Paused) => (
            vec![
                resume(story, here, steps, "goes on where it was paused"),
                call(here, "cancel", "ends it; what was made stays and is listed", WRITER),
            ],
            None,
        ),
        RunStatus::Finished(outcome) => (at_rest(story, here, steps, outcome), None),
        RunStatus::Submitted => (vec![resume(story, here, steps, "begins it")], None),
        RunStatus::Interrupted if story.state.undoing => {
            (vec![resume(story, here, steps, "goes on taking back where it stopped")], None)
        }
        RunStatus::Interrupted => (vec![resume(story, here, steps, "goes on where it stopped")], None),
        RunStatus::Running | RunStatus::Undoing => match &here.owner {
            Owner::Working { holder, .. } => {
                let mut calls = lifts(story, here);
                calls.extend(approvals(story, here, steps));
                let by_itself = format!("process {} on {} goes on by itself", holder.pid, holder.host);
                let nothing = calls.is_empty().then_some(by_itself);
                (calls, nothing)
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
    if let (Owner::Working { holder, .. }, true) = (&here.owner, at_ease(story.state.status)) {
        notes.push(format!(
            "process {} on {} has it at this moment; what drives it is accepted once it was given back",
            holder.pid, holder.host
        ));
    }
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

/// The steps that people skipped, with who answers for that.
fn skipped(story: &Story) -> Vec<String> {
    let skipped = story.skips.iter().filter_map(|(step, turn)| {
        let risk = story.state.step(step)?.accepted_risk.as_ref()?;
        let reason = turn.reason.as_deref().unwrap_or_default();
        Some(format!("step `{step}` was skipped by {}: {reason} (risk accepted: {risk})", turn.actor))
    });
    skipped.collect()
}

/// Whether nobody should work on a run of this status.
fn at_ease(status: RunStatus) -> bool {
    !matches!(status, RunStatus::Running | RunStatus::Undoing)
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
        _ if steps.iter().any(|step| step.approval.is_some()) => {
            "goes on with it once it is approved, and asks anew where the time was over".to_owned()
        }
        _ if cause.is_none() && steps.iter().any(|step| step.status == StepStatus::Pending) => {
            "goes on with it when its window is open, and waits until then".to_owned()
        }
        _ if cause.is_some_and(|step| step.by_hand().is_some()) => {
            format!("asks {failed} again, once what its checkpoints say is done: each is read back")
        }
        _ => format!("tries {failed} again, once the cause is put right"),
    };
    let mut calls = looks(steps);
    calls.insert(0, resume(story, here, steps, &does));
    if outcome == RunOutcome::Held {
        calls.splice(0..0, approvals(story, here, steps));
    }
    if outcome == RunOutcome::Stuck {
        calls.insert(1, call(here, "cancel", "leaves what is left where it is, and ends the run", WRITER));
    }
    calls
}

/// Answers of people that are missing.
fn approvals(story: &Story, here: &Circumstances, steps: &[StepAnswer]) -> Vec<Call> {
    if story.state.undoing {
        return Vec::new();
    }
    let asked = steps.iter().filter_map(|step| Some((&step.name, step.approval.as_ref()?)));
    asked
        .filter(|(_, asked)| asked.missing > 0)
        .flat_map(|(step, asked)| {
            let free = |name: &&String| {
                let user = format!("user:{name}");
                asked.given.iter().chain(&asked.except).all(|one| one.0 != user)
            };
            let people: Vec<&str> = asked.people.iter().filter(free).map(String::as_str).collect();
            let who = if people.is_empty() { "nobody who is left".to_owned() } else { people.join(", ") };
            let step = shell(step.as_str());
            let plan = asked.plan.as_str().get(..12).unwrap_or_default();
            let approve = Call {
                command: format!(
                    "gateshift approve {} {step} --plan {plan} --store {}",
                    here.run,
                    shell(&here.store)
                ),
                does: format!("approves the plan of step `{step}`; {} more needed", asked.missing),
                who: who.clone(),
            };
            let reject = Call {
                command: format!(
                    "gateshift reject {} {step} --plan {plan} --reason WHY --store {}",
                    here.run,
                    shell(&here.store)
                ),
                does: "rejects it".to_owned(),
                who,
            };
            [approve, reject]
        })
        .collect()
}

/// Lets calls go on that steps at work wait for.
fn lifts(story: &Story, here: &Circumstances) -> Vec<Call> {
    if story.state.undoing {
        // The way back waits for nobody.
        return Vec::new();
    }
    let names: BTreeSet<_> = behind_connections(story).into_iter().map(|(_, name)| name).collect();
    names
        .into_iter()
        .map(|name| Call {
            command: format!(
                "gateshift resume {} --connection {name} --store {}",
                here.run,
                shell(&here.store)
            ),
            does: format!("lets calls on connection `{name}` go on"),
            who: WRITER.to_owned(),
        })
        .collect()
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
    let mut who = WRITER.to_owned();
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

/// Whether a gate brought the run back and nobody has answered for the cause yet.
fn gate_failed(story: &Story) -> bool {
    story.state.steps.values().any(|own| {
        own.status == StepStatus::Undone && own.error.as_ref().is_some_and(|error| error.code == GATE_FAILED)
    })
}

/// Whether traffic may have been moved that is not back yet.
fn way_back(story: &Story) -> bool {
    if matches!(
        story.state.status,
        RunStatus::Finished(RunOutcome::Done | RunOutcome::RolledBack) | RunStatus::Undoing
    ) || story.state.undoing
    {
        return false;
    }
    story.state.definition.steps.iter().any(|step| {
        UndoScope::Traffic.covers(step.undo)
            && story.state.step(&step.name).is_some_and(|own| own.is_touched())
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
