//! Stopping cleanly, and words from outside.

use std::sync::Arc;
use std::time::Duration;

use gateshift_model::{RunOutcome, RunStatus, StepStatus, UndoScope};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::testing::{Act, Lab, Phase, definition, drive, name, step};
use crate::{Command, Driven, NoWatcher};

#[tokio::test(start_paused = true)]
async fn a_stop_lets_calls_end_and_resume_goes_on() {
    for millis in [0, 1, 2, 3, 5, 8, 13, 500, 5000] {
        let lab = Lab::new();
        lab.world.script(Phase::Verify, "b", [Act::Sleep(100)]);
        let steps = vec![
            step("a", &[], json!({"objects": 3})),
            step("b", &[], json!({"objects": 3})),
            step("c", &["a", "b"], json!({"objects": 1, "pending": 1})),
        ];
        let run = lab.submit(definition(steps)).await;
        let (engine, _) = lab.process(None);
        let stop = CancellationToken::new();
        let (driven, ()) = tokio::join!(engine.drive(run, stop.clone(), Arc::new(NoWatcher)), async {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            stop.cancel();
        });
        assert!(matches!(driven.unwrap(), Driven::Interrupted { .. }), "{millis}");
        let state = lab.state(run).await;
        assert_eq!(state.status, RunStatus::Interrupted);
        assert_eq!(lab.journal.lease(run).await.unwrap().holder, None, "the run was given back");
        let failed = state.steps.values().filter(|step| step.error.is_some()).count();
        assert_eq!(failed, 0, "being stopped is no failure");
        let unsettled: usize = state.steps.values().map(|step| step.unsettled().count()).sum();
        assert_eq!(unsettled, 0, "what was sent was waited for and settled");

        let (other, _) = lab.process(None);
        assert_eq!(drive(&other, run).await.unwrap().outcome(), Some(RunOutcome::Done));
        assert!(lab.world.lock().creates.values().all(|count| *count == 1));
        assert_eq!(lab.world.lock().present.len(), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deaf_step_is_cut_off_after_its_grace() {
    let lab = Lab::new();
    lab.world.script(Phase::Apply, "a", [Act::Deaf(86_400_000)]);
    let run = lab.submit(definition(vec![step("a", &[], Value::Null)])).await;
    let (engine, _) = lab.process(None);
    let stop = CancellationToken::new();
    let begin = (lab.clock)();
    let (driven, ()) = tokio::join!(engine.drive(run, stop.clone(), Arc::new(NoWatcher)), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.cancel();
    });
    assert!(matches!(driven.unwrap(), Driven::Interrupted { .. }));
    assert_eq!(lab.since(begin).as_secs(), 21);
    assert_eq!(drive(&engine, run).await.unwrap().outcome(), Some(RunOutcome::Done));
}

#[tokio::test(start_paused = true)]
async fn requests_of_others_are_taken_up_and_answered() {
    let commands = [
        (Command::Stop { reason: "lunch".into() }, None, StepStatus::Pending),
        (
            Command::Rollback { scope: UndoScope::Traffic, reason: "5xx".into() },
            Some(RunOutcome::RolledBack),
            StepStatus::Undone,
        ),
        (
            Command::Rollback { scope: UndoScope::Config, reason: "5xx".into() },
            Some(RunOutcome::RolledBack),
            StepStatus::Pending,
        ),
    ];
    for (command, outcome, expected) in commands {
        let lab = Lab::new();
        let mut share = step("share", &["a"], json!({"objects": 1, "pending": 1000}));
        share.undo = UndoScope::Traffic;
        let run = lab.submit(definition(vec![step("a", &[], json!({"objects": 1})), share])).await;
        let (engine, _) = lab.process(None);
        let (other, _) =
            lab.process_with(None, |options| options.actor = gateshift_model::Actor("user:ann".into()));
        let (driven, request) = tokio::join!(drive(&engine, run), async {
            tokio::time::sleep(Duration::from_secs(90)).await;
            other.request(run, &command).await.unwrap()
        });
        assert_eq!(driven.unwrap().outcome(), outcome, "{command:?}");
        let answer = lab.journal.request(request).await.unwrap().answer.unwrap();
        assert!(answer.starts_with("taken up"), "{answer}");
        assert_eq!(lab.state(run).await.step(&name("share")).unwrap().status, expected);
        if outcome.is_some() {
            let asked =
                lab.history(run).await.into_iter().find(|found| found.body["event"] == "undo_requested");
            assert_eq!(asked.unwrap().actor.0, "user:ann");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_nobody_understands_is_refused_and_disturbs_nothing() {
    let lab = Lab::new();
    let run = lab.submit(definition(vec![step("a", &[], json!({"pending": 2}))])).await;
    let (engine, _) = lab.process(None);
    let strange = gateshift_journal::Request {
        id: gateshift_journal::RequestId(uuid::Uuid::now_v7()),
        run,
        at: (lab.clock)(),
        actor: gateshift_model::Actor("user:ann".into()),
        body: json!({"do": "dance"}),
    };
    lab.journal.post_request(strange.clone()).await.unwrap();
    assert_eq!(drive(&engine, run).await.unwrap().outcome(), Some(RunOutcome::Done));
    assert!(lab.journal.request(strange.id).await.unwrap().answer.unwrap().starts_with("refused"));
}
