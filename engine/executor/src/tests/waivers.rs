//! What operators answer for, in whole runs.

use gateshift_model::{
    CheckpointResult, Day, Event, RunDefinition, RunOutcome, StepDefinition, StepError, Waiver,
};
use serde_json::json;

use crate::testing::{Act, Lab, Phase, definition, name, step};

/// The clock of the test's lab begins on the first day of 1970.
fn waiver(code: &str, object: &str, expires: &str) -> Waiver {
    Waiver {
        code: code.into(),
        object: object.into(),
        owner: "ann".into(),
        reason: "agreed".into(),
        expires: Day::parse(expires).unwrap(),
    }
}

fn waived(steps: Vec<StepDefinition>, waivers: Vec<Waiver>) -> RunDefinition {
    RunDefinition { waivers, ..definition(steps) }
}

#[tokio::test(start_paused = true)]
async fn a_finding_that_somebody_answers_for_lets_the_step_go_on() {
    let cases = [
        (waiver("FND", "x", "1970-01-01"), RunOutcome::Done),
        (waiver("FND", "*", "1970-01-01"), RunOutcome::Done),
        (waiver("FND", "y", "1970-01-01"), RunOutcome::Blocked),
        (waiver("OTHER", "*", "1970-01-01"), RunOutcome::Blocked),
        (waiver("FND", "x", "1969-12-31"), RunOutcome::Blocked),
        (waiver("NEVER", "x", "1970-01-01"), RunOutcome::Blocked),
    ];
    for (waiver, expected) in cases {
        for severity in ["block", "decide"] {
            let lab = Lab::new();
            let code = if waiver.code == "NEVER" { "NEVER" } else { "FND" };
            let with = json!({"objects": 1, "finding": severity, "code": code});
            let (run, outcome) = lab.run(waived(vec![step("a", &[], with)], vec![waiver.clone()])).await;
            assert_eq!(outcome, expected, "{severity} {waiver:?}");
            let own = lab.state(run).await.step(&name("a")).unwrap().clone();
            let made = lab.world.lock().creates.len();
            assert_eq!(made, usize::from(expected == RunOutcome::Done));
            if expected == RunOutcome::Done {
                assert_eq!((own.waived[0].owner.as_str(), own.waived[0].object.as_str()), ("ann", "x"));
            } else {
                assert!(own.waived.is_empty());
            }
            let hint = own.error.and_then(|error| error.hint).unwrap_or_default();
            assert_eq!(hint.contains("GS-WAIVER-EXPIRED"), waiver.expires.to_string() == "1969-12-31");
            assert_eq!(hint.contains("never be waived"), waiver.code == "NEVER");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_history_says_by_whom_and_why() {
    let lab = Lab::new();
    let steps = vec![step("a", &[], json!({"objects": 1, "finding": "block", "checkpoint": "manual"}))];
    let waivers = vec![waiver("FND", "x", "1970-01-01"), waiver("asked", "a", "1970-01-01")];
    let (run, outcome) = lab.run(waived(steps, waivers)).await;
    assert_eq!(outcome, RunOutcome::Done);
    let events: Vec<_> = lab.history(run).await.iter().map(|one| one.event().unwrap()).collect();
    let planned = events.iter().find_map(|event| match event {
        Event::StepPlanned { waived, .. } => Some(waived),
        _ => None,
    });
    assert_eq!(planned.unwrap()[0].reason, "agreed");
    let answer = events.iter().find_map(|event| match event {
        Event::StepVerified { checkpoints, .. } => checkpoints.first(),
        _ => None,
    });
    let answer = answer.unwrap();
    assert_eq!(answer.result, CheckpointResult::Waived);
    assert!(answer.message.contains("ann") && answer.message.contains("agreed"), "{}", answer.message);
}

#[tokio::test(start_paused = true)]
async fn what_was_let_through_stays_so_for_its_attempts_and_the_next_plan_is_judged_anew() {
    let lab = Lab::new();
    // The first attempt fails in the end; the second begins after the waiver's day.
    let mut later = StepError::retryable("GS-BUSY", "tomorrow");
    later.retry_after_ms = Some(86_400_000);
    lab.world.script(Phase::Apply, "a", [Act::WorkThenFail(later)]);
    let late = step("a", &[], json!({"objects": 2, "finding": "block"}));
    let then = step("b", &["a"], json!({"objects": 1, "finding": "block"}));
    let (run, outcome) = lab.run(waived(vec![late, then], vec![waiver("FND", "x", "1970-01-01")])).await;
    assert_eq!(outcome, RunOutcome::Blocked);
    let state = lab.state(run).await;
    assert_eq!(lab.world.lock().creates.len(), 2, "what began under it is brought to its end");
    let error = state.step(&name("b")).unwrap().error.clone().unwrap();
    assert!(error.hint.unwrap().contains("GS-WAIVER-EXPIRED"));
    assert_eq!(error.details["expired"][0]["owner"], "ann");
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_that_failed_holds_without_its_waiver() {
    for (object, expires, expected) in [
        ("a", "1970-01-01", RunOutcome::Done),
        ("b", "1970-01-01", RunOutcome::Held),
        ("a", "1969-12-31", RunOutcome::Held),
    ] {
        let lab = Lab::new();
        let steps = vec![step("a", &[], json!({"objects": 1, "checkpoint": "fail"}))];
        let (_, outcome) = lab.run(waived(steps, vec![waiver("asked", object, expires)])).await;
        assert_eq!(outcome, expected, "{object} {expires}");
    }
}
