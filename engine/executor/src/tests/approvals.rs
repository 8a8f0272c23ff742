//! Steps whose plan people have to approve: who may, what it is bound to, and what becomes of silence.

use std::sync::Arc;
use std::time::Duration;

use gateshift_model::{
    ApprovalRule, Conditions, OnFailure, OnTimeout, RunDefinition, RunId, RunOutcome, RunStatus, StepError,
    StepStatus, UndoScope,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::matrix::ask::ask;
use super::windows::night;
use crate::testing::{Act, Lab, Phase, definition, drive, name, step};
use crate::{Command, Driven, EngineError, NoWatcher, Reply, Verb, applies};

const MINUTE: Duration = Duration::from_secs(60);

/// So many of ann, bob and the one who starts the runs of the lab.
pub(crate) fn approval(count: u32) -> Conditions {
    let rule = ApprovalRule {
        group: Some("sre".into()),
        people: vec!["ann".into(), "bob".into(), "test".into()],
        count,
        runner_may_approve: false,
        timeout: None,
        on_timeout: OnTimeout::Hold,
    };
    Conditions { approval: Some(rule), ..Conditions::default() }
}

fn workflow(count: u32) -> RunDefinition {
    let mut careful = step("b", &["a"], json!({"objects": 2}));
    careful.conditions = approval(count);
    definition(vec![step("a", &[], json!({"objects": 1})), careful, step("c", &["b"], json!({"objects": 1}))])
}

fn rule(workflow: &mut RunDefinition) -> &mut ApprovalRule {
    workflow.steps[1].conditions.approval.as_mut().unwrap()
}

fn approve() -> Command {
    Command::Approve { step: name("b"), plan: None, reason: "looks right".into() }
}

fn reject() -> Command {
    Command::Reject { step: name("b"), plan: None, reason: "not this week".into() }
}

async fn by(lab: &Lab, user: &str, run: RunId, command: &Command) -> Result<Driven, EngineError> {
    lab.user(user).act(run, command, CancellationToken::new(), Arc::new(NoWatcher)).await
}

async fn resume(lab: &Lab, run: RunId) -> Driven {
    lab.successor().resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await.unwrap()
}

fn refused(result: Result<Driven, EngineError>) -> String {
    result.unwrap_err().code().to_owned()
}

/// A lab in which nobody waits for people, with a run that is held for them.
async fn held(workflow: RunDefinition) -> (Lab, RunId) {
    let lab = Lab::new();
    lab.world.lock().no_wait = true;
    let (run, outcome) = lab.run(workflow).await;
    assert_eq!(outcome, RunOutcome::Held);
    (lab, run)
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_before_enough_people_of_the_right_ones_approved() {
    let (lab, run) = held(workflow(2)).await;
    assert_eq!(lab.world.entered(Phase::Plan, "b"), 1, "there is a plan to look at");
    assert_eq!(lab.world.entered(Phase::Apply, "b"), 0);
    assert_eq!(refused(by(&lab, "test", run, &approve()).await), "GS-APPROVAL-WHO", "who started it");
    assert_eq!(refused(by(&lab, "eve", run, &approve()).await), "GS-APPROVAL-WHO");
    let other = Command::Approve { step: name("b"), plan: Some("0000".into()), reason: String::new() };
    assert_eq!(refused(by(&lab, "ann", run, &other).await), "GS-APPROVAL-MOVED");
    let done = Command::Approve { step: name("a"), plan: None, reason: String::new() };
    assert_eq!(refused(by(&lab, "ann", run, &done).await), "GS-APPROVAL-NONE");
    for _ in 0..2 {
        // Who says it twice counts once.
        let stands = by(&lab, "ann", run, &approve()).await.unwrap();
        assert_eq!(stands.outcome(), Some(RunOutcome::Held));
    }
    assert_eq!(resume(&lab, run).await.outcome(), Some(RunOutcome::Held));
    assert_eq!(lab.world.entered(Phase::Apply, "b"), 0);
    by(&lab, "bob", run, &approve()).await.unwrap();
    let reason = lab.state(run).await.reason.unwrap();
    assert!(reason.contains("step `b` is approved"), "{reason}");
    assert_eq!(lab.world.entered(Phase::Apply, "b"), 0, "who approves does not drive");
    assert_eq!(resume(&lab, run).await.outcome(), Some(RunOutcome::Done));
    let history = lab.history(run).await;
    let who: Vec<_> = history
        .iter()
        .filter(|found| found.body["event"] == "step_approved")
        .map(|found| found.actor.0.as_str())
        .collect();
    assert_eq!(who, ["user:ann", "user:bob"]);
    ask(&lab, run).await;
}

#[tokio::test(start_paused = true)]
async fn a_process_that_waits_is_told_through_its_inbox_and_goes_on() {
    for (command, outcome) in [(approve(), RunOutcome::Done), (reject(), RunOutcome::Held)] {
        let lab = Lab::new();
        lab.world.lock().poll = Some(MINUTE);
        let run = lab.submit(workflow(1)).await;
        let owner = lab.successor();
        let ann = lab.user("ann");
        let (driven, (refused, taken)) = tokio::join!(drive(&owner, run), async {
            tokio::time::sleep(Duration::from_secs(86_400)).await;
            let refused = owner.request(run, &approve()).await.unwrap();
            tokio::time::sleep(2 * MINUTE).await;
            let taken = ann.request(run, &command).await.unwrap();
            (refused, taken)
        });
        assert_eq!(driven.unwrap().outcome(), Some(outcome));
        let answer = async |id| lab.journal.request(id).await.unwrap().answer.unwrap();
        let first = Reply::parse(&answer(refused).await);
        assert!(matches!(&first, Reply::Refused(refusal) if refusal.code == "GS-APPROVAL-WHO"), "{first:?}");
        assert!(matches!(Reply::parse(&answer(taken).await), Reply::Taken(_)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_plan_has_to_be_approved_anew() {
    let (lab, run) = held(workflow(1)).await;
    by(&lab, "ann", run, &approve()).await.unwrap();
    // The world has changed: the next attempt plans something else.
    lab.world.script(
        Phase::Apply,
        "b",
        [Act::Fail(StepError::new(gateshift_model::ErrorClass::Conflict, "GS-TEST", "it is not as it was"))],
    );
    lab.world.lock().more = 1;
    assert_eq!(resume(&lab, run).await.outcome(), Some(RunOutcome::Held));
    let state = lab.state(run).await;
    let own = state.step(&name("b")).unwrap();
    assert!(own.approval.as_ref().unwrap().given.is_empty());
    assert!(own.reason.as_deref().unwrap().starts_with("the plan has changed"), "{:?}", own.reason);
    let waits: Vec<_> =
        lab.history(run).await.into_iter().filter(|one| one.body["event"] == "step_waits").collect();
    assert_eq!(waits.len(), 2);
    assert_ne!(waits[0].body["on"]["plan"]["digest"], waits[1].body["on"]["plan"]["digest"]);
    assert_eq!(waits[1].body["on"]["void"], json!(["user:ann"]));
    let old = waits[0].body["on"]["plan"]["digest"].as_str().unwrap()[..12].to_owned();
    let stale = Command::Approve { step: name("b"), plan: Some(old), reason: String::new() };
    assert_eq!(refused(by(&lab, "ann", run, &stale).await), "GS-APPROVAL-MOVED");
    by(&lab, "bob", run, &approve()).await.unwrap();
    assert_eq!(resume(&lab, run).await.outcome(), Some(RunOutcome::Done));
    assert_eq!(lab.world.lock().present.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_holds_whatever_the_policy_for_failures_says() {
    for on_failure in [OnFailure::Hold, OnFailure::Rollback, OnFailure::Undo] {
        let mut workflow = workflow(1);
        workflow.steps[0].undo = UndoScope::Traffic;
        workflow.steps[1].on_failure = on_failure;
        let (lab, run) = held(workflow).await;
        by(&lab, "bob", run, &reject()).await.unwrap();
        assert_eq!(refused(by(&lab, "ann", run, &approve()).await), "GS-APPROVAL-NONE", "it is decided");
        assert_eq!(resume(&lab, run).await.outcome(), Some(RunOutcome::Held));
        let state = lab.state(run).await;
        let error = state.step(&name("b")).unwrap().error.clone().unwrap();
        assert_eq!(error.code, "GS-APPROVAL-REJECTED");
        assert!(error.message.contains("user:bob: not this week"), "{error}");
        assert_eq!(lab.world.lock().present.len(), 1, "what was made before stays");
        // Taken up again it is asked for anew, and what was rejected can be approved then.
        assert_eq!(resume(&lab, run).await.outcome(), Some(RunOutcome::Held));
        by(&lab, "bob", run, &approve()).await.unwrap();
        assert_eq!(resume(&lab, run).await.outcome(), Some(RunOutcome::Done));
        ask(&lab, run).await;
    }
}

#[tokio::test(start_paused = true)]
async fn silence_holds_or_rejects_and_never_approves() {
    for (on_timeout, code) in
        [(OnTimeout::Hold, "GS-APPROVAL-LATE"), (OnTimeout::Reject, "GS-APPROVAL-REJECTED")]
    {
        let lab = Lab::new();
        lab.world.lock().poll = Some(MINUTE);
        let mut workflow = workflow(2);
        *rule(&mut workflow) = ApprovalRule {
            timeout: Some(Duration::from_secs(20 * 3600)),
            on_timeout,
            ..rule(&mut workflow).clone()
        };
        let run = lab.submit(workflow).await;
        let begin = (lab.clock)();
        // The process is replaced in the middle: the time goes on.
        let (stop, engine) = (CancellationToken::new(), lab.successor());
        let (first, ()) = tokio::join!(engine.drive(run, stop.clone(), Arc::new(NoWatcher)), async {
            tokio::time::sleep(Duration::from_secs(12 * 3600)).await;
            stop.cancel();
        });
        assert!(matches!(first.unwrap(), Driven::Interrupted { .. }));
        by(&lab, "ann", run, &approve()).await.unwrap();
        assert_eq!(drive(&lab.successor(), run).await.unwrap().outcome(), Some(RunOutcome::Held));
        assert_eq!(lab.since(begin).as_secs() / 3600, 20);
        let state = lab.state(run).await;
        assert_eq!(state.step(&name("b")).unwrap().error.as_ref().unwrap().code, code);
        assert_eq!(lab.world.entered(Phase::Apply, "b"), 0);
        ask(&lab, run).await;
        let late = by(&lab, "bob", run, &approve()).await;
        if on_timeout == OnTimeout::Reject {
            assert_eq!(refused(late), "GS-APPROVAL-NONE");
            continue;
        }
        late.unwrap();
        ask(&lab, run).await;
        assert_eq!(resume(&lab, run).await.outcome(), Some(RunOutcome::Done));
    }
}

#[tokio::test(start_paused = true)]
async fn an_approved_step_still_waits_for_its_window_and_can_be_rejected_until_it_opens() {
    for rejects in [false, true] {
        let lab = Lab::new();
        lab.world.lock().poll = Some(MINUTE);
        let mut workflow = workflow(1);
        workflow.steps[1].conditions.window = night().window;
        let run = lab.submit(workflow).await;
        let engine = lab.successor();
        let (driven, ()) = tokio::join!(drive(&engine, run), async {
            tokio::time::sleep(Duration::from_secs(600)).await;
            lab.user("ann").request(run, &approve()).await.unwrap();
            tokio::time::sleep(Duration::from_secs(600)).await;
            assert_eq!(lab.world.entered(Phase::Apply, "b"), 0);
            if rejects {
                lab.user("bob").request(run, &reject()).await.unwrap();
            }
        });
        let expected = if rejects { RunOutcome::Held } else { RunOutcome::Done };
        assert_eq!(driven.unwrap().outcome(), Some(expected));
        assert_eq!((lab.clock)().0 >= 2 * 3_600_000, !rejects);
        ask(&lab, run).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_back_or_repeated_has_to_be_approved_again() {
    let (lab, run) = held(workflow(1)).await;
    by(&lab, "ann", run, &approve()).await.unwrap();
    assert_eq!(resume(&lab, run).await.outcome(), Some(RunOutcome::Done));
    let again = Command::Rerun { from: name("b"), reason: "again".into() };
    let repeated = by(&lab, "test", run, &again).await.unwrap();
    assert_eq!(repeated.outcome(), Some(RunOutcome::Held));
    by(&lab, "bob", run, &approve()).await.unwrap();
    assert_eq!(resume(&lab, run).await.outcome(), Some(RunOutcome::Done));
    assert!(lab.world.lock().creates.values().all(|count| *count == 1));
}

#[tokio::test(start_paused = true)]
async fn an_answer_applies_where_something_can_wait_for_it() {
    // Held and forward take it; all else says what to do instead.
    let (lab, run) = held(workflow(1)).await;
    let at = |lab: &Lab, run| {
        let engine = lab.user("ann");
        async move { engine.state(run).await.unwrap() }
    };
    assert!(applies(Verb::Approve, &at(&lab, run).await).is_ok());
    let pause = Command::Pause { connection: None, reason: "lunch".into() };
    assert_eq!(refused(by(&lab, "test", run, &pause).await), "GS-VERB-STATE", "it rests already");
    let submitted = lab.submit(workflow(1)).await;
    assert_eq!(refused(by(&lab, "ann", submitted, &approve()).await), "GS-VERB-STATE");
    by(&lab, "test", submitted, &pause).await.unwrap();
    assert_eq!(refused(by(&lab, "ann", submitted, &approve()).await), "GS-APPROVAL-NONE");
    by(&lab, "ann", run, &approve()).await.unwrap();
    resume(&lab, run).await;
    let back = Command::Rollback { scope: UndoScope::All, reason: "no".into() };
    for command in [approve(), reject()] {
        assert_eq!(refused(by(&lab, "ann", run, &command).await), "GS-VERB-STATE", "done");
    }
    by(&lab, "test", run, &back).await.unwrap();
    assert_eq!(refused(by(&lab, "ann", run, &approve()).await), "GS-VERB-STATE", "rolled back");
    let (lab, run) = held(workflow(1)).await;
    let cancel = Command::Cancel { undo: false, reason: "no".into() };
    by(&lab, "test", run, &cancel).await.unwrap();
    assert_eq!(lab.state(run).await.status, RunStatus::Finished(RunOutcome::Canceled));
    assert_eq!(refused(by(&lab, "ann", run, &approve()).await), "GS-VERB-STATE", "canceled");
    assert_eq!(lab.state(run).await.step(&name("b")).unwrap().status, StepStatus::Pending);
}
