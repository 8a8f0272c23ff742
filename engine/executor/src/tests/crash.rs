//! Death at every moment: after every commit and inside every call, once and again and again.

use gateshift_model::{RunDefinition, RunOutcome, UndoScope};
use serde_json::{Value, json};

use crate::testing::{Cut, Lab, definition, drive, step};
use crate::{EngineError, NoWatcher};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

fn workflow() -> RunDefinition {
    definition(vec![
        step("a", &[], json!({"objects": 2, "checkpoint": "pass"})),
        step("b", &["a"], json!({"objects": 2, "pending": 2})),
        step("c", &["a"], json!({"objects": 2, "fail_attempts": 2})),
        step("d", &["a"], Value::Null),
        step("e", &["b", "c", "d"], json!({"objects": 1})),
    ])
}

/// What an undisturbed run leaves: objects, and how often each was made.
async fn expected() -> (Vec<String>, usize, usize) {
    let lab = Lab::new();
    let run = lab.submit(workflow()).await;
    let (engine, journal) = lab.process(None);
    assert_eq!(drive(&engine, run).await.unwrap().outcome(), Some(RunOutcome::Done));
    let state = lab.world.lock();
    assert!(state.creates.values().all(|count| *count == 1));
    (state.present.iter().cloned().collect(), journal.commits(), state.writes)
}

async fn check(lab: &Lab, run: gateshift_model::RunId, present: &[String], what: &str) {
    let driven = drive(&lab.successor(), run).await.unwrap();
    assert_eq!(driven.outcome(), Some(RunOutcome::Done), "{what}");
    lab.history(run).await;
    let state = lab.world.lock();
    assert_eq!(state.present.iter().cloned().collect::<Vec<_>>(), present, "{what}");
    assert!(state.creates.values().all(|count| *count == 1), "{what}: {:?}", state.creates);
}

#[tokio::test(start_paused = true)]
async fn after_every_commit() {
    let (present, commits, _) = expected().await;
    assert!(commits > 20, "{commits}");
    for at in 0..commits {
        let lab = Lab::new();
        let run = lab.submit(workflow()).await;
        let died = drive(&lab.process(Some(at)).0, run).await;
        assert!(matches!(died, Err(EngineError::Journal(_))), "commit {at}: {died:?}");
        check(&lab, run, &present, &format!("commit {at}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn inside_every_call() {
    let (present, _, writes) = expected().await;
    assert_eq!(writes, present.len());
    for at in 1..=writes {
        for cut in [Cut::BeforeEffect, Cut::AfterEffect] {
            let lab = Lab::new();
            lab.world.lock().cut = Some((at, cut));
            let run = lab.submit(workflow()).await;
            let died = drive(&lab.process(None).0, run).await;
            assert!(died.is_err(), "call {at} {cut:?}: {died:?}");
            lab.world.lock().cut = None;
            check(&lab, run, &present, &format!("call {at} {cut:?}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn again_and_again() {
    let (present, ..) = expected().await;
    for most in 1..6 {
        let lab = Lab::new();
        let run = lab.submit(workflow()).await;
        for turn in 0.. {
            assert!(turn < 200, "it does not come forward with {most} commits a life");
            let (engine, _) = lab.process_with(Some(most), |options| {
                options.is_dead = Arc::new(|_| true);
                // With fewer commits than steps at work, each would only ever cut the others short.
                options.max_parallel = most.min(3);
            });
            if drive(&engine, run).await.is_ok() {
                break;
            }
        }
        check(&lab, run, &present, &format!("{most} commits a life")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn while_taking_back() {
    for at in 0.. {
        let lab = Lab::new();
        let (run, _) = lab.run(workflow()).await;
        let (engine, _) = lab.process_with(Some(at), |options| options.is_dead = Arc::new(|_| true));
        let undone =
            engine.undo(run, UndoScope::All, "test", CancellationToken::new(), Arc::new(NoWatcher)).await;
        let over = undone.is_ok();
        if !over {
            // Before the request was durable nobody knows of it: it is asked for again.
            let successor = lab.successor();
            let driven = if lab.state(run).await.undoing {
                drive(&successor, run).await
            } else {
                successor
                    .undo(run, UndoScope::All, "test", CancellationToken::new(), Arc::new(NoWatcher))
                    .await
            };
            assert_eq!(driven.unwrap().outcome(), Some(RunOutcome::RolledBack), "commit {at}");
        }
        let state = lab.world.lock();
        assert!(state.present.is_empty(), "commit {at}: {:?}", state.present);
        assert!(state.deletes.values().all(|count| *count == 1), "commit {at}: {:?}", state.deletes);
        if over {
            assert!(at > 15);
            break;
        }
    }
}
