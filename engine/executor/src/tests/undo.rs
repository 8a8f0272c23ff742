//! Taking back: what, in which order, and what happens when it does not work.

use std::sync::Arc;

use gateshift_model::{RunDefinition, RunOutcome, StepError, StepStatus, UndoScope};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::testing::{Act, Lab, Phase, definition, drive, name, step};
use crate::{Driven, Engine, NoWatcher};

async fn undo(engine: &Engine, run: gateshift_model::RunId, scope: UndoScope) -> Driven {
    engine.undo(run, scope, "test", CancellationToken::new(), Arc::new(NoWatcher)).await.unwrap()
}

/// `read` changes nothing; `one` and `two` make objects; `share` carries traffic between them.
fn workflow(more: Value) -> RunDefinition {
    let mut read = step("read", &[], Value::Null);
    read.undo = UndoScope::Nothing;
    let mut share = step("share", &["one"], json!({"objects": 1}));
    share.undo = UndoScope::Traffic;
    definition(vec![
        read,
        step("one", &["read"], json!({"objects": 2})),
        share,
        step("two", &["share"], more),
    ])
}

#[tokio::test(start_paused = true)]
async fn each_scope_takes_back_its_part_in_order() {
    let cases: [(UndoScope, &[&str]); 4] = [
        (UndoScope::Traffic, &["-share/0"]),
        (UndoScope::Config, &["-two/0", "-one/1", "-one/0"]),
        (UndoScope::All, &["-share/0", "-two/0", "-one/1", "-one/0"]),
        (UndoScope::Nothing, &[]),
    ];
    for (scope, expected) in cases {
        let lab = Lab::new();
        let (run, _) = lab.run(workflow(json!({"objects": 1}))).await;
        lab.world.lock().trail.clear();
        let driven = undo(&lab.successor(), run, scope).await;
        assert_eq!(driven.outcome(), Some(RunOutcome::RolledBack));
        assert_eq!(lab.world.lock().trail, expected, "{scope:?}");
        let before = lab.history(run).await.len();
        undo(&lab.successor(), run, scope).await;
        assert_eq!(lab.history(run).await.len(), before, "a second time there is nothing to write");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wider_scope_can_follow() {
    let lab = Lab::new();
    let (run, _) = lab.run(workflow(json!({"objects": 1}))).await;
    undo(&lab.successor(), run, UndoScope::Traffic).await;
    undo(&lab.successor(), run, UndoScope::All).await;
    assert!(lab.world.lock().present.is_empty());
    assert!(lab.world.lock().deletes.values().all(|count| *count == 1));
}

#[tokio::test(start_paused = true)]
async fn held_interrupted_and_unstarted_runs_are_taken_back_too() {
    let held = Lab::new();
    held.world.script(Phase::Apply, "two", [Act::WorkThenFail(StepError::permanent("GS-NO", "no"))]);
    let (run, outcome) = held.run(workflow(json!({"objects": 1}))).await;
    assert_eq!(outcome, RunOutcome::Held);
    assert_eq!(undo(&held.successor(), run, UndoScope::All).await.outcome(), Some(RunOutcome::RolledBack));
    assert!(held.world.lock().present.is_empty());

    let interrupted = Lab::new();
    let run = interrupted.submit(workflow(json!({"objects": 1, "pending": 1000}))).await;
    let stop = CancellationToken::new();
    let (engine, _) = interrupted.process(None);
    let (driven, ()) = tokio::join!(engine.drive(run, stop.clone(), Arc::new(NoWatcher)), async {
        tokio::time::sleep(std::time::Duration::from_secs(100)).await;
        stop.cancel();
    });
    assert!(matches!(driven.unwrap(), Driven::Interrupted { .. }));
    assert_eq!(undo(&engine, run, UndoScope::All).await.outcome(), Some(RunOutcome::RolledBack));
    assert!(interrupted.world.lock().present.is_empty());

    let unstarted = Lab::new();
    let run = unstarted.submit(workflow(Value::Null)).await;
    assert_eq!(
        undo(&unstarted.successor(), run, UndoScope::All).await.outcome(),
        Some(RunOutcome::RolledBack)
    );
    assert_eq!(unstarted.world.entered(Phase::Undo, "one"), 0);
}

#[tokio::test(start_paused = true)]
async fn it_is_patient_and_then_says_what_is_left() {
    let busy = || Act::Fail(StepError::retryable("GS-BUSY", "busy"));
    let lab = Lab::new();
    lab.world.script(Phase::Undo, "share", (0..4).map(|_| busy()));
    let (run, _) = lab.run(workflow(Value::Null)).await;
    assert_eq!(undo(&lab.successor(), run, UndoScope::Traffic).await.outcome(), Some(RunOutcome::RolledBack));

    let lab = Lab::new();
    lab.world.script(Phase::Undo, "share", (0..5).map(|_| busy()));
    let (run, _) = lab.run(workflow(json!({"objects": 1}))).await;
    let driven = undo(&lab.successor(), run, UndoScope::All).await;
    let Driven::Finished { outcome: RunOutcome::Stuck, reason: Some(reason) } = driven else {
        panic!("{driven:?}")
    };
    assert!(reason.contains("`share`") && reason.contains("busy"), "{reason}");
    assert_eq!(lab.world.lock().present.len(), 4, "no object is removed while traffic may be on it");
    assert_eq!(lab.state(run).await.step(&name("share")).unwrap().status, StepStatus::Undoing);

    let engine = lab.successor();
    let resumed = engine.resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await.unwrap();
    assert_eq!(resumed.outcome(), Some(RunOutcome::RolledBack));
    assert!(lab.world.lock().present.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_taken_back_is_stuck_at_once() {
    let cases: [(&str, Act); 2] =
        [("GS-MIGRATOR-PANIC", Act::Panic), ("GS-NO", Act::Fail(StepError::permanent("GS-NO", "no")))];
    for (code, act) in cases {
        let lab = Lab::new();
        lab.world.script(Phase::Undo, "two", [act]);
        let (run, _) = lab.run(workflow(json!({"objects": 1}))).await;
        assert_eq!(undo(&lab.successor(), run, UndoScope::Config).await.outcome(), Some(RunOutcome::Stuck));
        assert_eq!(lab.state(run).await.step(&name("two")).unwrap().error.clone().unwrap().code, code);
        assert_eq!(lab.world.lock().present.len(), 4, "what lies below is kept");
    }
    let lab = Lab::new();
    let (run, _) = lab.run(workflow(json!({"objects": 1, "undo_leaves": true}))).await;
    let driven = undo(&lab.successor(), run, UndoScope::Config).await;
    assert_eq!(driven.outcome(), Some(RunOutcome::Stuck));
    assert_eq!(lab.state(run).await.step(&name("two")).unwrap().error.clone().unwrap().code, "GS-UNDO-LEFT");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_undo_goes_on_with_the_next_drive() {
    let lab = Lab::new();
    lab.world.script(Phase::Undo, "two", [Act::Sleep(3_600_000)]);
    let (run, _) = lab.run(workflow(json!({"objects": 1}))).await;
    let stop = CancellationToken::new();
    let engine = lab.successor();
    let (driven, ()) =
        tokio::join!(engine.undo(run, UndoScope::All, "test", stop.clone(), Arc::new(NoWatcher)), async {
            tokio::time::sleep(std::time::Duration::from_secs(10)).await;
            stop.cancel();
        });
    assert!(matches!(driven.unwrap(), Driven::Interrupted { .. }));
    assert_eq!(lab.world.lock().present.len(), 3, "the traffic was taken back before");
    assert_eq!(drive(&lab.successor(), run).await.unwrap().outcome(), Some(RunOutcome::RolledBack));
    assert!(lab.world.lock().present.is_empty());
}
