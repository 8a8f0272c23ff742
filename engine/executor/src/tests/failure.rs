//! What goes wrong inside a step, and what becomes of the run.

use std::sync::Arc;
use std::time::Duration;

use gateshift_model::{ErrorClass, OnFailure, RunOutcome, StepError, StepStatus};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::testing::{Act, Lab, Phase, definition, name, step};
use crate::{Driven, NoWatcher, not_run};

fn busy() -> StepError {
    StepError::retryable("GS-BUSY", "busy")
}

#[tokio::test(start_paused = true)]
async fn what_is_retryable_is_tried_again_with_the_same_plan() {
    for phase in [Phase::Plan, Phase::Apply, Phase::Verify] {
        let lab = Lab::new();
        lab.world.script(phase, "a", [Act::Fail(busy()), Act::Fail(busy())]);
        let (run, outcome) = lab.run(definition(vec![step("a", &[], json!({"objects": 2}))])).await;
        assert_eq!(outcome, RunOutcome::Done);
        let state = lab.state(run).await;
        assert_eq!(state.step(&name("a")).unwrap().attempt, 3);
        let planned = lab.kinds(run, "a").await.iter().filter(|kind| **kind == "step_planned").count();
        assert_eq!(planned, 1, "{phase:?}");
        assert_eq!(lab.world.lock().creates.values().sum::<u32>(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_conflict_plans_anew_and_the_wish_of_the_other_side_counts() {
    let lab = Lab::new();
    let mut asked = StepError::new(ErrorClass::Conflict, "GS-CONFLICT", "changed meanwhile");
    asked.retry_after_ms = Some(600_000);
    lab.world.script(Phase::Apply, "a", [Act::Fail(asked)]);
    let begin = (lab.clock)();
    let (run, outcome) = lab.run(definition(vec![step("a", &[], json!({"objects": 1}))])).await;
    assert_eq!(outcome, RunOutcome::Done);
    assert!(lab.since(begin) >= Duration::from_secs(600));
    let kinds = lab.kinds(run, "a").await;
    assert_eq!(kinds.iter().filter(|kind| **kind == "step_planned").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn attempts_end_and_resume_gives_new_ones() {
    let lab = Lab::new();
    lab.world.script(Phase::Apply, "a", (0..7).map(|_| Act::WorkThenFail(busy())));
    let steps = vec![step("a", &[], json!({"objects": 1})), step("b", &["a"], Value::Null)];
    let (run, outcome) = lab.run(definition(steps)).await;
    assert_eq!(outcome, RunOutcome::Held);
    let state = lab.state(run).await;
    assert_eq!(
        (state.step(&name("a")).unwrap().attempt, state.step(&name("a")).unwrap().status),
        (5, StepStatus::Failed)
    );
    assert!(state.reason.clone().unwrap().contains("GS-BUSY"), "{:?}", state.reason);
    assert_eq!(not_run(&state)[0].because, "step `a` failed");

    let before = lab.history(run).await.len();
    let driven = crate::testing::drive(&lab.successor(), run).await.unwrap();
    assert_eq!(driven.outcome(), Some(RunOutcome::Held), "only a person's word takes it up again");
    assert_eq!(lab.history(run).await.len(), before);

    let resumed = lab.successor().resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await.unwrap();
    assert_eq!(resumed.outcome(), Some(RunOutcome::Done));
    assert_eq!(lab.state(run).await.step(&name("a")).unwrap().attempt, 8);
    assert_eq!(lab.world.lock().creates["a/0"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_of_its_step_alone() {
    for phase in [Phase::Plan, Phase::Apply, Phase::Verify] {
        let lab = Lab::new();
        lab.world.script(phase, "bad", [Act::Panic]);
        let mut bad = step("bad", &[], json!({"objects": 1}));
        bad.on_failure = OnFailure::Continue;
        let (run, outcome) = lab.run(definition(vec![bad, step("good", &[], json!({"objects": 1}))])).await;
        assert_eq!(outcome, RunOutcome::Held);
        let state = lab.state(run).await;
        let error = state.step(&name("bad")).unwrap().error.clone().unwrap();
        assert_eq!((error.code.as_str(), error.message.contains("scripted")), ("GS-MIGRATOR-PANIC", true));
        assert_eq!(state.step(&name("good")).unwrap().status, StepStatus::Done);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_counts_all_waits_and_starts_anew_on_resume() {
    let lab = Lab::new();
    let mut waits = step("a", &[], json!({"objects": 1, "pending": 4}));
    waits.timeout = Some(Duration::from_secs(150));
    let begin = (lab.clock)();
    let (run, outcome) = lab.run(definition(vec![waits])).await;
    assert_eq!(outcome, RunOutcome::Held);
    assert_eq!(lab.since(begin).as_secs(), 150);
    let state = lab.state(run).await;
    assert_eq!(state.step(&name("a")).unwrap().error.clone().unwrap().code, "GS-STEP-TIMEOUT");
    let resumed = lab.successor().resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await.unwrap();
    assert_eq!(resumed.outcome(), Some(RunOutcome::Done), "two waits were left");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_hangs_is_cut_off() {
    for act in [Act::Sleep(86_400_000), Act::Deaf(86_400_000)] {
        let lab = Lab::new();
        lab.world.script(Phase::Apply, "a", [act]);
        let mut hangs = step("a", &[], Value::Null);
        hangs.timeout = Some(Duration::from_secs(30));
        let begin = (lab.clock)();
        let (run, outcome) = lab.run(definition(vec![hangs])).await;
        assert_eq!(outcome, RunOutcome::Held);
        assert!(lab.since(begin) < Duration::from_secs(60));
        assert_eq!(
            lab.state(run).await.step(&name("a")).unwrap().error.clone().unwrap().code,
            "GS-STEP-TIMEOUT"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn findings_that_need_an_answer_block_before_any_write() {
    for (severity, blocks) in
        [("info", false), ("manual", false), ("warn", false), ("decide", true), ("block", true)]
    {
        let lab = Lab::new();
        let (run, outcome) =
            lab.run(definition(vec![step("a", &[], json!({"objects": 1, "finding": severity}))])).await;
        assert_eq!(outcome, if blocks { RunOutcome::Blocked } else { RunOutcome::Done }, "{severity}");
        assert_eq!(lab.world.lock().writes, usize::from(!blocks));
        if blocks {
            let resumed =
                lab.successor().resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await.unwrap();
            assert_eq!(
                resumed.outcome(),
                Some(RunOutcome::Blocked),
                "it was planned anew and is still there"
            );
            assert_eq!(lab.world.entered(Phase::Plan, "a"), 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_clear_answer_passes_a_checkpoint() {
    let cases = [
        ("pass", RunOutcome::Done, 1, ""),
        ("waived", RunOutcome::Done, 1, ""),
        ("manual", RunOutcome::Held, 1, "GS-CHECKPOINT-MANUAL"),
        ("fail", RunOutcome::Held, 1, "GS-CHECKPOINT-FAILED"),
        ("unclear", RunOutcome::Held, 5, "GS-CHECKPOINT-UNCLEAR"),
    ];
    for (answer, expected, attempts, code) in cases {
        let lab = Lab::new();
        let (run, outcome) =
            lab.run(definition(vec![step("a", &[], json!({"objects": 1, "checkpoint": answer}))])).await;
        let state = lab.state(run).await;
        let own = state.step(&name("a")).unwrap();
        assert_eq!((outcome, own.attempt), (expected, attempts), "{answer}");
        assert_eq!(own.error.as_ref().map_or("", |error| error.code.as_str()), code);
        assert_eq!(own.checkpoints.len(), 1);
        assert_eq!(lab.world.lock().creates["a/0"], 1);
    }
}

#[tokio::test(start_paused = true)]
async fn each_answer_to_a_failure_leaves_its_own_run() {
    use StepStatus::{Done, Failed, Skipped, Undone, Waiting};
    let cases = [
        (OnFailure::Hold, RunOutcome::Held, [Done, Failed, Waiting, Waiting, Waiting]),
        (OnFailure::Undo, RunOutcome::Held, [Done, Undone, Waiting, Waiting, Waiting]),
        (OnFailure::Rollback, RunOutcome::RolledBack, [Undone, Failed, Waiting, Waiting, Waiting]),
        (OnFailure::Continue, RunOutcome::Held, [Done, Failed, Skipped, Skipped, Done]),
    ];
    for (on_failure, expected, statuses) in cases {
        let lab = Lab::new();
        lab.world.script(Phase::Apply, "b", [Act::WorkThenFail(StepError::permanent("GS-NO", "no"))]);
        let mut a = step("a", &[], json!({"objects": 1}));
        a.undo = gateshift_model::UndoScope::Traffic;
        let mut b = step("b", &["a"], json!({"objects": 1}));
        b.on_failure = on_failure;
        // `e` comes behind a long wait, so that it has not begun when `b` fails.
        let steps = vec![
            a,
            b,
            step("c", &["b"], Value::Null),
            step("d", &["c"], Value::Null),
            step("e", &["a"], json!({"objects": 1})),
        ];
        let run = lab.submit(definition(steps)).await;
        let (engine, _) = lab.process_with(None, |options| options.max_parallel = 1);
        let driven = crate::testing::drive(&engine, run).await.unwrap();
        let Driven::Finished { outcome, reason } = &driven else { panic!("{driven:?}") };
        let state = lab.state(run).await;
        let found: Vec<_> =
            state.definition.steps.iter().map(|step| state.step(&step.name).unwrap().status).collect();
        assert_eq!((*outcome, found.as_slice()), (expected, statuses.as_slice()), "{on_failure:?}");
        assert!(reason.as_ref().is_none_or(|reason| reason.contains("`b`")), "{reason:?}");
        let present: Vec<_> = lab.world.lock().present.iter().cloned().collect();
        let left: &[&str] = match on_failure {
            OnFailure::Hold => &["a/0", "b/0"],
            OnFailure::Undo => &["a/0"],
            OnFailure::Rollback => &["b/0"],
            OnFailure::Continue => &["a/0", "b/0", "e/0"],
        };
        assert_eq!(present, left, "{on_failure:?}");

        let resumed = engine.resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await.unwrap();
        if on_failure == OnFailure::Rollback {
            assert_eq!(resumed, driven);
            continue;
        }
        assert_eq!(resumed.outcome(), Some(RunOutcome::Done), "{on_failure:?}");
        let state = lab.state(run).await;
        assert!(state.steps.values().all(|step| step.status == Done), "{on_failure:?}: {:?}", state.steps);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_to_a_person_holds_whatever_the_policy_until_it_is_read_back() {
    for on_failure in [OnFailure::Hold, OnFailure::Undo, OnFailure::Rollback, OnFailure::Continue] {
        let lab = Lab::new();
        let mut first = step("first", &[], json!({"objects": 1}));
        first.undo = gateshift_model::UndoScope::Traffic;
        let mut waits = step("waits", &["first"], json!({"objects": 1, "manual": 2}));
        waits.on_failure = on_failure;
        let steps = vec![first, waits, step("after", &["waits"], json!({"objects": 1}))];
        let (run, outcome) = lab.run(definition(steps)).await;
        assert_eq!(outcome, RunOutcome::Held, "{on_failure:?}");
        let state = lab.state(run).await;
        assert!(state.reason.as_ref().unwrap().contains("switch 2 things on"), "{:?}", state.reason);
        assert_eq!(not_run(&state)[0].because, "step `waits` waits for a person");
        assert!(lab.world.lock().deletes.is_empty(), "{on_failure:?}: nothing is taken back");
        assert!(!lab.world.lock().present.contains("after/0"), "{on_failure:?}");

        // The person says it is done, and it is half done.
        lab.world.lock().clicked = 1;
        let resume = || async {
            let (stop, watcher) = (CancellationToken::new(), Arc::new(NoWatcher));
            lab.successor().resume(run, stop, watcher).await.unwrap()
        };
        assert_eq!(resume().await.outcome(), Some(RunOutcome::Held), "{on_failure:?}");
        lab.world.lock().clicked = 2;
        assert_eq!(resume().await.outcome(), Some(RunOutcome::Done), "{on_failure:?}");
        assert_eq!(lab.world.lock().creates["waits/0"], 1, "{on_failure:?}: applied once");
        assert_eq!(lab.world.entered(Phase::Plan, "waits"), 1, "{on_failure:?}: the plan holds");
    }
}
