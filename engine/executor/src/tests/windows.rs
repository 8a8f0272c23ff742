//! Steps that begin only while their window is open, whatever happens meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gateshift_model::{
    Conditions, Hours, RunDefinition, RunOutcome, StepError, StepStatus, TimeOfDay, Timestamp, Window,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::matrix::ask::ask;
use crate::testing::{Act, Lab, Phase, definition, drive, name, step};
use crate::{Driven, NoWatcher};

const HOUR: i64 = 3_600_000;

/// Every night from two to three; the lab's clock begins at a quarter past midnight.
pub(crate) fn night() -> Conditions {
    let time = |text| TimeOfDay::parse(text).unwrap();
    let allow = vec![Hours { days: Vec::new(), dates: None, from: time("02:00"), to: time("03:00") }];
    let window = Window { name: "night".into(), timezone: "UTC".into(), allow, deny: Vec::new() };
    Conditions { window: Some(window), ..Conditions::default() }
}

fn workflow() -> RunDefinition {
    let mut late = step("b", &["a"], json!({"objects": 1, "pending": 2}));
    late.conditions = night();
    // Less than it waits for its window: that is not its own time.
    late.timeout = Some(Duration::from_secs(900));
    definition(vec![step("a", &[], json!({"objects": 1})), late, step("c", &["a"], json!({"objects": 1}))])
}

#[tokio::test(start_paused = true)]
async fn a_step_waits_for_its_window_and_then_has_all_its_time() {
    let lab = Lab::new();
    lab.world.lock().poll = Some(Duration::from_secs(60));
    let (run, outcome) = lab.run(workflow()).await;
    assert_eq!(outcome, RunOutcome::Done);
    let at = (lab.clock)();
    assert!((2 * HOUR..2 * HOUR + 200_000).contains(&at.0), "{at}");
    let kinds = lab.kinds(run, "b").await;
    assert_eq!(kinds[..3], ["step_started", "step_waits", "step_admitted"]);
    assert_eq!(kinds.iter().filter(|kind| **kind == "step_waits").count(), 1);
    assert_eq!(lab.world.entered(Phase::Plan, "b"), 1, "it is planned when the window is open");
    let waits = lab.history(run).await.into_iter().find(|found| found.body["event"] == "step_waits").unwrap();
    assert_eq!((&waits.body["until"], &waits.body["on"]["name"]), (&json!(2 * HOUR), &json!("night")));
    assert!(waits.at.0 < HOUR);
    ask(&lab, run).await;
}

#[tokio::test(start_paused = true)]
async fn the_wait_survives_processes_and_is_not_shortened_by_a_clock_that_jumps() {
    let lab = Lab::new();
    lab.world.lock().poll = Some(Duration::from_secs(60));
    let run = lab.submit(workflow()).await;
    for (minutes, jump) in [(20, 0), (5, -10 * 60_000), (5, 30 * 60_000), (5, -25 * 60_000)] {
        let (stop, engine) = (CancellationToken::new(), lab.successor());
        let (driven, ()) = tokio::join!(engine.drive(run, stop.clone(), Arc::new(NoWatcher)), async {
            tokio::time::sleep(Duration::from_secs(60 * minutes)).await;
            lab.offset.fetch_add(jump, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(120)).await;
            stop.cancel();
        });
        assert!(matches!(driven.unwrap(), Driven::Interrupted { .. }));
        assert!((lab.clock)().0 < 2 * HOUR && lab.world.entered(Phase::Plan, "b") == 0);
        assert_eq!(lab.state(run).await.step(&name("b")).unwrap().until, Some(Timestamp(2 * HOUR)));
    }
    assert_eq!(drive(&lab.successor(), run).await.unwrap().outcome(), Some(RunOutcome::Done));
    let history = lab.history(run).await;
    let of = |kind: &str| history.iter().filter(|one| one.body["event"] == kind).collect::<Vec<_>>();
    assert_eq!(of("step_waits").len(), 1, "the same wait is written once");
    assert!(of("step_admitted")[0].at.0 >= 2 * HOUR);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_wait_comes_to_rest_when_only_the_window_is_left() {
    let lab = Lab::new();
    lab.world.lock().poll = Some(Duration::from_secs(60));
    lab.world.lock().no_wait = true;
    let (run, outcome) = lab.run(workflow()).await;
    assert_eq!(outcome, RunOutcome::Held);
    assert_eq!(lab.world.lock().present.len(), 2, "what does not wait is done");
    let state = lab.state(run).await;
    let reason = state.reason.clone().unwrap();
    assert!(
        reason.contains("step `b` waits: window `night` is closed") && reason.contains("02:00 UTC"),
        "{reason}"
    );
    ask(&lab, run).await;
    tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    let resumed = lab.successor().resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await.unwrap();
    // It began in its window; what it waits for afterwards is its own work.
    assert_eq!(resumed.outcome(), Some(RunOutcome::Done));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_has_begun_goes_on_and_one_that_a_person_takes_up_waits_again() {
    let lab = Lab::new();
    lab.world.lock().poll = Some(Duration::from_secs(60));
    let mut workflow = workflow();
    workflow.steps[1].timeout = None;
    workflow.steps[1].retry.initial = Duration::from_secs(2 * 3600);
    workflow.steps[1].retry.max = Duration::from_secs(2 * 3600);
    lab.world.script(
        Phase::Apply,
        "b",
        [
            Act::Fail(StepError {
                retry_after_ms: Some(7_200_000),
                ..StepError::retryable("GS-TEST", "again")
            }),
            Act::Fail(StepError::permanent("GS-TEST", "no")),
        ],
    );
    let (run, outcome) = lab.run(workflow).await;
    assert_eq!(outcome, RunOutcome::Held);
    assert!((lab.clock)().0 > 3 * HOUR, "the second attempt did not wait for a window");
    let state = lab.state(run).await;
    assert_eq!(state.step(&name("b")).unwrap().status, StepStatus::Failed);
    let resumed = lab.successor().resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await.unwrap();
    assert_eq!(resumed.outcome(), Some(RunOutcome::Done));
    assert!((lab.clock)().0 >= 26 * HOUR, "the third one did");
}

#[tokio::test(start_paused = true)]
async fn a_window_that_never_opens_holds_the_run_and_says_so() {
    let lab = Lab::new();
    lab.world.lock().poll = Some(Duration::from_secs(60));
    for (zone, part) in
        [("UTC", "does not open in the next five years"), ("Mars/Base", "time zone `Mars/Base`")]
    {
        let mut workflow = workflow();
        let window = workflow.steps[1].conditions.window.as_mut().unwrap();
        window.timezone = zone.into();
        window.deny =
            vec![Hours { days: Vec::new(), dates: None, from: TimeOfDay::START, to: TimeOfDay::END }];
        let (run, outcome) = lab.run(workflow).await;
        assert_eq!(outcome, RunOutcome::Held);
        let state = lab.state(run).await;
        let error = state.step(&name("b")).unwrap().error.clone().unwrap();
        assert_eq!(error.code, "GS-WINDOW-NEVER");
        assert!(error.message.contains(part), "{error}");
    }
}
