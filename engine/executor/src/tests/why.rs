//! What an auditor and an operator are told of real histories: every one is whole, and after each of its
//! events there is an answer to why the run stands where it stands.

use gateshift_audit::{Circumstances, NotRun, Owner, Story, explain, render, verify_history};
use gateshift_model::{Holder, OnFailure, RunDefinition, RunId, RunOutcome, StepError, UndoScope};
use serde_json::json;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

use crate::testing::{Act, Lab, Phase, definition, step};
use crate::{NoWatcher, not_run};

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

/// Asks after each event, whoever may own the run.
async fn ask(lab: &Lab, run: RunId) -> usize {
    let events = lab.history(run).await;
    let now = (lab.clock)();
    let holder = Holder { host: "lab".into(), pid: 1, started: 1 };
    let owners = [
        Owner::Nobody,
        Owner::Working { holder: holder.clone(), until: now },
        Owner::Gone { holder: holder.clone(), until: now },
        Owner::Expired { holder, until: now },
    ];
    for end in 1..=events.len() {
        assert!(verify_history(run, &events[..end], None).is_ok());
        let story = Story::of(&events[..end]).unwrap();
        let not_run = not_run(&story.state);
        let not_run: Vec<_> =
            not_run.into_iter().map(|one| NotRun { step: one.step, because: one.because }).collect();
        for owner in &owners {
            let store = "journal.db".to_owned();
            let here = Circumstances { run, now, store, owner: owner.clone(), not_run: not_run.clone() };
            let answer = explain(&story, &here);
            let text = render(&answer, now);
            let last = text.lines().last().unwrap();
            assert!(
                last.starts_with("  gateshift ") || last.starts_with("nothing to do: "),
                "{end}:\n{text}"
            );
            assert!(!text.contains("no reason was given"), "{end}:\n{text}");
        }
    }
    events.len()
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
