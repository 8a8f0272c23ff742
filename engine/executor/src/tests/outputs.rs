//! Outputs of earlier steps in settings and conditions: worked out once a step begins, and written down.

use std::sync::Arc;

use gateshift_model::{RunOutcome, StepDefinition, StepStatus};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::matrix::ask::ask;
use crate::testing::{Lab, definition, drive, name, step};
use crate::{Command, Known, NoWatcher};

/// `a` says how much `b` makes; `c` is passed over, and `d` goes on without it.
pub(crate) fn steps() -> Vec<StepDefinition> {
    let mut b = step("b", &["a"], json!({"objects": "${{ steps.a.outputs.says }}", "pending": 1}));
    b.conditions.open = vec!["/objects".into()];
    b.conditions.when = Some(" steps.a.outputs.says >= 2 ".into());
    let mut c = step("c", &["b"], json!({"objects": 4}));
    c.conditions.when = Some("steps.a.outputs.says > 2 || steps.b.outputs.says == 'x'".into());
    vec![step("a", &[], json!({"objects": 1, "says": 2})), b, c, step("d", &["c"], json!({"objects": 1}))]
}

#[tokio::test(start_paused = true)]
async fn settings_are_worked_out_and_a_step_that_is_not_needed_is_passed_over() {
    let lab = Lab::new();
    let (run, outcome) = lab.run(definition(steps())).await;
    assert_eq!(outcome, RunOutcome::Done);
    let present: Vec<String> = lab.world.lock().present.iter().cloned().collect();
    assert_eq!(present, ["a/0", "b/0", "b/1", "d/0"]);
    let state = lab.state(run).await;
    assert_eq!(state.step(&name("b")).unwrap().with, Some(json!({"objects": 2, "pending": 1})));
    let passed = state.step(&name("c")).unwrap();
    assert_eq!((passed.status, passed.attempt, passed.passed_over), (StepStatus::Skipped, 0, true));
    assert!(
        passed.reason.as_deref().unwrap().contains("`steps.a.outputs.says > 2 ||"),
        "{:?}",
        passed.reason
    );
    assert_eq!(lab.kinds(run, "c").await, ["step_passed_over"]);
    assert_eq!(lab.kinds(run, "b").await[..2], ["step_started", "step_resolved"]);
    ask(&lab, run).await;
    // What is done stays done, and what was not needed is not taken up.
    let before = lab.history(run).await.len();
    lab.successor().resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await.unwrap();
    assert_eq!(lab.history(run).await.len(), before);
    // Repeated, it is asked again.
    let again = Command::Rerun { from: name("c"), reason: "again".into() };
    let repeated = lab.successor().act(run, &again, CancellationToken::new(), Arc::new(NoWatcher)).await;
    assert_eq!(repeated.unwrap().outcome(), Some(RunOutcome::Done));
    assert_eq!(lab.state(run).await.step(&name("c")).unwrap().status, StepStatus::Skipped);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_worked_out_holds_the_run_before_anything_is_written() {
    for (text, when, part) in [
        ("${{ steps.a.outputs.nothing }}", None, "there is no such output"),
        ("x-${{ steps.a.outputs.outputs }}", None, "is a mapping"),
        ("${{ 1 }}", Some("steps.a.outputs.step"), "is a text and has to be true or false"),
        ("${{ 1 }}", Some("steps.a.outputs.step < 1"), "have no order"),
    ] {
        let lab = Lab::new();
        let mut b = step("b", &["a"], json!({"objects": text}));
        b.conditions.open = vec!["/objects".into()];
        b.conditions.when = when.map(str::to_owned);
        let (run, outcome) = lab.run(definition(vec![step("a", &[], Value::Null), b])).await;
        assert_eq!(outcome, RunOutcome::Held, "{text}");
        let state = lab.state(run).await;
        let error = state.step(&name("b")).unwrap().error.clone().unwrap();
        assert_eq!(error.code, "GS-EXPRESSION-VALUE");
        assert!(error.message.contains(part), "{error}");
        assert!(lab.world.lock().present.is_empty());
        ask(&lab, run).await;
        // Taken up again it is asked again, not passed.
        let again = lab.successor().resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await.unwrap();
        assert_eq!(again.outcome(), Some(RunOutcome::Held), "{text}");
        assert!(lab.world.lock().present.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_preview_says_after_which_step_the_rest_is_known() {
    let lab = Lab::new();
    let mut steps = steps();
    let preview = |steps: Vec<StepDefinition>| {
        let engine = lab.successor();
        async move {
            let found = engine.preview(&definition(steps), Vec::new(), Arc::new(NoWatcher)).await.unwrap();
            found.steps.into_iter().map(|one| one.known).collect::<Vec<_>>()
        }
    };
    let known = preview(steps.clone()).await;
    assert!(matches!(&known[1], Known::After { step } if step.as_str() == "a"), "{:?}", known[1]);
    // The output of the first step is known beforehand: it says nothing, so no number is more than another.
    steps[0].with["foresee"] = json!(true);
    let known = preview(steps.clone()).await;
    assert!(
        matches!(&known[1], Known::Failed { error } if error.code == "GS-EXPRESSION-VALUE"),
        "{:?}",
        known[1]
    );
    steps[1].conditions.when = Some("steps.a.outputs.step == 'x'".into());
    let known = preview(steps).await;
    assert!(
        matches!(&known[1], Known::Planned { plan, .. } if plan.operations.is_empty()
        && plan.summary.contains("does not hold")),
        "{:?}",
        known[1]
    );
    assert!(drive(&lab.successor(), lab.submit(definition(self::steps())).await).await.is_ok());
}
