//! Runs that are only planned, and runs that have to keep to an approved plan.

use std::sync::Arc;

use gateshift_journal::NewArtifact;
use gateshift_model::{RunDefinition, RunOutcome};
use serde_json::{Value, json};

use crate::testing::{Act, Lab, Phase, definition, drive, name, step};
use crate::{Known, NoWatcher, PinnedPlan, PinnedStep, Preview};

async fn preview(lab: &Lab, definition: &RunDefinition) -> Preview {
    lab.successor().preview(definition, Vec::new(), Arc::new(NoWatcher)).await.unwrap()
}

fn words(preview: &Preview) -> Vec<String> {
    let word = |known: &Known| match known {
        Known::Planned { plan, .. } => format!("{}", plan.operations.len()),
        Known::After { step } => format!("after {step}"),
        Known::Failed { error } => error.code.clone(),
    };
    preview.steps.iter().map(|one| word(&one.known)).collect()
}

#[tokio::test(start_paused = true)]
async fn every_step_is_planned_and_nothing_is_made() {
    let lab = Lab::new();
    let steps = vec![
        step("a", &[], json!({"objects": 2, "foresee": true})),
        step("b", &["a"], json!({"objects": 1})),
        step("c", &["b"], json!({"objects": 1})),
        step("d", &["c"], json!({"objects": 1})),
    ];
    let definition = definition(steps);
    let first = preview(&lab, &definition).await;
    assert_eq!(words(&first), ["2", "1", "after b", "after b"]);
    assert!(!first.is_blocked());
    assert!(lab.world.lock().creates.is_empty());
    let again = preview(&lab, &definition).await;
    assert_eq!(format!("{:?}", first.steps), format!("{:?}", again.steps));
}

#[tokio::test(start_paused = true)]
async fn a_migrator_that_writes_while_it_plans_is_refused() {
    let lab = Lab::new();
    let steps = vec![step("a", &[], json!({"objects": 1, "plan_writes": true}))];
    let seen = preview(&lab, &definition(steps)).await;
    assert_eq!(words(&seen), ["GS-PLAN-WRITES"]);
    assert!(seen.is_blocked() && lab.world.lock().creates.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failure_and_a_finding_are_seen_with_the_rest() {
    let lab = Lab::new();
    lab.world.script(Phase::Plan, "a", [Act::Panic]);
    let steps = vec![step("a", &[], Value::Null), step("b", &[], json!({"objects": 1, "finding": "block"}))];
    let seen = preview(&lab, &definition(steps)).await;
    assert_eq!(words(&seen), ["GS-MIGRATOR-PANIC", "1"]);
    assert!(seen.is_blocked());
}

#[tokio::test(start_paused = true)]
async fn a_run_keeps_to_the_plan_that_was_approved() {
    for (objects, expected) in [(2, RunOutcome::Done), (1, RunOutcome::Done), (3, RunOutcome::Held)] {
        let lab = Lab::new();
        let approved = preview(&lab, &definition(vec![step("a", &[], json!({"objects": 2}))])).await;
        let steps = approved.plans().map(|(step, plan, _)| PinnedStep {
            step: step.clone(),
            operations: Some(plan.operations.clone()),
        });
        let pinned = serde_json::to_vec(&PinnedPlan { steps: steps.collect() }).unwrap();
        let artifact = NewArtifact::new("approved", "application/json", pinned);
        let engine = lab.successor();
        let now = definition(vec![step("a", &[], json!({"objects": objects}))]);
        let run = engine.submit_pinned(now, artifact).await.unwrap();
        let outcome = drive(&engine, run).await.unwrap().outcome();
        assert_eq!(outcome, Some(expected), "{objects}");
        let error = lab.state(run).await.step(&name("a")).unwrap().error.clone();
        assert_eq!(
            error.as_ref().map(|error| error.code.as_str()),
            (objects == 3).then_some("GS-PLAN-STALE")
        );
        if let Some(error) = error {
            assert!(error.message.contains("a/2"), "{}", error.message);
            assert!(lab.world.lock().creates.is_empty(), "before the first write");
        }
    }
}
