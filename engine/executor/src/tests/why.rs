//! What an auditor and an operator are told of real histories: every one is whole, and after each of its
//! events there is an answer to why the run stands where it stands.

use gateshift_audit::{Circumstances, Owner, Story, explain, render};
use gateshift_model::{OnFailure, RunDefinition, RunOutcome, StepError, UndoScope};
use serde_json::json;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

use super::matrix::ask::ask;
use crate::NoWatcher;
use crate::testing::{Act, Lab, Phase, definition, step};

fn workflow() -> RunDefinition {
    let mut steps = vec![
        step("a", &[], json!({"objects": 2, "checkpoint": "pass"})),
        step("b", &["a"], json!({"objects": 2, "pending": 2})),
        step("c", &["a"], json!({"objects": 2, "fail_attempts": 2})),
        step("d", &["b", "c"], json!({"objects": 1})),
    ];
    steps[3].undo = UndoScope::Traffic;
    definition(steps)
}

#[tokio::test(start_paused = true)]
async fn every_prefix_of_real_histories_has_an_answer() {
    let lab = Lab::new();
    let (run, outcome) = lab.run(workflow()).await;
    assert_eq!(outcome, RunOutcome::Done);
    let mut asked = ask(&lab, run).await;
    let (stop, watcher) = (CancellationToken::new(), Arc::new(NoWatcher));
    lab.successor().undo(run, UndoScope::All, "asked for", stop, watcher).await.unwrap();
    asked += ask(&lab, run).await;

    for (on_failure, error) in [
        (OnFailure::Hold, StepError::permanent("GS-TEST", "no")),
        (OnFailure::Undo, StepError::needs_operator("GS-TEST", "look")),
        (OnFailure::Rollback, StepError::permanent("GS-TEST", "no")),
        (OnFailure::Continue, StepError::retryable("GS-TEST", "again")),
    ] {
        let lab = Lab::new();
        let mut workflow = workflow();
        for step in &mut workflow.steps {
            step.on_failure = on_failure;
            step.retry.attempts = 1;
        }
        lab.world.script(Phase::Apply, "b", [Act::WorkThenFail(error)]);
        let (run, _) = lab.run(workflow).await;
        asked += ask(&lab, run).await;
    }

    let lab = Lab::new();
    let (run, outcome) = lab.run(definition(vec![step("a", &[], json!({"finding": "block"}))])).await;
    assert_eq!(outcome, RunOutcome::Blocked);
    asked += ask(&lab, run).await;
    assert!(asked > 200, "only {asked} histories were asked about");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_for_a_person_says_what_to_do_and_how_to_go_on() {
    let lab = Lab::new();
    let (run, outcome) = lab.run(definition(vec![step("a", &[], json!({"manual": 3}))])).await;
    assert_eq!(outcome, RunOutcome::Held);
    ask(&lab, run).await;
    let events = lab.history(run).await;
    let here = Circumstances {
        run,
        now: (lab.clock)(),
        store: "journal.db".to_owned(),
        owner: Owner::Nobody,
        not_run: Vec::new(),
    };
    let text = render(&explain(&Story::of(&events).unwrap(), &here), here.now);
    for part in [
        "step `a` waits for a person: to do by hand: console: switch 3 things on",
        "checkpoint console: switch 3 things on ({\"on\":0})",
        "next: asks step `a` again, once what its checkpoints say is done",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let resume = format!("  gateshift resume {run} --store journal.db");
    assert!(text.contains(&resume), "{text}");
    assert!(!text.contains("failed"), "{text}");
}
