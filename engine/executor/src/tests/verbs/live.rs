//! Verbs that reach the process which drives the run, and pauses.

use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::JournalError;
use gateshift_model::{Actor, ConnectionName, RunDefinition, RunId, RunOutcome, RunStatus, UndoScope};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{act, cancel, pause, rerun, resume, retry, skip, why, workflow};
use crate::testing::{Lab, Phase, drive};
use crate::tests::matrix::ask::ask;
use crate::{Command, Driven, EngineError, NoWatcher, Place, Reply};

#[tokio::test(start_paused = true)]
async fn while_another_process_drives_the_run_nothing_is_done_behind_its_back() {
    for command in [retry(), rerun("a"), pause(), cancel(false), skip("last")] {
        let lab = Lab::new();
        let run = lab.submit(workflow(json!({"objects": 1, "pending": 30}))).await;
        let ((engine, _), (other, _)) = (lab.process(None), lab.process(None));
        let (_, refused) = tokio::join!(drive(&engine, run), async {
            tokio::time::sleep(Duration::from_secs(100)).await;
            act(&other, run, &command).await
        });
        let refused = refused.unwrap_err();
        let owned = matches!(refused, EngineError::Journal(JournalError::Owned { .. }));
        assert!(owned || matches!(refused, EngineError::Refused(_)), "{command:?}: {refused:?}");
        assert_eq!(lab.state(run).await.status, RunStatus::Finished(RunOutcome::Done), "{command:?}");
    }
}

