//! Workers are killed, paused and cut off from their journal: every run ends right, and nothing is done twice.
//!
//! The first test is a sample. The whole of it, 8 workers and 200 runs:
//! `GATESHIFT_FLEET=whole cargo test -p gateshift-fleet-tests -- workers_die --nocapture`
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateshift_executor::state_of;
use gateshift_fleet_tests::{Hand, Place, World, definition, submit, work_as_child};
use gateshift_journal::{Journal, RunFilter, history};
use gateshift_journal_sqlx::testing::{TestServer, new_database, shared_server};
use gateshift_model::{Envelope, RunId, RunOutcome, RunStatus, verify_chain};

/// What a worker's process runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_works() {
    work_as_child().await;
}

fn hire(place: &Place, world: &World, name: &str, most: usize) -> Hand {
    Hand::hire("child_that_works", place, world, name, most)
}

fn new_id(number: usize) -> RunId {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    format!("{:08x}-0000-7000-8000-{:012x}", nanos as u32, number).parse().unwrap()
}

async fn unfinished(journal: &Arc<dyn Journal>) -> usize {
    let runs = journal.runs(RunFilter::default()).await.unwrap();
    // One that has finished may still name a holder that was killed before it could give it back.
    runs.iter().filter(|run| run.last_kind != "run_finished").count()
}

/// The history of a run that is done: whole, and of one owner at a time.
async fn whole_history(journal: &Arc<dyn Journal>, run: RunId, steps: usize) -> Vec<Envelope> {
    let events = history(&**journal, run).await.unwrap();
    assert_eq!(verify_chain(&events), Ok(()));
    assert!(events.windows(2).all(|pair| pair[0].generation <= pair[1].generation), "{run}");
    assert_eq!(state_of(&**journal, run).await.unwrap().status, RunStatus::Finished(RunOutcome::Done));
    let done = events.iter().filter(|event| event.body["event"] == "step_done").count();
    assert_eq!(done, steps, "{run}");
    let ends = events.iter().filter(|event| event.body["event"] == "run_finished").count();
    assert_eq!(ends, 1, "{run}");
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_die_and_the_database_restarts() {
    const STEPS: usize = 6;
    const THINGS: u64 = 2;
    let whole = std::env::var("GATESHIFT_FLEET").is_ok_and(|size| size == "whole");
    let (workers, runs, every) =
        if whole { (8, 200, Duration::from_secs(3)) } else { (4, 40, Duration::from_secs(2)) };
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path());
    let mut server = TestServer::start();
    let place = Place::Postgres(server.address().to_owned());
    let journal = place.open().await;
    let ids: Vec<RunId> = (0..runs).map(new_id).collect();
    for id in &ids {
        submit(&journal, *id, definition(STEPS, THINGS, 2, 30)).await;
    }
    let mut hands: Vec<Hand> =
        (0..workers).map(|number| hire(&place, &world, &format!("w{number}"), 4)).collect();
    let (begin, mut killed, mut restarts) = (Instant::now(), 0, vec!["restart", "crash"]);
    loop {
        tokio::time::sleep(every).await;
        let left = unfinished(&journal).await;
        if left == 0 {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(280), "{left} runs are left");
        let victim = killed % workers;
        hands[victim].kill();
        killed += 1;
        hands[victim] = hire(&place, &world, &format!("w{victim}.{killed}"), 4);
        if left * 3 < runs * restarts.len()
            && let Some(word) = restarts.pop()
        {
            server = tokio::task::spawn_blocking(move || {
                server.order(word);
                server
            })
            .await
            .unwrap();
        }
    }
    hands.into_iter().for_each(Hand::dismiss);
    let mut taken_over = 0;
    for id in &ids {
        let events = whole_history(&journal, *id, STEPS).await;
        taken_over += events.last().unwrap().generation - 1;
    }
    assert_eq!(world.count() as u64, runs as u64 * STEPS as u64 * THINGS);
    assert_eq!(world.made_again(), Vec::<String>::new());
    assert!(restarts.is_empty(), "it was over before the database was restarted twice");
    assert!(taken_over > 0, "no run was ever taken over");
    println!(
        "{workers} workers, {runs} runs: {killed} kills, {taken_over} runs taken over, 2 restarts, {:.0} s",
        begin.elapsed().as_secs_f64()
    );
    drop(journal);
    drop(server);
}

/// A worker is paused past its lease while another goes on with its run, and wakes up then.
async fn paused_past_its_lease(place: Place, folder: &Path) {
    const THINGS: u64 = 150;
    let world = World::at(folder);
    let journal = place.open().await;
    let run = new_id(1);
    submit(&journal, run, definition(1, THINGS, 0, 10)).await;
    let sleeper = hire(&place, &world, "sleeper", 1);
    sleeper.hear("taken", Duration::from_secs(20));
    while world.count() < 10 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    sleeper.signal("STOP");
    while !place.can_be_written().await {
        // A file is locked while somebody commits, even in his sleep: that is no moment to test.
        sleeper.signal("CONT");
        tokio::time::sleep(Duration::from_millis(7)).await;
        sleeper.signal("STOP");
    }
    let paused = Instant::now();
    let heir = hire(&place, &world, "heir", 1);
    heir.hear("taken", Duration::from_secs(20));
    // The lease, what a transaction of the sleeper may hold up, and starting a process on a busy machine.
    assert!(paused.elapsed() < Duration::from_secs(15), "{:?}", paused.elapsed());
    sleeper.signal("CONT");
    sleeper.hear("GS-JOURNAL-FENCED", Duration::from_secs(20));
    heir.hear("left", Duration::from_secs(60));
    let events = whole_history(&journal, run, 1).await;
    assert_eq!(events.last().unwrap().generation, 2);
    assert_eq!(world.count() as u64, THINGS);
    assert!(world.made_again().len() <= 1, "at most the call that was on its way: {:?}", world.made_again());
    // It has lost a run, and nothing else.
    drop(heir);
    let next = new_id(2);
    submit(&journal, next, definition(1, 3, 0, 10)).await;
    sleeper.hear(&format!("left {next} Finished"), Duration::from_secs(20));
    sleeper.dismiss();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_worker_fails_harmlessly_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    paused_past_its_lease(Place::Sqlite(folder.path().join("journal.db")), &folder.path().join("world"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_worker_fails_harmlessly_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    paused_past_its_lease(Place::Postgres(new_database(shared_server()).await), folder.path()).await;
}
