//! The verbs: each in every state a run can be in, at rest and through the process that drives it.

use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::JournalError;
use gateshift_model::{
    Actor, ConnectionName, OnFailure, RunDefinition, RunId, RunOutcome, RunStatus, StepError, StepStatus,
    UndoScope,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::matrix::ask::ask;
use crate::testing::{Act, Lab, Phase, definition, drive, name, step};
use crate::{Command, Driven, Engine, EngineError, NoWatcher, Place, Refusal, Reply, Verb};

/// `a` and `b` make objects, `share` carries traffic, `last` comes after all.
fn workflow(b: Value) -> RunDefinition {
    let mut share = step("share", &["b"], json!({"objects": 1}));
    share.undo = UndoScope::Traffic;
    definition(vec![
        step("a", &[], json!({"objects": 2})),
        step("b", &["a"], b),
        share,
        step("last", &["share"], json!({"objects": 1})),
    ])
}

fn no() -> Act {
    Act::WorkThenFail(StepError::permanent("GS-NO", "no"))
}

async fn act(engine: &Engine, run: RunId, command: &Command) -> Result<Driven, EngineError> {
    engine.act(run, command, CancellationToken::new(), Arc::new(NoWatcher)).await
}

async fn resume(lab: &Lab, run: RunId) -> Result<Driven, EngineError> {
    lab.successor().resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await
}

fn why() -> String {
    "test".to_owned()
}

fn pause() -> Command {
    Command::Pause { connection: None, reason: why() }
}

fn cancel(undo: bool) -> Command {
    Command::Cancel { undo, reason: why() }
}

fn retry() -> Command {
    Command::Retry { step: None, reason: why() }
}

fn rerun(from: &str) -> Command {
    Command::Rerun { from: name(from), reason: why() }
}

fn skip(step: &str) -> Command {
    Command::Skip { step: name(step), reason: why(), risk: "nobody looked".into() }
}

/// Every state a run can rest in, each with a run brought there.
const STATES: [&str; 11] = [
    "submitted",
    "interrupted",
    "orphaned",
    "undoing",
    "paused",
    "held",
    "blocked",
    "done",
    "rolled back",
    "stuck",
    "canceled",
];

async fn bring(lab: &Lab, state: &str) -> RunId {
    let with = match state {
        "blocked" => json!({"objects": 1, "finding": "block"}),
        "interrupted" | "orphaned" | "paused" => json!({"objects": 1, "pending": 1000}),
        _ => json!({"objects": 1}),
    };
    if state == "held" {
        lab.world.script(Phase::Apply, "b", [no()]);
    }
    if state == "stuck" || state == "undoing" {
        lab.world.script(Phase::Undo, "share", [Act::Fail(StepError::permanent("GS-NO", "no"))]);
    }
    let run = lab.submit(workflow(with)).await;
    match state {
        "submitted" => {}
        "interrupted" | "paused" => {
            let stop = CancellationToken::new();
            let (engine, _) = lab.process(None);
            let (driven, ()) = tokio::join!(engine.drive(run, stop.clone(), Arc::new(NoWatcher)), async {
                tokio::time::sleep(Duration::from_secs(100)).await;
                stop.cancel();
            });
            assert!(matches!(driven.unwrap(), Driven::Interrupted { .. }));
            if state == "paused" {
                let paused = act(&engine, run, &pause()).await.unwrap();
                assert_eq!(paused.outcome(), Some(RunOutcome::Paused));
            }
        }
        "orphaned" => assert!(drive(&lab.process(Some(8)).0, run).await.is_err()),
        "undoing" => {
            drive(&lab.successor(), run).await.unwrap();
            let (engine, _) = lab.process_with(Some(2), |options| options.is_dead = Arc::new(|_| true));
            let (stop, watcher) = (CancellationToken::new(), Arc::new(NoWatcher));
            assert!(engine.undo(run, UndoScope::All, "test", stop, watcher).await.is_err());
        }
        "rolled back" | "stuck" => {
            drive(&lab.successor(), run).await.unwrap();
            let (stop, watcher) = (CancellationToken::new(), Arc::new(NoWatcher));
            lab.successor().undo(run, UndoScope::Traffic, "test", stop, watcher).await.unwrap();
        }
        "canceled" => {
            act(&lab.successor(), run, &cancel(false)).await.unwrap();
        }
        _ => {
            drive(&lab.successor(), run).await.unwrap();
        }
    }
    run
}

/// Which verbs apply, in the order resume, retry, rerun, restart, pause, cancel, skip, rollback.
const TABLE: [(&str, [bool; 8]); 11] = [
    ("submitted", [true, false, false, false, true, true, true, true]),
    ("interrupted", [true, false, true, false, true, true, true, true]),
    ("orphaned", [true, false, true, false, true, true, true, true]),
    ("undoing", [true, false, false, false, false, false, false, true]),
    ("paused", [true, false, true, false, true, true, true, true]),
    ("held", [true, true, true, true, false, true, true, true]),
    ("blocked", [true, true, true, true, false, true, true, true]),
    ("done", [true, false, true, true, false, false, false, true]),
    ("rolled back", [true, false, true, true, false, true, false, true]),
    ("stuck", [true, false, false, false, false, true, false, true]),
    ("canceled", [false, false, false, true, false, true, false, true]),
];

#[tokio::test(start_paused = true)]
async fn every_verb_in_every_state_does_what_the_table_says_or_says_what_to_do_instead() {
    for (state, row) in TABLE {
        for (verb, expected) in Verb::ALL.into_iter().zip(row) {
            let lab = Lab::new();
            let run = bring(&lab, state).await;
            let before = lab.history(run).await;
            let engine = lab.successor();
            let did = match verb {
                Verb::Resume => {
                    // What would wait for ever is stopped.
                    let stop = CancellationToken::new();
                    let (driven, ()) =
                        tokio::join!(engine.resume(run, stop.clone(), Arc::new(NoWatcher)), async {
                            tokio::time::sleep(Duration::from_secs(600)).await;
                            stop.cancel();
                        });
                    driven.map(drop)
                }
                Verb::Restart => match engine.restart(run).await {
                    Ok(new) => {
                        let (old, new) = (lab.state(run).await, lab.state(new).await);
                        assert_eq!(new.status, RunStatus::Submitted, "{state}");
                        assert_eq!(new.definition.restarts, Some(run));
                        assert_eq!(new.definition.steps, old.definition.steps);
                        Ok(())
                    }
                    Err(error) => Err(error),
                },
                _ => {
                    let command = match verb {
                        Verb::Retry => retry(),
                        Verb::Rerun => rerun("a"),
                        Verb::Pause => pause(),
                        Verb::Cancel => cancel(false),
                        // Nothing that comes later reads what the last one hands on.
                        Verb::Skip => skip("last"),
                        _ => Command::Rollback { scope: UndoScope::Traffic, reason: why() },
                    };
                    let stop = CancellationToken::new();
                    let (driven, ()) =
                        tokio::join!(engine.act(run, &command, stop.clone(), Arc::new(NoWatcher)), async {
                            tokio::time::sleep(Duration::from_secs(600)).await;
                            stop.cancel();
                        });
                    driven.map(drop)
                }
            };
            let what = format!("{} while {state}", verb.word());
            assert_eq!(did.is_ok(), expected, "{what}: {did:?}");
            let after = lab.history(run).await;
            if let Err(error) = did {
                let EngineError::Refused(Refusal { code, cause, remedy }) = &error else {
                    panic!("{what}: {error:?}")
                };
                assert!(
                    code.starts_with("GS-") && cause.len() > 15 && remedy.contains(' '),
                    "{what}: {error:?}"
                );
                assert_eq!(before, after, "{what}: a refusal writes nothing");
                continue;
            }
            assert_eq!(lab.journal.lease(run).await.unwrap().holder, None, "{what}: it is given back");
            let state_after = lab.state(run).await;
            match verb {
                Verb::Pause => {
                    assert_eq!(state_after.status, RunStatus::Finished(RunOutcome::Paused), "{what}")
                }
                Verb::Cancel => {
                    assert_eq!(state_after.status, RunStatus::Finished(RunOutcome::Canceled), "{what}");
                }
                Verb::Skip => {
                    let own = state_after.step(&name("last")).unwrap();
                    assert_eq!((own.status, own.is_settled()), (StepStatus::Skipped, true), "{what}");
                    let place = Place::of(&state_after);
                    let rests = [Place::Forward, Place::Rest(RunOutcome::Paused)].contains(&place);
                    assert!(rests, "{what}: {place:?}");
                }
                _ => {}
            }
        }
    }
    assert_eq!(TABLE.map(|(state, _)| state), STATES);
}

#[tokio::test(start_paused = true)]
async fn while_another_process_drives_the_run_nothing_is_done_behind_its_back() {
    for command in [retry(), rerun("a"), pause(), cancel(false), skip("last")] {
        let lab = Lab::new();
        let run = lab.submit(workflow(json!({"objects": 1, "pending": 30}))).await;
        let ((engine, _), (other, _)) = (lab.process(None), lab.process(None));
        let (_, refused) = tokio::join!(drive(&engine, run), async {
            tokio::time::sleep(Duration::from_secs(100)).await;
            act(&other, run, &command).await
        });
        let refused = refused.unwrap_err();
        let owned = matches!(refused, EngineError::Journal(JournalError::Owned { .. }));
        assert!(owned || matches!(refused, EngineError::Refused(_)), "{command:?}: {refused:?}");
        assert_eq!(lab.state(run).await.status, RunStatus::Finished(RunOutcome::Done), "{command:?}");
    }
}

/// Asks the owner of a run after so many seconds; gives how driving ended, and the answer.
async fn asked(lab: &Lab, run: RunId, seconds: u64, commands: &[Command]) -> (Driven, Vec<Reply>) {
    let (engine, _) = lab.process(None);
    let (other, _) = lab.process_with(None, |options| options.actor = Actor("user:ann".into()));
    let (driven, ids) = tokio::join!(drive(&engine, run), async {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let mut ids = Vec::new();
        for command in commands {
            ids.push(other.request(run, command).await.unwrap());
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        ids
    });
    let mut replies = Vec::new();
    for id in ids {
        replies.push(Reply::parse(&lab.journal.request(id).await.unwrap().answer.unwrap()));
    }
    (driven.unwrap(), replies)
}

#[tokio::test(start_paused = true)]
async fn a_run_that_another_process_drives_is_paused_canceled_and_changed_through_its_inbox() {
    let waits = || workflow(json!({"objects": 1, "pending": 30}));
    let cases: [(Command, Option<RunOutcome>, &[&str]); 6] = [
        (pause(), Some(RunOutcome::Paused), &["a/0", "a/1", "b/0"]),
        (cancel(false), Some(RunOutcome::Canceled), &["a/0", "a/1", "b/0"]),
        (cancel(true), Some(RunOutcome::Canceled), &[]),
        (skip("last"), Some(RunOutcome::Done), &["a/0", "a/1", "b/0", "share/0"]),
        (rerun("a"), Some(RunOutcome::Done), &["a/0", "a/1", "b/0", "last/0", "share/0"]),
        (retry(), Some(RunOutcome::Done), &["a/0", "a/1", "b/0", "last/0", "share/0"]),
    ];
    for (command, outcome, present) in cases {
        let lab = Lab::new();
        let run = lab.submit(waits()).await;
        let (driven, replies) = asked(&lab, run, 90, std::slice::from_ref(&command)).await;
        assert_eq!(driven.outcome(), outcome, "{command:?}");
        {
            let world = lab.world.lock();
            assert_eq!(world.present.iter().collect::<Vec<_>>(), present, "{command:?}");
            assert!(world.creates.values().all(|count| *count == 1), "{command:?}: {:?}", world.creates);
        }
        if command == retry() {
            assert!(matches!(&replies[0], Reply::Refused(refusal) if refusal.code == "GS-VERB-STATE"));
            continue;
        }
        assert!(matches!(replies[0], Reply::Taken(_)), "{command:?}: {replies:?}");
        let taken = lab.history(run).await.into_iter().find(|found| found.body["event"] == "request_taken");
        assert_eq!(taken.unwrap().actor.0, "user:ann", "{command:?}: it is said who asked");
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_goes_on_only_when_somebody_says_so() {
    let lab = Lab::new();
    let run = lab.submit(workflow(json!({"objects": 1, "pending": 3}))).await;
    let (driven, _) = asked(&lab, run, 90, &[pause()]).await;
    assert_eq!(driven, Driven::Finished { outcome: RunOutcome::Paused, reason: Some("test".into()) });
    let before = lab.history(run).await.len();
    assert_eq!(drive(&lab.successor(), run).await.unwrap().outcome(), Some(RunOutcome::Paused));
    act(&lab.successor(), run, &pause()).await.unwrap();
    assert_eq!(lab.history(run).await.len(), before, "a second time there is nothing to write");
    // What is decided meanwhile does not wake it.
    act(&lab.successor(), run, &skip("last")).await.unwrap();
    assert_eq!(lab.state(run).await.status, RunStatus::Finished(RunOutcome::Paused));
    assert_eq!(resume(&lab, run).await.unwrap().outcome(), Some(RunOutcome::Done));
    assert_eq!(lab.world.entered(Phase::Apply, "last"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_is_taken_up_once_even_when_its_answer_was_lost() {
    let lab = Lab::new();
    let run = lab.submit(workflow(json!({"objects": 1, "pending": 3}))).await;
    let (engine, journal) = lab.process(None);
    let (driven, request) = tokio::join!(drive(&engine, run), async {
        tokio::time::sleep(Duration::from_secs(90)).await;
        journal.lose_answers();
        engine.request(run, &pause()).await.unwrap()
    });
    assert!(driven.is_err(), "it died before the answer: {driven:?}");
    assert_eq!(lab.journal.request(request).await.unwrap().answer, None);
    assert_eq!(Place::of(&lab.state(run).await), Place::Rest(RunOutcome::Paused));
    assert_eq!(drive(&lab.successor(), run).await.unwrap().outcome(), Some(RunOutcome::Paused));
    assert_eq!(resume(&lab, run).await.unwrap().outcome(), Some(RunOutcome::Done), "it is not paused again");
    let answer = lab.journal.request(request).await.unwrap().answer.unwrap();
    assert!(matches!(Reply::parse(&answer), Reply::Taken(_) | Reply::Late), "{answer}");
}

fn connected(pending: u64) -> RunDefinition {
    let target = ConnectionName::new("dns").unwrap();
    let mut found = workflow(json!({"objects": 2, "pending": pending}));
    let kind = gateshift_model::ConnectionDefinition {
        uses: "lab/thing".into(),
        with: std::collections::BTreeMap::new(),
        credentials: std::collections::BTreeMap::new(),
    };
    found.connections.insert(target.clone(), kind);
    for step in &mut found.steps {
        step.connections.insert("target".into(), target.clone());
    }
    found
}

#[tokio::test(start_paused = true)]
async fn calls_on_a_paused_connection_wait_and_the_way_back_does_not() {
    let dns = || ConnectionName::new("dns").unwrap();
    let hold = Command::Pause { connection: Some(dns()), reason: "somebody edits".into() };
    let lift = Command::Resume { connection: dns() };
    let lab = Lab::new();
    let run = lab.submit(connected(5)).await;
    let (engine, _) = lab.process(None);
    let (other, _) = lab.process(None);
    let (driven, ()) = tokio::join!(drive(&engine, run), async {
        tokio::time::sleep(Duration::from_secs(90)).await;
        other.request(run, &hold).await.unwrap();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let calls = lab.history(run).await.iter().filter(|one| one.body["event"] == "call_answered").count();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let later = lab.history(run).await.iter().filter(|one| one.body["event"] == "call_answered").count();
        assert_eq!(calls, later, "no call in an hour");
        let state = lab.state(run).await;
        assert_eq!(state.paused_connections.get(&dns()).map(String::as_str), Some("somebody edits"));
        assert_eq!(state.status, RunStatus::Running);
        other.request(run, &lift).await.unwrap();
    });
    assert_eq!(driven.unwrap().outcome(), Some(RunOutcome::Done));
    ask(&lab, run).await;

    // At rest: put down, kept over a resume, and no hindrance for the way back.
    let lab = Lab::new();
    let run = lab.submit(connected(0)).await;
    let (engine, _) = lab.process(None);
    assert!(matches!(act(&engine, run, &hold).await.unwrap(), Driven::Interrupted { .. }));
    let stop = CancellationToken::new();
    let (driven, ()) = tokio::join!(engine.resume(run, stop.clone(), Arc::new(NoWatcher)), async {
        tokio::time::sleep(Duration::from_secs(600)).await;
        stop.cancel();
    });
    assert!(matches!(driven.unwrap(), Driven::Interrupted { .. }));
    assert!(lab.world.lock().present.is_empty());
    act(&engine, run, &lift).await.unwrap();
    assert_eq!(resume(&lab, run).await.unwrap().outcome(), Some(RunOutcome::Done));
    act(&engine, run, &hold).await.unwrap();
    assert_eq!(lab.state(run).await.status, RunStatus::Finished(RunOutcome::Done), "its rest stays");
    let back = Command::Rollback { scope: UndoScope::All, reason: why() };
    assert_eq!(act(&engine, run, &back).await.unwrap().outcome(), Some(RunOutcome::RolledBack));
    assert!(lab.world.lock().present.is_empty());
    ask(&lab, run).await;

    let unknown = Command::Pause { connection: Some(ConnectionName::new("ftp").unwrap()), reason: why() };
    let refused = act(&engine, run, &unknown).await.unwrap_err();
    assert_eq!(refused.code(), "GS-CONNECTION-UNKNOWN");
    assert!(refused.hint().contains("`dns`"), "{}", refused.hint());
}

#[tokio::test(start_paused = true)]
async fn retry_repeats_what_failed_with_a_new_plan_and_what_was_skipped_for_it() {
    let lab = Lab::new();
    lab.world.script(Phase::Apply, "b", [no()]);
    let mut found = workflow(json!({"objects": 1}));
    found.steps[1].on_failure = OnFailure::Continue;
    let (run, outcome) = lab.run(found).await;
    assert_eq!(outcome, RunOutcome::Held);
    assert_eq!(lab.state(run).await.step(&name("last")).unwrap().status, StepStatus::Skipped);
    for (command, code) in [
        (Command::Retry { step: Some(name("a")), reason: why() }, "GS-VERB-STATE"),
        (Command::Retry { step: Some(name("z")), reason: why() }, "GS-STEP-UNKNOWN"),
    ] {
        assert_eq!(act(&lab.successor(), run, &command).await.unwrap_err().code(), code);
    }
    assert_eq!(act(&lab.successor(), run, &retry()).await.unwrap().outcome(), Some(RunOutcome::Done));
    assert_eq!(lab.world.entered(Phase::Plan, "b"), 2, "planned anew");
    assert!(lab.state(run).await.steps.values().all(|step| step.status == StepStatus::Done));
    assert!(lab.world.lock().creates.values().all(|count| *count == 1));

    // Live: a step that waits long for its next attempt is tried at once.
    let lab = Lab::new();
    lab.world.script(Phase::Apply, "b", [Act::Fail(StepError::retryable("GS-BUSY", "busy"))]);
    let mut found = workflow(json!({"objects": 1}));
    (found.steps[1].retry.initial, found.steps[1].retry.max) =
        (Duration::from_secs(86_400), Duration::from_secs(86_400));
    let (run, begin) = (lab.submit(found).await, (lab.clock)());
    let (driven, replies) = asked(&lab, run, 60, &[retry()]).await;
    assert!(matches!(replies[0], Reply::Taken(_)), "{replies:?}");
    assert_eq!(driven.outcome(), Some(RunOutcome::Done));
    assert!(lab.since(begin) < Duration::from_secs(120), "{:?}", lab.since(begin));
}

#[tokio::test(start_paused = true)]
async fn rerun_repeats_a_step_and_all_after_it_and_makes_only_what_is_gone() {
    let lab = Lab::new();
    let (run, _) = lab.run(workflow(json!({"objects": 2}))).await;
    lab.world.lock().present.remove("b/1");
    let preview = lab.successor().preview_rerun(run, &name("b"), Arc::new(NoWatcher)).await.unwrap();
    let again: Vec<&str> = preview.iter().map(|one| one.step.as_str()).collect();
    assert_eq!(again, ["b", "share", "last"]);
    assert_eq!(preview[0].known.len(), 2);
    assert!(
        matches!(&preview[0].plan.known, crate::Known::Planned { plan, .. } if plan.operations.len() == 2)
    );
    let before = lab.history(run).await.len();
    assert_eq!(act(&lab.successor(), run, &rerun("b")).await.unwrap().outcome(), Some(RunOutcome::Done));
    assert!(lab.history(run).await.len() > before);
    {
        let world = lab.world.lock();
        let twice: Vec<_> = world.creates.iter().filter(|(_, count)| **count > 1).collect();
        assert_eq!(twice, [(&"b/1".to_owned(), &2)], "the rest was looked at and left alone");
        assert_eq!(world.entered.iter().filter(|(phase, _)| *phase == Phase::Plan).count(), 8);
    }
    let back = Command::Rollback { scope: UndoScope::All, reason: why() };
    assert_eq!(act(&lab.successor(), run, &back).await.unwrap().outcome(), Some(RunOutcome::RolledBack));
    assert!(lab.world.lock().present.is_empty(), "all of it is still known to be ours");
    // After the way back it can be repeated, from where everything before is done.
    let early = act(&lab.successor(), run, &rerun("share")).await.unwrap_err();
    assert_eq!(early.code(), "GS-RERUN-BEFORE");
    assert_eq!(act(&lab.successor(), run, &rerun("a")).await.unwrap().outcome(), Some(RunOutcome::Done));
    assert_eq!(lab.world.lock().present.len(), 6);
    assert_eq!(act(&lab.successor(), run, &rerun("z")).await.unwrap_err().code(), "GS-STEP-UNKNOWN");
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_repeated_is_taken_back_even_before_its_turn_comes() {
    let lab = Lab::new();
    let (run, _) = lab.run(workflow(json!({"objects": 1}))).await;
    lab.world.script(Phase::Apply, "b", [Act::Fail(StepError::permanent("GS-NO", "no"))]);
    assert_eq!(act(&lab.successor(), run, &rerun("b")).await.unwrap().outcome(), Some(RunOutcome::Held));
    assert_eq!(lab.state(run).await.step(&name("share")).unwrap().status, StepStatus::Waiting);
    let back = Command::Rollback { scope: UndoScope::All, reason: why() };
    act(&lab.successor(), run, &back).await.unwrap();
    assert!(lab.world.lock().present.is_empty(), "{:?}", lab.world.lock().present);
}

#[tokio::test(start_paused = true)]
async fn a_step_is_skipped_only_when_nothing_later_needs_what_it_hands_on() {
    let lab = Lab::new();
    lab.world.script(Phase::Apply, "b", [no()]);
    let (run, _) = lab.run(workflow(json!({"objects": 1}))).await;
    let refused = act(&lab.successor(), run, &skip("b")).await.unwrap_err();
    assert_eq!(refused.code(), "GS-SKIP-NEEDED");
    assert!(refused.to_string().contains("`share`"), "{refused}");

    // A migrator that can do without is told that the step was skipped, and why.
    let lab = Lab::new();
    lab.world.script(Phase::Apply, "b", [no()]);
    let mut found = workflow(json!({"objects": 1}));
    found.steps[2].uses = gateshift_model::MigratorName::new("frugal").unwrap();
    found.steps[3].uses = gateshift_model::MigratorName::new("frugal").unwrap();
    let (run, _) = lab.run(found).await;
    let skipped = act(&lab.successor(), run, &skip("b")).await.unwrap();
    assert!(matches!(skipped, Driven::Interrupted { .. }), "{skipped:?}");
    assert_eq!(resume(&lab, run).await.unwrap().outcome(), Some(RunOutcome::Done));
    let state = lab.state(run).await;
    let told = state.step(&name("share")).unwrap().output.clone().unwrap()["skipped"].clone();
    let expected = json!([{"step": "b", "migrator": "maker", "reason": "test", "risk": "nobody looked"}]);
    assert_eq!(told, expected);
    assert_eq!(state.step(&name("b")).unwrap().accepted_risk.as_deref(), Some("nobody looked"));
    let event =
        lab.history(run).await.into_iter().find(|found| found.body["event"] == "step_skipped").unwrap();
    assert_eq!((event.actor.0.as_str(), &event.body["risk"]), ("user:test", &json!("nobody looked")));
    // What it had made is still taken back.
    let back = Command::Rollback { scope: UndoScope::All, reason: why() };
    act(&lab.successor(), run, &back).await.unwrap();
    assert!(lab.world.lock().present.is_empty());

    // What has handed on its output already may be skipped: its checkpoint failed.
    let lab = Lab::new();
    let (run, outcome) = lab.run(workflow(json!({"objects": 1, "checkpoint": "fail"}))).await;
    assert_eq!(outcome, RunOutcome::Held);
    act(&lab.successor(), run, &skip("b")).await.unwrap();
    assert_eq!(resume(&lab, run).await.unwrap().outcome(), Some(RunOutcome::Done));
    assert_eq!(act(&lab.successor(), run, &skip("z")).await.unwrap_err().code(), "GS-VERB-STATE");
}

#[tokio::test(start_paused = true)]
async fn a_canceled_run_keeps_or_takes_back_what_it_made_and_stays_ended() {
    for undo in [false, true] {
        let lab = Lab::new();
        lab.world.script(Phase::Apply, "b", [no()]);
        let (run, _) = lab.run(workflow(json!({"objects": 1}))).await;
        let driven = act(&lab.successor(), run, &cancel(undo)).await.unwrap();
        assert_eq!(driven.outcome(), Some(RunOutcome::Canceled), "{undo}");
        assert_eq!(lab.world.lock().present.is_empty(), undo);
        assert_eq!(drive(&lab.successor(), run).await.unwrap().outcome(), Some(RunOutcome::Canceled));
        assert_eq!(resume(&lab, run).await.unwrap_err().code(), "GS-VERB-STATE");
        let back = Command::Rollback { scope: UndoScope::All, reason: why() };
        act(&lab.successor(), run, &back).await.unwrap();
        assert!(lab.world.lock().present.is_empty());
    }
    // A way back that does not succeed is no end.
    let lab = Lab::new();
    lab.world.script(Phase::Undo, "a", [Act::Fail(StepError::permanent("GS-NO", "no"))]);
    lab.world.script(Phase::Apply, "b", [no()]);
    let (run, _) = lab.run(workflow(json!({"objects": 1}))).await;
    let stuck = act(&lab.successor(), run, &cancel(true)).await.unwrap();
    assert_eq!(stuck.outcome(), Some(RunOutcome::Stuck));
    assert_eq!(resume(&lab, run).await.unwrap().outcome(), Some(RunOutcome::Canceled));
    assert!(lab.world.lock().present.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_verb_that_dies_half_way_is_done_or_not_done_and_can_be_repeated() {
    for command in [pause(), cancel(false), cancel(true), skip("last"), rerun("a")] {
        for commits in 0..6 {
            let lab = Lab::new();
            let run = bring(&lab, "interrupted").await;
            let (engine, _) = lab.process(Some(commits));
            let stop = CancellationToken::new();
            let (died, ()) =
                tokio::join!(engine.act(run, &command, stop.clone(), Arc::new(NoWatcher)), async {
                    tokio::time::sleep(Duration::from_secs(600)).await;
                    stop.cancel();
                });
            let state = lab.state(run).await;
            if died.is_ok() || Place::of(&state) == Place::Undoing {
                continue;
            }
            let engine = lab.successor();
            let stop = CancellationToken::new();
            let (again, ()) =
                tokio::join!(engine.act(run, &command, stop.clone(), Arc::new(NoWatcher)), async {
                    tokio::time::sleep(Duration::from_secs(600)).await;
                    stop.cancel();
                });
            assert!(again.is_ok(), "{command:?} after {commits}: {again:?}");
        }
    }
}
