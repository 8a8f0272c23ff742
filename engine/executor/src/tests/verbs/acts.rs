//! What retry, rerun, skip and cancel make of a run.

use std::sync::Arc;
use std::time::Duration;

use gateshift_model::{OnFailure, RunOutcome, StepError, StepStatus, UndoScope};
use serde_json::json;

use super::live::asked;
use super::{act, cancel, no, rerun, resume, retry, skip, why, workflow};
use crate::testing::{Act, Lab, Phase, drive, name};
use crate::{Command, Driven, NoWatcher, Reply};

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
async fn what_a_gate_brought_back_begins_again_only_when_somebody_answers_for_the_cause() {
    let failed = || Act::WorkThenFail(StepError::permanent("GS-GATE-FAILED", "80 of 800 failed"));
    let resolved = async |lab: &Lab, run, cause| {
        let stop = tokio_util::sync::CancellationToken::new();
        lab.successor().resume_resolved(run, cause, stop, Arc::new(NoWatcher)).await
    };
    for policy in [OnFailure::Rollback, OnFailure::Hold] {
        let lab = Lab::new();
        lab.world.script(Phase::Apply, "share", [failed()]);
        let mut found = workflow(json!({"objects": 1}));
        found.steps[2].on_failure = policy;
        let (run, outcome) = lab.run(found).await;
        let is_back = policy == OnFailure::Rollback;
        assert_eq!(outcome, if is_back { RunOutcome::RolledBack } else { RunOutcome::Held });
        if !is_back {
            let early = resolved(&lab, run, Some("a route")).await.unwrap_err();
            assert_eq!(early.code(), "GS-CAUSE-OPEN", "what it did is still there");
            let back = Command::Rollback { scope: UndoScope::Traffic, reason: why() };
            assert_eq!(
                act(&lab.successor(), run, &back).await.unwrap().outcome(),
                Some(RunOutcome::RolledBack)
            );
        }
        let before = lab.history(run).await.len();
        assert_eq!(resume(&lab, run).await.unwrap_err().code(), "GS-CAUSE-OPEN");
        for from in ["share", "b"] {
            assert_eq!(act(&lab.successor(), run, &rerun(from)).await.unwrap_err().code(), "GS-CAUSE-OPEN");
        }
        assert_eq!(lab.history(run).await.len(), before, "nothing was written");
        let again = resolved(&lab, run, Some("a route had no service")).await.unwrap();
        assert_eq!(again.outcome(), Some(RunOutcome::Done));
        let told = lab.history(run).await.iter().any(|event| {
            serde_json::to_string(event).unwrap().contains("cause resolved: a route had no service")
        });
        assert!(told, "the words stand in the history");
        assert_eq!(lab.world.entered(Phase::Plan, "share"), 2, "planned anew, from the beginning");
        let twice = resolved(&lab, run, Some("a route")).await.unwrap_err();
        assert_eq!(twice.code(), "GS-VERB-STATE");
    }
}
