//! The table of verbs and states, and verbs that die half way.

use std::sync::Arc;
use std::time::Duration;

use gateshift_model::{RunId, RunOutcome, RunStatus, StepError, StepStatus, UndoScope};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{act, cancel, no, pause, rerun, retry, skip, why, workflow};
use crate::testing::{Act, Lab, Phase, drive, name};
use crate::{Command, Driven, EngineError, NoWatcher, Place, Refusal, Verb};

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

/// Which verbs apply, in the order resume, retry, rerun, restart, pause, cancel, skip, rollback. Nothing of these
/// runs waits for an answer: those have a table of their own.
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
