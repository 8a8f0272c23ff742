//! The tests that every journal has to pass, each a function over a fresh, empty journal.
//! [`journal_suite!`](crate::journal_suite) makes a test of each.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "these functions are tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use gateshift_model::{
    Actor, Envelope, Event, GENESIS, Generation, Holder, RunDefinition, RunId, RunOutcome, RunState,
    StepName, Timestamp, digest_bytes, verify_chain,
};
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::{
    AppendBatch, Claim, Journal, JournalError, NewArtifact, NewRun, Record, Request, RequestId, RunFilter,
    Take, Taken, Topic, history,
};

/// Makes a `#[tokio::test]` of every case. `$make` is an async function that gives a fresh
/// `Arc<dyn Journal>`.
#[macro_export]
macro_rules! journal_suite {
    ($make:ident) => {
        $crate::journal_suite!($make:
            appends_form_a_chain, batches_are_atomic_and_ordered, many_appenders_of_one_run,
            relaxed_rides_in_order, a_lost_batch_is_told, expected_place_is_checked, older_generations_are_fenced,
            leases_are_respected, a_dead_holder_is_replaced, renewal_and_release, unknown_runs_are_named,
            runs_are_listed, pages_of_events, artifacts_are_found_by_content, requests_are_answered_once,
            bodies_come_back_to_the_bit, offers_go_to_one_taker_each, offers_last_until_the_end,
            notes_stay_as_they_were_first,
        );
    };
    ($make:ident: $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::suite::$case($make().await).await;
            }
        )*
    };
}

/// A run with no steps.
#[must_use]
pub fn new_run(name: &str, at: i64) -> NewRun {
    NewRun {
        run: RunId(Uuid::now_v7()),
        definition: RunDefinition {
            format: 1,
            name: name.into(),
            source_digest: digest_bytes(name.as_bytes()),
            inputs: BTreeMap::new(),
            connections: BTreeMap::new(),
            steps: Vec::new(),
            rehearsal: Value::Null,
            waivers: Vec::new(),
            pinned: None,
            restarts: None,
        },
        engine: "0".into(),
        actor: Actor("user:test".into()),
        at: Timestamp(at),
    }
}

/// A record that can be told from others.
#[must_use]
pub fn record(text: &str) -> Record {
    let event = Event::Decided { decision: text.into(), step: None, reason: String::new() };
    Record { at: Timestamp(7), actor: Actor("engine".into()), event }
}

/// A batch of records.
#[must_use]
pub fn batch(run: RunId, generation: Generation, texts: &[&str], durable: bool) -> AppendBatch {
    let records = texts.iter().map(|text| record(text)).collect();
    AppendBatch { run, generation, expected_seq: None, records, artifacts: Vec::new(), durable }
}

/// A claim by process `pid`.
#[must_use]
pub fn claim(run: RunId, pid: u32, lease: Duration) -> Claim {
    let holder = Holder { host: "here".into(), pid, started: 1 };
    Claim { run, holder, lease, dead: None, actor: Actor("engine".into()), at: Timestamp(5) }
}

const LONG: Duration = Duration::from_secs(60);

/// Creates a run and takes it for generation 1.
pub async fn owned_run(journal: &dyn Journal) -> RunId {
    let new = new_run("owned", 1);
    journal.create_run(new.clone()).await.unwrap();
    assert_eq!(journal.claim(claim(new.run, 1, LONG)).await.unwrap().generation, 1);
    new.run
}

/// The texts of [`record`]s in a history.
#[must_use]
pub fn texts(events: &[Envelope]) -> Vec<String> {
    events.iter().filter_map(|envelope| envelope.body["decision"].as_str().map(str::to_owned)).collect()
}

