//! Workers that share runs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateshift_journal::Claim;
use gateshift_model::{Actor, Holder, RunId, RunOutcome, RunState, RunStatus, StepError};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::testing::{CrashJournal, Lab, definition, step};
use crate::{Command, Driven, Engine, EngineError, Foreman, NoWatcher, Watcher, Worker};

/// Gives every run the same engine, but some runs none.
struct Boss {
    engine: Engine,
    not: BTreeSet<RunId>,
    refused: Mutex<Vec<RunId>>,
    left: Mutex<Vec<RunId>>,
}

impl Foreman for Boss {
    fn engine(&self, run: RunId, _: &RunState) -> Result<Engine, StepError> {
        if self.not.contains(&run) {
            return Err(StepError::needs_operator("GS-TEST", "not with these keys"));
        }
        Ok(self.engine.clone())
    }

    fn watcher(&self, _: RunId) -> Arc<dyn Watcher> {
        Arc::new(NoWatcher)
    }

    fn taken(&self, _: RunId, _: &RunState) {}

    fn left(&self, run: RunId, _: &Result<Driven, EngineError>) {
        self.left.lock().unwrap().push(run);
    }

    fn refused(&self, run: RunId, _: &StepError) {
        self.refused.lock().unwrap().push(run);
    }
}

struct Hired {
    boss: Arc<Boss>,
    journal: CrashJournal,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Hired {
    fn new(lab: &Lab, most: usize, not: &[RunId]) -> Self {
        let (engine, journal) = lab.process(None);
        let options = (*engine.options).clone();
        let (refused, left) = (Mutex::default(), Mutex::default());
        let boss = Arc::new(Boss { engine, not: not.iter().copied().collect(), refused, left });
        let worker = Worker::new(Arc::new(journal.clone()), options, most, Arc::clone(&boss) as _);
        let stop = CancellationToken::new();
        let token = stop.clone();
        let task = tokio::spawn(async move { worker.work(token).await });
        Self { boss, journal, stop, task }
    }

    async fn dismiss(self) -> Arc<Boss> {
        self.stop.cancel();
        self.task.await.unwrap();
        self.boss
    }
}

async fn offered(lab: &Lab, name: &str, pending: u64) -> RunId {
    let run = lab.submit(definition(vec![step(name, &[], json!({"objects": 1, "pending": pending}))])).await;
    lab.journal.offer(run).await.unwrap();
    run
}

async fn ended(lab: &Lab, runs: &[RunId]) {
    for run in runs {
        while !matches!(lab.state(*run).await.status, RunStatus::Finished(_)) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn runs_on_offer_are_shared_and_done_once() {
    let lab = Lab::new();
    let mut runs = Vec::new();
    for number in 0..20 {
        runs.push(offered(&lab, &format!("s{number}"), 2).await);
    }
    let alone = lab.submit(definition(vec![step("alone", &[], json!({"objects": 1}))])).await;
    let workers = [Hired::new(&lab, 3, &[]), Hired::new(&lab, 3, &[])];
    ended(&lab, &runs).await;
    for worker in workers {
        let left = worker.dismiss().await.left.lock().unwrap().len();
        assert!(left >= 3, "one of two workers did only {left} of 20");
    }
    for (number, run) in runs.iter().enumerate() {
        assert_eq!(lab.state(*run).await.status, RunStatus::Finished(RunOutcome::Done));
        assert_eq!(lab.world.lock().creates[&format!("s{number}/0")], 1);
    }
    assert_eq!(lab.history(alone).await.len(), 1, "nobody takes what was not offered");
}

#[tokio::test(start_paused = true)]
async fn a_dead_worker_is_replaced_within_its_lease() {
    let lab = Lab::new();
    let run = offered(&lab, "a", 5).await;
    let first = Hired::new(&lab, 1, &[]);
    tokio::time::sleep(Duration::from_secs(90)).await;
    first.journal.crash();
    let begin = (lab.clock)();
    let second = Hired::new(&lab, 1, &[]);
    while lab.journal.lease(run).await.unwrap().generation < 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(lab.since(begin) <= Duration::from_millis(15_200), "{:?}", lab.since(begin));
    ended(&lab, &[run]).await;
    assert_eq!(lab.world.lock().creates["a/0"], 1);
    drop(second.dismiss().await);
    first.task.abort();
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_ends_gives_back_and_a_person_who_stops_is_heard() {
    let lab = Lab::new();
    let run = offered(&lab, "a", 5).await;
    let first = Hired::new(&lab, 4, &[]);
    tokio::time::sleep(Duration::from_secs(30)).await;
    drop(first.dismiss().await);
    let lease = lab.journal.lease(run).await.unwrap();
    assert_eq!((lease.generation, lease.holder), (1, None), "it was given back");
    let second = Hired::new(&lab, 4, &[]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(lab.journal.lease(run).await.unwrap().generation, 2, "the next one goes on at once");
    let stop = Command::Stop { reason: "lunch".into() };
    lab.successor().request(run, &stop).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let lease = lab.journal.lease(run).await.unwrap();
    assert_eq!((lease.generation, lease.holder), (2, None), "no worker takes what a person has stopped");
    lab.journal.offer(run).await.unwrap();
    ended(&lab, &[run]).await;
    assert_eq!(lab.state(run).await.status, RunStatus::Finished(RunOutcome::Done));
    drop(second.dismiss().await);
}

#[tokio::test(start_paused = true)]
async fn what_one_cannot_do_another_does() {
    let lab = Lab::new();
    let run = offered(&lab, "a", 0).await;
    let clumsy = Hired::new(&lab, 4, &[run]);
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(lab.journal.lease(run).await.unwrap().generation, 1, "it tries once");
    let able = Hired::new(&lab, 4, &[]);
    ended(&lab, &[run]).await;
    assert_eq!(*clumsy.dismiss().await.refused.lock().unwrap(), [run]);
    drop(able.dismiss().await);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ended_on_the_way_is_left_in_peace() {
    let lab = Lab::new();
    let (run, outcome) = lab.run(definition(vec![step("a", &[], json!({"objects": 1}))])).await;
    assert_eq!(outcome, RunOutcome::Done);
    lab.journal.offer(run).await.unwrap();
    // Somebody has it for a moment, so that the worker finds nothing at first.
    let holder = Holder { host: "other".into(), pid: 9, started: 9 };
    let (lease, actor) = (Duration::from_secs(3), Actor("engine".into()));
    let claim = Claim { run, holder, lease, dead: None, actor, at: (lab.clock)() };
    lab.journal.claim(claim).await.unwrap();
    let worker = Hired::new(&lab, 4, &[]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(lab.journal.lease(run).await.unwrap().generation, 3, "it is looked at once");
    assert_eq!(lab.state(run).await.status, RunStatus::Finished(RunOutcome::Done));
    drop(worker.dismiss().await);
}
