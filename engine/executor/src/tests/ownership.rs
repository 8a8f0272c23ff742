//! One owner at a time.

use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::{Claim, JournalError};
use gateshift_model::{Actor, Holder, RunOutcome};
use serde_json::json;

use crate::EngineError;
use crate::testing::{Act, Lab, Phase, definition, drive, step};

#[tokio::test(start_paused = true)]
async fn a_second_process_is_refused_while_the_first_lives() {
    let lab = Lab::new();
    let run = lab.submit(definition(vec![step("a", &[], json!({"objects": 1, "pending": 60}))])).await;
    let ((first, _), (second, _)) = (lab.process(None), lab.process(None));
    let (driven, refused) = tokio::join!(drive(&first, run), async {
        // Far longer than a lease: the heartbeat keeps it.
        tokio::time::sleep(Duration::from_secs(1000)).await;
        drive(&second, run).await
    });
    let error = refused.unwrap_err();
    assert!(error.owned_elsewhere());
    assert!(matches!(error, EngineError::Journal(JournalError::Owned { generation: 1, .. })), "{error:?}");
    assert_eq!(driven.unwrap().outcome(), Some(RunOutcome::Done));
}

#[tokio::test(start_paused = true)]
async fn a_dead_process_is_replaced_when_its_lease_is_over() {
    let lab = Lab::new();
    let run = lab.submit(definition(vec![step("a", &[], json!({"objects": 1}))])).await;
    assert!(drive(&lab.process(Some(1)).0, run).await.is_err());
    let (second, _) = lab.process(None);
    assert!(drive(&second, run).await.unwrap_err().owned_elsewhere());
    tokio::time::sleep(Duration::from_secs(16)).await;
    assert_eq!(drive(&second, run).await.unwrap().outcome(), Some(RunOutcome::Done));
    assert_eq!(lab.world.lock().creates["a/0"], 1);
}

#[tokio::test(start_paused = true)]
async fn who_lost_the_run_stops_at_once_and_writes_nothing() {
    for busy in [true, false] {
        let lab = Lab::new();
        if busy {
            lab.world.script(Phase::Apply, "a", [Act::Deaf(3_600_000)]);
        }
        let run = lab.submit(definition(vec![step("a", &[], json!({"objects": 1, "pending": 1}))])).await;
        let (engine, _) = lab.process(None);
        let begin = (lab.clock)();
        let (driven, ()) = tokio::join!(drive(&engine, run), async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let holder = Holder { host: "other".into(), pid: 9, started: 9 };
            let (lease, actor) = (Duration::from_secs(60), Actor("engine".into()));
            let claim = Claim { run, holder, lease, dead: Some(1), actor, at: (lab.clock)() };
            lab.journal.claim(claim).await.unwrap();
        });
        assert!(
            matches!(driven, Err(EngineError::Journal(JournalError::Fenced { own: 1, generation: 2, .. }))),
            "{driven:?}"
        );
        assert!(lab.since(begin) <= Duration::from_secs(26), "noticed with the next heartbeat");
        assert_eq!(lab.history(run).await.last().unwrap().generation, 2);
        assert_eq!(Arc::clone(&lab.clock)().since(begin), lab.since(begin));
        assert!(lab.journal.lease(run).await.unwrap().holder.is_some(), "the new owner keeps it");
    }
}