/// Asks the owner of a run after so many seconds; gives how driving ended, and the answer.
pub(super) async fn asked(lab: &Lab, run: RunId, seconds: u64, commands: &[Command]) -> (Driven, Vec<Reply>) {
    let (engine, _) = lab.process(None);
    let (other, _) = lab.process_with(None, |options| options.actor = Actor("user:ann".into()));
    let (driven, ids) = tokio::join!(drive(&engine, run), async {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let mut ids = Vec::new();
        for command in commands {
            ids.push(other.request(run, command).await.unwrap());
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        ids
    });
    let mut replies = Vec::new();
    for id in ids {
        replies.push(Reply::parse(&lab.journal.request(id).await.unwrap().answer.unwrap()));
    }
    (driven.unwrap(), replies)
}

#[tokio::test(start_paused = true)]
async fn a_run_that_another_process_drives_is_paused_canceled_and_changed_through_its_inbox() {
    let waits = || workflow(json!({"objects": 1, "pending": 30}));
    let cases: [(Command, Option<RunOutcome>, &[&str]); 6] = [
        (pause(), Some(RunOutcome::Paused), &["a/0", "a/1", "b/0"]),
        (cancel(false), Some(RunOutcome::Canceled), &["a/0", "a/1", "b/0"]),
        (cancel(true), Some(RunOutcome::Canceled), &[]),
        (skip("last"), Some(RunOutcome::Done), &["a/0", "a/1", "b/0", "share/0"]),
        (rerun("a"), Some(RunOutcome::Done), &["a/0", "a/1", "b/0", "last/0", "share/0"]),
        (retry(), Some(RunOutcome::Done), &["a/0", "a/1", "b/0", "last/0", "share/0"]),
    ];
    for (command, outcome, present) in cases {
        let lab = Lab::new();
        let run = lab.submit(waits()).await;
        let (driven, replies) = asked(&lab, run, 90, std::slice::from_ref(&command)).await;
        assert_eq!(driven.outcome(), outcome, "{command:?}");
        {
            let world = lab.world.lock();
            assert_eq!(world.present.iter().collect::<Vec<_>>(), present, "{command:?}");
            assert!(world.creates.values().all(|count| *count == 1), "{command:?}: {:?}", world.creates);
        }
        if command == retry() {
            assert!(matches!(&replies[0], Reply::Refused(refusal) if refusal.code == "GS-VERB-STATE"));
            continue;
        }
        assert!(matches!(replies[0], Reply::Taken(_)), "{command:?}: {replies:?}");
        let taken = lab.history(run).await.into_iter().find(|found| found.body["event"] == "request_taken");
        assert_eq!(taken.unwrap().actor.0, "user:ann", "{command:?}: it is said who asked");
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_run_goes_on_only_when_somebody_says_so() {
    let lab = Lab::new();
    let run = lab.submit(workflow(json!({"objects": 1, "pending": 3}))).await;
    let (driven, _) = asked(&lab, run, 90, &[pause()]).await;
    assert_eq!(driven, Driven::Finished { outcome: RunOutcome::Paused, reason: Some("test".into()) });
    let before = lab.history(run).await.len();
    assert_eq!(drive(&lab.successor(), run).await.unwrap().outcome(), Some(RunOutcome::Paused));
    act(&lab.successor(), run, &pause()).await.unwrap();
    assert_eq!(lab.history(run).await.len(), before, "a second time there is nothing to write");
    // What is decided meanwhile does not wake it.
    act(&lab.successor(), run, &skip("last")).await.unwrap();
    assert_eq!(lab.state(run).await.status, RunStatus::Finished(RunOutcome::Paused));
    assert_eq!(resume(&lab, run).await.unwrap().outcome(), Some(RunOutcome::Done));
    assert_eq!(lab.world.entered(Phase::Apply, "last"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_is_taken_up_once_even_when_its_answer_was_lost() {
    let lab = Lab::new();
    let run = lab.submit(workflow(json!({"objects": 1, "pending": 3}))).await;
    let (engine, journal) = lab.process(None);
    let (driven, request) = tokio::join!(drive(&engine, run), async {
        tokio::time::sleep(Duration::from_secs(90)).await;
        journal.lose_answers();
        engine.request(run, &pause()).await.unwrap()
    });
    assert!(driven.is_err(), "it died before the answer: {driven:?}");
    assert_eq!(lab.journal.request(request).await.unwrap().answer, None);
    assert_eq!(Place::of(&lab.state(run).await), Place::Rest(RunOutcome::Paused));
    assert_eq!(drive(&lab.successor(), run).await.unwrap().outcome(), Some(RunOutcome::Paused));
    assert_eq!(resume(&lab, run).await.unwrap().outcome(), Some(RunOutcome::Done), "it is not paused again");
    let answer = lab.journal.request(request).await.unwrap().answer.unwrap();
    assert!(matches!(Reply::parse(&answer), Reply::Taken(_) | Reply::Late), "{answer}");
}

fn connected(pending: u64) -> RunDefinition {
    let target = ConnectionName::new("dns").unwrap();
    let mut found = workflow(json!({"objects": 2, "pending": pending}));
    let kind = gateshift_model::ConnectionDefinition {
        uses: "lab/thing".into(),
        with: std::collections::BTreeMap::new(),
        credentials: std::collections::BTreeMap::new(),
    };
    found.connections.insert(target.clone(), kind);
    for step in &mut found.steps {
        step.connections.insert("target".into(), target.clone());
    }
    found
}

#[tokio::test(start_paused = true)]
async fn calls_on_a_paused_connection_wait_and_the_way_back_does_not() {
    let dns = || ConnectionName::new("dns").unwrap();
    let hold = Command::Pause { connection: Some(dns()), reason: "somebody edits".into() };
    let lift = Command::Resume { connection: dns() };
    let lab = Lab::new();
    let run = lab.submit(connected(5)).await;
    let (engine, _) = lab.process(None);
    let (other, _) = lab.process(None);
    let (driven, ()) = tokio::join!(drive(&engine, run), async {
        tokio::time::sleep(Duration::from_secs(90)).await;
        other.request(run, &hold).await.unwrap();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let calls = lab.history(run).await.iter().filter(|one| one.body["event"] == "call_answered").count();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let later = lab.history(run).await.iter().filter(|one| one.body["event"] == "call_answered").count();
        assert_eq!(calls, later, "no call in an hour");
        let state = lab.state(run).await;
        assert_eq!(state.paused_connections.get(&dns()).map(String::as_str), Some("somebody edits"));
        assert_eq!(state.status, RunStatus::Running);
        other.request(run, &lift).await.unwrap();
    });
    assert_eq!(driven.unwrap().outcome(), Some(RunOutcome::Done));
    ask(&lab, run).await;

    // At rest: put down, kept over a resume, and no hindrance for the way back.
    let lab = Lab::new();
    let run = lab.submit(connected(0)).await;
    let (engine, _) = lab.process(None);
    assert!(matches!(act(&engine, run, &hold).await.unwrap(), Driven::Interrupted { .. }));
    let stop = CancellationToken::new();
    let (driven, ()) = tokio::join!(engine.resume(run, stop.clone(), Arc::new(NoWatcher)), async {
        tokio::time::sleep(Duration::from_secs(600)).await;
        stop.cancel();
    });
    assert!(matches!(driven.unwrap(), Driven::Interrupted { .. }));
    assert!(lab.world.lock().present.is_empty());
    act(&engine, run, &lift).await.unwrap();
    assert_eq!(resume(&lab, run).await.unwrap().outcome(), Some(RunOutcome::Done));
    act(&engine, run, &hold).await.unwrap();
    assert_eq!(lab.state(run).await.status, RunStatus::Finished(RunOutcome::Done), "its rest stays");
    let back = Command::Rollback { scope: UndoScope::All, reason: why() };
    assert_eq!(act(&engine, run, &back).await.unwrap().outcome(), Some(RunOutcome::RolledBack));
    assert!(lab.world.lock().present.is_empty());
    ask(&lab, run).await;

    let unknown = Command::Pause { connection: Some(ConnectionName::new("ftp").unwrap()), reason: why() };
    let refused = act(&engine, run, &unknown).await.unwrap_err();
    assert_eq!(refused.code(), "GS-CONNECTION-UNKNOWN");
    assert!(refused.hint().contains("`dns`"), "{}", refused.hint());
}