/// What is read back is what was acknowledged, and every event continues the one before.
pub async fn appends_form_a_chain(journal: Arc<dyn Journal>) {
    let new = new_run("chain", 1);
    let first = journal.create_run(new.clone()).await.unwrap();
    assert_eq!((first.seq, first.generation, first.previous.as_str()), (1, 0, GENESIS));
    assert_eq!(journal.create_run(new.clone()).await, Err(JournalError::Exists(new.run)));
    let claimed = journal.claim(claim(new.run, 1, LONG)).await.unwrap();
    let mut expected = vec![first, claimed.event];
    for text in ["a", "b", "c"] {
        expected.extend(journal.append(batch(new.run, 1, &[text, "and"], true)).await.unwrap());
    }
    let found = history(&*journal, new.run).await.unwrap();
    assert_eq!(found, expected);
    assert_eq!(verify_chain(&found), Ok(()));
    assert_eq!(texts(&found), ["a", "and", "b", "and", "c", "and"]);
    let events: Vec<_> = found
        .iter()
        .map(|found| (found.event().unwrap(), found.generation, found.at, found.actor.clone()))
        .collect();
    let state =
        RunState::fold(events.iter().map(|(event, generation, at, actor)| (event, *generation, *at, actor)));
    assert_eq!(state.unwrap().unwrap().definition, new.definition);
}

/// Batches handed over one after the other are written in that order, whoever waits for which.
pub async fn batches_are_atomic_and_ordered(journal: Arc<dyn Journal>) {
    let run = owned_run(&*journal).await;
    let texts_in: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    let receipts: Vec<_> = texts_in
        .chunks(3)
        .map(|chunk| {
            journal.append(batch(run, 1, &chunk.iter().map(String::as_str).collect::<Vec<_>>(), true))
        })
        .collect();
    for (receipt, chunk) in receipts.into_iter().zip(texts_in.chunks(3)).rev() {
        assert_eq!(texts(&receipt.await.unwrap()), chunk);
    }
    assert_eq!(texts(&history(&*journal, run).await.unwrap()), texts_in);
}

