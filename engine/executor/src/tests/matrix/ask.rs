//! Asks why, after every event of a history and whoever may own the run: there is an answer, it says what is
//! the case, and the commands it names are accepted there.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use gateshift_audit::{Answer, Circumstances, NotRun, Owner, Story, explain, render, verify_history};
use gateshift_model::{Actor, Holder, RunId, RunOutcome, RunStatus, StepStatus, UndoScope};

use crate::testing::Lab;
use crate::{Command, Engine, Verb, applies, not_run};

/// Asks about every beginning of a run's history; gives their number.
pub(crate) async fn ask(lab: &Lab, run: RunId) -> usize {
    ask_what_is_new(lab, run, &mut BTreeSet::new()).await
}

/// As `ask`, without the beginnings that are like one that was asked about: the same events in the same order.
pub(crate) async fn ask_what_is_new(lab: &Lab, run: RunId, asked: &mut BTreeSet<u64>) -> usize {
    let events = lab.history(run).await;
    let engine = lab.successor();
    let now = (lab.clock)();
    let holder = Holder { host: "lab".into(), pid: 1, started: 1 };
    let owners = [
        Owner::Nobody,
        Owner::Working { holder: holder.clone(), until: now },
        Owner::Gone { holder: holder.clone(), until: now },
        Owner::Expired { holder, until: now },
    ];
    assert!(verify_history(run, &events, None).is_ok());
    let mut like = DefaultHasher::new();
    for end in 1..=events.len() {
        let body = &events[end - 1].body;
        for part in ["event", "step", "decision", "outcome", "scope", "connection"] {
            body[part].to_string().hash(&mut like);
        }
        body["retry_at"].is_null().hash(&mut like);
        if !asked.insert(like.finish()) {
            continue;
        }
        let story = Story::of(&events[..end]).unwrap();
        let not_run: Vec<_> = not_run(&story.state)
            .into_iter()
            .map(|one| NotRun { step: one.step, because: one.because })
            .collect();
        for owner in &owners {
            let store = "journal.db".to_owned();
            let here = Circumstances { run, now, store, owner: owner.clone(), not_run: not_run.clone() };
            let answer = explain(&story, &here);
            let text = render(&answer, now);
            answered(&answer, &text);
            truthful(&story, &text);
            let working = matches!(owner, Owner::Working { .. });
            for call in &answer.next {
                accepted(&engine, &story, &call.command, working, &text);
            }
        }
    }
    events.len()
}

fn answered(answer: &Answer, text: &str) {
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("  gateshift ") || last.starts_with("nothing to do: "), "{text}");
    assert!(answer.because.len() > 8 && !text.contains("no reason was given"), "{text}");
    assert!(!answer.next.is_empty() || answer.nothing_to_do.is_some(), "{text}");
    assert!(answer.next.iter().all(|call| !call.who.is_empty() && !call.does.is_empty()), "{text}");
}

/// What the run waits for, and since what it stands as it stands, is in the answer.
fn truthful(story: &Story, text: &str) {
    let state = &story.state;
    for (name, own) in &state.steps {
        let told = |part: &str| assert!(text.contains(part), "no `{part}` of step `{name}` in:\n{text}");
        match own.status {
            StepStatus::Pending | StepStatus::Retrying => {
                if let Some(until) = own.until {
                    told(&until.to_string());
                }
                if own.status == StepStatus::Pending {
                    told(own.reason.as_deref().unwrap());
                }
            }
            StepStatus::Failed => told(&own.error.as_ref().unwrap().code),
            _ => {}
        }
    }
    let paused = state.status == RunStatus::Finished(RunOutcome::Paused);
    if let Some(reason) = state.paused.as_ref().filter(|_| paused) {
        assert!(text.contains("paused") && text.contains(reason), "{text}");
    }
    let canceled = state.status == RunStatus::Finished(RunOutcome::Canceled);
    assert!(!canceled || text.contains("canceled"), "{text}");
}

/// A command that the answer names applies to the run as it stands.
fn accepted(engine: &Engine, story: &Story, command: &str, working: bool, text: &str) {
    let state = &story.state;
    let words: Vec<&str> = command.split(' ').collect();
    let why = || "asked for".to_owned();
    let connection = words.iter().position(|word| *word == "--connection").map(|at| words[at + 1]);
    let applied = match (words[1], connection) {
        ("explain", _) => Ok(()),
        ("resume", Some(name)) => {
            engine.allows(&Command::Resume { connection: name.parse().unwrap() }, state)
        }
        ("resume", None) => {
            let held = text.contains("accepted once it was given back");
            assert!(!working || held, "somebody drives it, and cannot be asked to resume:\n{text}");
            applies(Verb::Resume, state)
        }
        ("approve" | "reject", _) => {
            // By one of those whom the answer names.
            let (step, plan) = (words[3].parse().unwrap(), Some(words[5].to_owned()));
            let line = text.lines().position(|line| line.trim() == command).unwrap();
            let who = text.lines().nth(line - 1).unwrap().rsplit_once('(').unwrap().1;
            let user = who.trim_end_matches(')').split(", ").next().unwrap();
            let command = match words[1] {
                "approve" => Command::Approve { step, plan, reason: why() },
                _ => Command::Reject { step, plan, reason: why() },
            };
            crate::verbs::decide(&command, state, &*engine.migrators, &Actor(format!("user:{user}")))
                .map(drop)
        }
        ("restart", _) => applies(Verb::Restart, state),
        ("cancel", _) => engine.allows(&Command::Cancel { undo: false, reason: why() }, state),
        ("retry", _) => engine.allows(&Command::Retry { step: None, reason: why() }, state),
        ("rollback", _) => {
            engine.allows(&Command::Rollback { scope: UndoScope::Traffic, reason: why() }, state)
        }
        (verb, _) => panic!("`{verb}` is named, and nobody has said when it applies:\n{text}"),
    };
    assert!(applied.is_ok(), "`{command}` is refused: {applied:?}\n{text}");
}