/// Many tasks append to one run, and to others, without a conflict, a gap or a loss.
pub async fn many_appenders_of_one_run(journal: Arc<dyn Journal>) {
    let runs = [owned_run(&*journal).await, owned_run(&*journal).await];
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..64 {
        let journal = Arc::clone(&journal);
        let run = runs[number % 2];
        tasks.spawn(async move {
            for turn in 0..5 {
                journal.append(batch(run, 1, &[&format!("{number}.{turn}")], true)).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    for run in runs {
        let found = history(&*journal, run).await.unwrap();
        assert_eq!(verify_chain(&found), Ok(()));
        assert_eq!(texts(&found).into_iter().collect::<BTreeSet<_>>().len(), 32 * 5);
    }
}

/// A relaxed batch needs nobody to wait for it, stands before the durable one that follows, and is
/// written in the end even if none follows.
pub async fn relaxed_rides_in_order(journal: Arc<dyn Journal>) {
    let run = owned_run(&*journal).await;
    drop(journal.append(batch(run, 1, &["a"], false)));
    drop(journal.append(batch(run, 1, &["b"], false)));
    journal.append(batch(run, 1, &["c"], true)).await.unwrap();
    assert_eq!(texts(&history(&*journal, run).await.unwrap()), ["a", "b", "c"]);
    journal.append(batch(run, 1, &["d"], false)).await.unwrap();
    drop(journal.append(batch(run, 1, &["e"], false)));
    journal.flush().await.unwrap();
    assert_eq!(texts(&history(&*journal, run).await.unwrap()), ["a", "b", "c", "d", "e"]);
}

/// A batch that nobody waited for and that could not be written fails the next durable one, so that no
/// history has a gap; after that the run goes on.
pub async fn a_lost_batch_is_told(journal: Arc<dyn Journal>) {
    let run = owned_run(&*journal).await;
    drop(journal.append(AppendBatch { expected_seq: Some(99), ..batch(run, 1, &["lost"], false) }));
    let lost = JournalError::Moved { run, expected: 99, found: 3 };
    assert_eq!(journal.append(batch(run, 1, &["behind"], false)).await, Err(lost.clone()));
    assert_eq!(journal.append(batch(run, 1, &["told"], true)).await, Err(lost));
    journal.append(batch(run, 1, &["on"], true)).await.unwrap();
    assert_eq!(texts(&history(&*journal, run).await.unwrap()), ["on"]);
}

/// A batch that expects another place is refused whole, and its neighbours are not.
pub async fn expected_place_is_checked(journal: Arc<dyn Journal>) {
    let run = owned_run(&*journal).await;
    let expecting = |seq, text| AppendBatch { expected_seq: Some(seq), ..batch(run, 1, &[text, text], true) };
    let receipts = [
        journal.append(expecting(3, "a")),
        journal.append(expecting(3, "b")),
        journal.append(expecting(5, "c")),
    ];
    let [a, b, c] = receipts;
    a.await.unwrap();
    assert_eq!(b.await, Err(JournalError::Moved { run, expected: 3, found: 5 }));
    c.await.unwrap();
    assert_eq!(texts(&history(&*journal, run).await.unwrap()), ["a", "a", "c", "c"]);
}

/// Whoever lost the run writes nothing more: no event, no artifact, no renewal.
pub async fn older_generations_are_fenced(journal: Arc<dyn Journal>) {
    let run = owned_run(&*journal).await;
    let taken = Claim { dead: Some(1), ..claim(run, 2, LONG) };
    assert_eq!(journal.claim(taken.clone()).await.unwrap().generation, 2);
    let fenced = JournalError::Fenced { run, holder: Some(taken.holder), generation: 2, own: 1 };
    let artifact = NewArtifact::new("late", "text/plain", b"late".to_vec());
    let late = AppendBatch { artifacts: vec![artifact.clone()], ..batch(run, 1, &["late"], true) };
    let good = journal.append(batch(run, 2, &["good"], true));
    assert_eq!(journal.append(late).await, Err(fenced.clone()));
    good.await.unwrap();
    assert_eq!(journal.renew(run, 1, LONG).await, Err(fenced.clone()));
    drop(journal.append(batch(run, 1, &["late"], false)));
    assert_eq!(journal.append(batch(run, 1, &["late"], true)).await, Err(fenced));
    journal.release(run, 1).await.unwrap();
    assert_eq!(journal.lease(run).await.unwrap().generation, 2);
    assert!(journal.lease(run).await.unwrap().holder.is_some());
    assert_eq!(texts(&history(&*journal, run).await.unwrap()), ["good"]);
    let digest = artifact.artifact.digest;
    assert_eq!(journal.get_artifact(&digest).await, Err(JournalError::UnknownArtifact(digest)));
}

/// A second process is refused with the holder's name until the lease is over.
pub async fn leases_are_respected(journal: Arc<dyn Journal>) {
    let new = new_run("lease", 1);
    journal.create_run(new.clone()).await.unwrap();
    let short = Duration::from_millis(1000);
    let first = journal.claim(claim(new.run, 1, short)).await.unwrap();
    let refused = journal.claim(claim(new.run, 2, short)).await;
    let holder = claim(new.run, 1, short).holder;
    assert_eq!(refused, Err(JournalError::Owned { run: new.run, holder, generation: 1, until: first.until }));
    tokio::time::sleep(Duration::from_millis(1050)).await;
    let second = journal.claim(claim(new.run, 2, LONG)).await.unwrap();
    assert_eq!((second.generation, second.event.generation, second.event.seq), (2, 2, 3));
    assert!(second.until > first.until);
}

/// A holder known to be dead is replaced at once, but only that one.
pub async fn a_dead_holder_is_replaced(journal: Arc<dyn Journal>) {
    let run = owned_run(&*journal).await;
    journal.claim(Claim { dead: Some(1), ..claim(run, 2, LONG) }).await.unwrap();
    let late = journal.claim(Claim { dead: Some(1), ..claim(run, 3, LONG) }).await;
    assert!(matches!(late, Err(JournalError::Owned { generation: 2, .. })), "{late:?}");
}

/// Renewing moves the end; releasing lets the next one in.
pub async fn renewal_and_release(journal: Arc<dyn Journal>) {
    let new = new_run("renew", 1);
    journal.create_run(new.clone()).await.unwrap();
    assert_eq!(journal.lease(new.run).await.unwrap().generation, 0);
    let first = journal.claim(claim(new.run, 1, Duration::from_millis(100))).await.unwrap();
    let until = journal.renew(new.run, 1, LONG).await.unwrap();
    assert!(until > first.until);
    assert_eq!(journal.lease(new.run).await.unwrap().until, until);
    assert!(journal.claim(claim(new.run, 2, LONG)).await.is_err());
    journal.release(new.run, 1).await.unwrap();
    assert_eq!(journal.lease(new.run).await.unwrap().holder, None);
    assert_eq!(journal.claim(claim(new.run, 2, LONG)).await.unwrap().generation, 2);
}

/// Every call on a run that does not exist says so.
pub async fn unknown_runs_are_named(journal: Arc<dyn Journal>) {
    let run = RunId(Uuid::now_v7());
    let unknown = JournalError::UnknownRun(run);
    assert_eq!(journal.append(batch(run, 0, &["a"], true)).await, Err(unknown.clone()));
    assert_eq!(journal.claim(claim(run, 1, LONG)).await, Err(unknown.clone()));
    assert_eq!(journal.renew(run, 1, LONG).await, Err(unknown.clone()));
    assert_eq!(journal.lease(run).await, Err(unknown.clone()));
    assert_eq!(journal.events(run, 1, 10).await, Err(unknown.clone()));
    assert_eq!(journal.post_request(request(run, 1)).await, Err(unknown));
}

/// Newest first, by prefix, with a limit.
pub async fn runs_are_listed(journal: Arc<dyn Journal>) {
    assert_eq!(journal.runs(RunFilter::default()).await, Ok(Vec::new()));
    let mut ids = Vec::new();
    for number in 1..=3 {
        let new = new_run(&format!("run-{number}"), number);
        journal.create_run(new.clone()).await.unwrap();
        ids.push(new.run);
    }
    journal.claim(claim(ids[1], 9, LONG)).await.unwrap();
    let found = journal.runs(RunFilter::default()).await.unwrap();
    assert_eq!(found.iter().map(|run| run.run).collect::<Vec<_>>(), [ids[2], ids[1], ids[0]]);
    let middle = &found[1];
    assert_eq!((middle.name.as_str(), middle.created, middle.last_seq), ("run-2", Timestamp(2), 2));
    assert_eq!(
        (middle.last_kind.as_str(), middle.updated, middle.generation),
        ("run_claimed", Timestamp(5), 1)
    );
    assert_eq!(middle.holder.as_ref().map(|holder| holder.pid), Some(9));
    let two = RunFilter { limit: Some(2), ..RunFilter::default() };
    assert_eq!(journal.runs(two).await.unwrap(), found[..2]);
    let whole = RunFilter { prefix: ids[0].to_string(), limit: None };
    assert_eq!(journal.runs(whole).await.unwrap(), found[2..]);
    let none = RunFilter { prefix: "%".into(), limit: None };
    assert_eq!(journal.runs(none).await.unwrap(), []);
}

/// Pages join without a gap.
pub async fn pages_of_events(journal: Arc<dyn Journal>) {
    let run = owned_run(&*journal).await;
    journal.append(batch(run, 1, &["a", "b", "c"], true)).await.unwrap();
    let all = history(&*journal, run).await.unwrap();
    for size in 1..=6 {
        let mut joined = Vec::new();
        while let Some(page) = Some(journal.events(run, joined.len() as u64 + 1, size).await.unwrap())
            .filter(|page| !page.is_empty())
        {
            assert!(page.len() <= size);
            joined.extend(page);
        }
        assert_eq!(joined, all);
    }
    assert_eq!(journal.events(run, 99, 10).await, Ok(Vec::new()));
}

/// Bytes come back by their digest; storing them twice is harmless; they share the batch's fate.
pub async fn artifacts_are_found_by_content(journal: Arc<dyn Journal>) {
    let run = owned_run(&*journal).await;
    let big: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
    for (name, bytes) in [("empty", Vec::new()), ("big", big.clone()), ("again", big)] {
        let new = NewArtifact::new(name, "application/octet-stream", bytes.clone());
        let digest = new.artifact.digest.clone();
        assert_eq!(digest, digest_bytes(&bytes));
        let stored = AppendBatch { artifacts: vec![new], ..batch(run, 1, &[], true) };
        assert_eq!(journal.append(stored).await, Ok(Vec::new()));
        assert_eq!(journal.get_artifact(&digest).await, Ok(bytes));
    }
}

fn request(run: RunId, at: i64) -> Request {
    Request {
        id: RequestId(Uuid::now_v7()),
        run,
        at: Timestamp(at),
        actor: Actor("user:ann".into()),
        body: json!({"do": "stop", "nested": {"é": [1, null]}}),
    }
}

/// Requests wait for their owner and carry the first answer.
pub async fn requests_are_answered_once(journal: Arc<dyn Journal>) {
    let run = owned_run(&*journal).await;
    let (first, second) = (request(run, 1), request(run, 2));
    for posted in [&first, &second, &first] {
        journal.post_request(posted.clone()).await.unwrap();
    }
    assert_eq!(journal.open_requests(run).await.unwrap(), [first.clone(), second.clone()]);
    journal.answer(first.id, "done".into()).await.unwrap();
    journal.answer(first.id, "again".into()).await.unwrap();
    assert_eq!(journal.request(first.id).await.unwrap().answer.as_deref(), Some("done"));
    assert_eq!(journal.open_requests(run).await.unwrap(), [second]);
    let nobody = RequestId(Uuid::now_v7());
    assert_eq!(journal.answer(nobody, String::new()).await, Err(JournalError::UnknownRequest(nobody)));
    assert_eq!(journal.request(nobody).await, Err(JournalError::UnknownRequest(nobody)));
}

/// Bodies come back as they were written: text of any script, large numbers, empty values.
pub async fn bodies_come_back_to_the_bit(journal: Arc<dyn Journal>) {
    let run = owned_run(&*journal).await;
    let value = json!({
        "floats": [0.1, f64::MAX, f64::MIN_POSITIVE, 5e-324, -0.0, 122.416_294_033_786_58, 1e21, 0.1 + 0.2, 1.0 / 3.0],
        "integers": [u64::MAX, i64::MIN, 0],
        "empty": [{}, [], "", null],
    });
    let mut numbers = record("numbers");
    numbers.event = Event::Checkpointed { step: StepName::new("a").unwrap(), attempt: 1, value };
    let numbers = AppendBatch { records: vec![numbers], ..batch(run, 1, &[], true) };
    let written = journal.append(numbers).await.unwrap();
    let found = journal.events(run, written[0].seq, 1).await.unwrap();
    assert_eq!(found[0].computed_hash(), written[0].hash);
    assert_eq!(found, written);
    for text in ["", "\u{0}", "'; drop table events; --", "日本語 \"quoted\" \\", "\u{1f680}\n\t"] {
        let written = journal.append(batch(run, 1, &[text], true)).await.unwrap();
        let found = journal.events(run, written[0].seq, 1).await.unwrap();
        assert_eq!(found, written);
        assert_eq!(found[0].computed_hash(), found[0].hash);
    }
}

/// A wish of process `pid` for any run.
#[must_use]
pub fn take(pid: u32, lease: Duration) -> Take {
    let holder = Holder { host: "here".into(), pid, started: 1 };
    Take { holder, lease, except: Vec::new(), actor: Actor("worker:test".into()), at: Timestamp(6) }
}

async fn taken(journal: &dyn Journal, pid: u32) -> Option<(RunId, Generation)> {
    match journal.take_offered(take(pid, LONG)).await.unwrap() {
        Taken::Run(run, claimed) => Some((run, claimed.generation)),
        Taken::Nothing { .. } => None,
    }
}

/// Many workers ask at once: each offered run goes to one of them, the oldest offer first, and what is
/// not offered or not wanted to none.
pub async fn offers_go_to_one_taker_each(journal: Arc<dyn Journal>) {
    let unknown = RunId(Uuid::now_v7());
    assert_eq!(journal.offer(unknown).await, Err(JournalError::UnknownRun(unknown)));
    assert_eq!(journal.withdraw(unknown).await, Err(JournalError::UnknownRun(unknown)));
    let nothing = Taken::Nothing { again: None };
    assert_eq!(journal.take_offered(take(1, LONG)).await, Ok(nothing.clone()));
    let mut offered = Vec::new();
    for number in 0..12 {
        let new = new_run("offered", number);
        journal.create_run(new.clone()).await.unwrap();
        assert_eq!(journal.take_offered(take(1, LONG)).await, Ok(nothing.clone()), "it was not offered");
        journal.offer(new.run).await.unwrap();
        journal.offer(new.run).await.unwrap();
        let but = Take { except: vec![unknown, new.run], ..take(1, LONG) };
        if number == 0 {
            assert_eq!(journal.take_offered(but).await, Ok(nothing.clone()), "it was not wanted");
        }
        if number < 11 {
            assert_eq!(taken(&*journal, 1).await, Some((new.run, 1)));
            journal.release(new.run, 1).await.unwrap();
            journal.withdraw(new.run).await.unwrap();
        }
        offered.push(new.run);
    }
    for run in &offered[..11] {
        journal.offer(*run).await.unwrap();
    }
    assert_eq!(taken(&*journal, 1).await, Some((offered[11], 1)), "the oldest offer comes first");
    let takers = (0..16).map(|pid| {
        let journal = Arc::clone(&journal);
        tokio::spawn(async move { taken(&*journal, pid).await })
    });
    let mut got = BTreeSet::new();
    for taker in takers.collect::<Vec<_>>() {
        if let Some((run, generation)) = taker.await.unwrap() {
            assert_eq!(generation, 2);
            assert!(got.insert(run), "{run} was given to two");
        }
    }
    // A taker may find all that is left in the hands of others who are about to get it.
    while let Some((run, _)) = taken(&*journal, 1).await {
        assert!(got.insert(run), "{run} was given to two");
    }
    assert_eq!(got, offered[..11].iter().copied().collect());
    for run in offered {
        let events = history(&*journal, run).await.unwrap();
        assert_eq!(verify_chain(&events), Ok(()));
        assert_eq!(events.last().unwrap().actor, Actor("worker:test".into()));
    }
}

/// A run stays on offer over leases and owners, until it finishes or is withdrawn.
pub async fn offers_last_until_the_end(journal: Arc<dyn Journal>) {
    let new = new_run("offered", 1);
    journal.create_run(new.clone()).await.unwrap();
    journal.offer(new.run).await.unwrap();
    let mut news = journal.news(Topic::Offers, Duration::from_millis(20));
    let short = Duration::from_millis(700);
    assert!(matches!(journal.take_offered(take(1, short)).await, Ok(Taken::Run(..))));
    let Ok(Taken::Nothing { again: Some(again) }) = journal.take_offered(take(2, LONG)).await else {
        panic!("somebody has it, for a while");
    };
    assert!(again <= short && again > Duration::from_millis(100), "{again:?}");
    tokio::time::sleep(again + Duration::from_millis(50)).await;
    assert_eq!(taken(&*journal, 2).await, Some((new.run, 2)), "its owner has died");
    journal.release(new.run, 2).await.unwrap();
    news.next(None).await;
    assert_eq!(taken(&*journal, 3).await, Some((new.run, 3)), "its owner gave it back");
    let mut end = batch(new.run, 3, &["end"], true);
    let (outcome, reason) = (RunOutcome::Done, String::new());
    end.records.push(Record { event: Event::RunFinished { outcome, reason }, ..record("") });
    journal.append(end).await.unwrap();
    journal.release(new.run, 3).await.unwrap();
    assert_eq!(taken(&*journal, 4).await, None, "it has finished");
    journal.offer(new.run).await.unwrap();
    journal.withdraw(new.run).await.unwrap();
    assert_eq!(taken(&*journal, 4).await, None, "it was withdrawn");
    assert_eq!(history(&*journal, new.run).await.unwrap().len(), 6);
}

/// What is noted first stays.
pub async fn notes_stay_as_they_were_first(journal: Arc<dyn Journal>) {
    assert_eq!(journal.note("key", None).await, Ok(None));
    assert_eq!(journal.note("key", Some("a")).await.unwrap().as_deref(), Some("a"));
    assert_eq!(journal.note("key", Some("b")).await.unwrap().as_deref(), Some("a"));
    assert_eq!(journal.note("key", None).await.unwrap().as_deref(), Some("a"));
    assert_eq!(journal.note("other", None).await, Ok(None));
}
