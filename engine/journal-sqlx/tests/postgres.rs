//! What only a server can do: go away, refuse, be shared, and be locked by others.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateshift_journal::suite::{batch, claim, new_run, owned_run, take, texts};
use gateshift_journal::{AppendBatch, Claim, Journal, JournalError, NewArtifact, Taken, Topic, history};
use gateshift_journal_sqlx::testing::{TestServer, new_database, run_sql, shared_server};
use gateshift_journal_sqlx::{PostgresAddress, PostgresJournal};
use gateshift_model::verify_chain;

const LONG: Duration = Duration::from_secs(60);

fn address(text: &str) -> PostgresAddress {
    PostgresAddress::parse(text).unwrap()
}

async fn open(text: &str) -> Arc<PostgresJournal> {
    Arc::new(PostgresJournal::open(&address(text)).await.unwrap())
}

async fn codes(text: &str) -> [String; 2] {
    let code = |result: Result<PostgresJournal, JournalError>| {
        let error = result.err().unwrap();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        error.code().to_owned()
    };
    let address = address(text);
    [code(PostgresJournal::open(&address).await), code(PostgresJournal::open_read_only(&address).await)]
}

/// The address with another user and password.
fn with_user(text: &str, user: &str) -> String {
    let (_, host) = text.rsplit_once('@').unwrap();
    format!("postgres://{user}@{host}")
}

#[tokio::test]
async fn every_refusal_has_its_code_and_never_shows_a_password() {
    let server = shared_server();
    let base = new_database(server).await;
    assert_eq!(codes("postgres://a:secret@127.0.0.1:1/x").await, ["GS-JOURNAL-UNREACHABLE"; 2]);
    assert_eq!(codes(&with_user(&base, "postgres:secretwrong")).await, ["GS-JOURNAL-LOGIN"; 2]);
    assert_eq!(codes(&with_user(&base, "nobody:secretwrong")).await, ["GS-JOURNAL-LOGIN"; 2]);
    assert_eq!(codes(&format!("{base}_not")).await, ["GS-JOURNAL-OPEN"; 2]);
    let empty = PostgresJournal::open_read_only(&address(&base)).await.unwrap_err();
    assert_eq!(empty.code(), "GS-JOURNAL-OPEN");

    let foreign = new_database(server).await;
    run_sql(&foreign, "CREATE SCHEMA gateshift; CREATE TABLE gateshift.runs (a int)").await;
    assert_eq!(codes(&foreign).await, ["GS-JOURNAL-FOREIGN"; 2]);

    open(&base).await;
    run_sql(&base, "UPDATE gateshift.format SET version = 999").await;
    assert_eq!(codes(&base).await, ["GS-JOURNAL-NEWER"; 2]);
}

#[tokio::test]
async fn a_role_that_may_only_read_reads() {
    let base = new_database(shared_server()).await;
    let journal = open(&base).await;
    let run = owned_run(&*journal).await;
    let role = format!("reader_{}", std::process::id());
    let grants = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT USAGE ON SCHEMA gateshift TO {role};
         GRANT SELECT ON ALL TABLES IN SCHEMA gateshift TO {role}"
    );
    run_sql(&base, &grants).await;
    let reader = with_user(&base, &format!("{role}:secret"));
    let refused = PostgresJournal::open(&address(&reader)).await.unwrap_err();
    assert_eq!(refused.code(), "GS-JOURNAL-DENIED", "{refused}");
    let reads = PostgresJournal::open_read_only(&address(&reader)).await.unwrap();
    assert_eq!(history(&reads, run).await.unwrap().len(), 2);
    assert!(matches!(reads.append(batch(run, 1, &["a"], true)).await, Err(JournalError::ReadOnly { .. })));

    run_sql(&base, &format!("REVOKE USAGE ON SCHEMA gateshift FROM {role}")).await;
    assert_eq!(codes(&reader).await, ["GS-JOURNAL-DENIED"; 2]);
    run_sql(&base, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test]
async fn many_open_a_new_database_at_once() {
    let base = new_database(shared_server()).await;
    let opening = (0..8).map(|_| {
        let base = base.clone();
        tokio::spawn(async move { open(&base).await })
    });
    for journal in opening.collect::<Vec<_>>() {
        owned_run(&*journal.await.unwrap()).await;
    }
}

/// Two processes write to the same runs, each believing that it owns them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_taken_in_the_middle_of_writing_has_one_history() {
    let base = new_database(shared_server()).await;
    let journals = [open(&base).await, open(&base).await];
    let run = owned_run(&*journals[0]).await;
    let mut written = Vec::new();
    for turn in 0..12_u64 {
        let (old, new) = (&journals[(turn % 2) as usize], &journals[((turn + 1) % 2) as usize]);
        let receipts: Vec<_> = (0..20)
            .map(|number| old.append(batch(run, turn + 1, &[&format!("{turn}.{number}")], true)))
            .collect();
        let dead = Claim { dead: Some(turn + 1), ..claim(run, turn as u32 + 10, LONG) };
        assert_eq!(new.claim(dead).await.unwrap().generation, turn + 2);
        for (number, receipt) in receipts.into_iter().enumerate() {
            match receipt.await {
                Ok(_) => written.push(format!("{turn}.{number}")),
                Err(error) => assert!(matches!(error, JournalError::Fenced { .. }), "{error:?}"),
            }
        }
        let fenced = old.append(batch(run, turn + 1, &["late"], true)).await;
        assert!(matches!(fenced, Err(JournalError::Fenced { .. })), "{fenced:?}");
    }
    let events = history(&*journals[0], run).await.unwrap();
    assert_eq!(verify_chain(&events), Ok(()));
    assert_eq!(texts(&events), written);
    assert!(events.windows(2).all(|pair| pair[0].generation <= pair[1].generation));
}

/// The database itself refuses what an old generation writes, whatever the writer believes.
#[tokio::test]
async fn an_old_generation_is_refused_by_the_database() {
    let base = new_database(shared_server()).await;
    let (one, two) = (open(&base).await, open(&base).await);
    let run = owned_run(&*one).await;
    one.append(batch(run, 1, &["a"], true)).await.unwrap();
    two.claim(Claim { dead: Some(1), ..claim(run, 2, LONG) }).await.unwrap();
    // Even at a place that is free, an event of generation 1 finds no run that it may join.
    let sql = "DO $$ BEGIN
                 INSERT INTO gateshift.events (run, seq, generation, at, actor, kind, previous, hash, body)
                 SELECT r.id, 99, 1, 0, '', '', '', '', '' FROM (SELECT 1) one
                 LEFT JOIN gateshift.runs r ON r.generation = 1;
                 RAISE EXCEPTION 'it was written';
               EXCEPTION WHEN not_null_violation THEN NULL; END $$";
    run_sql(&base, sql).await;
    // `one` remembers the run as its own.
    let late = one.append(batch(run, 1, &["late"], true)).await;
    assert!(matches!(late, Err(JournalError::Fenced { generation: 2, own: 1, .. })), "{late:?}");
    assert_eq!(texts(&history(&*two, run).await.unwrap()), ["a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_offered_or_asked_is_heard_at_once_elsewhere() {
    let base = new_database(shared_server()).await;
    let (one, two) = (open(&base).await, open(&base).await);
    let day = Duration::from_secs(86_400);
    let (mut offers, mut requests) = (two.news(Topic::Offers, day), two.news(Topic::Requests, day));
    // Listening has begun when the first news are told: there may have been some before.
    offers.next(None).await;
    requests.next(None).await;
    let new = new_run("told", 1);
    one.create_run(new.clone()).await.unwrap();
    let begin = Instant::now();
    one.offer(new.run).await.unwrap();
    offers.next(None).await;
    let Ok(Taken::Run(run, _)) = two.take_offered(take(2, LONG)).await else { panic!("nothing was offered") };
    two.release(run, 1).await.unwrap();
    offers.next(None).await;
    let request = gateshift_journal::Request {
        id: gateshift_journal::RequestId(uuid::Uuid::now_v7()),
        run,
        at: gateshift_model::Timestamp(1),
        actor: gateshift_model::Actor("user:ann".into()),
        body: serde_json::json!({}),
    };
    one.post_request(request.clone()).await.unwrap();
    requests.next(None).await;
    assert_eq!(two.open_requests(run).await.unwrap(), [request]);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

/// A session that was paused in the middle of a transaction holds nobody up for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sleeper_with_an_open_transaction_is_ended() {
    let base = new_database(shared_server()).await;
    let journal = open(&base).await;
    let run = owned_run(&*journal).await;
    // As a writer's session is set, and then nothing comes any more.
    let sleeper = tokio::spawn({
        let base = base.clone();
        async move {
            use sqlx::ConnectOptions;
            let options: sqlx::postgres::PgConnectOptions = base.parse().unwrap();
            let options = options.options([("idle_in_transaction_session_timeout", "1500")]);
            let mut connection = options.connect().await.unwrap();
            sqlx::raw_sql("BEGIN; SELECT * FROM gateshift.runs FOR UPDATE")
                .execute(&mut connection)
                .await
                .unwrap();
            tokio::time::sleep(LONG).await;
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begin = Instant::now();
    journal.claim(Claim { dead: Some(1), ..claim(run, 2, LONG) }).await.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    sleeper.abort();
}

/// Many tasks write while the server is restarted and crashes: nothing that was acknowledged is missing,
/// nothing stands twice, and nobody is told of an error.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_away_and_comes_back_is_not_noticed() {
    let mut server = TestServer::start();
    let journal = open(server.address()).await;
    let mut runs = Vec::new();
    for _ in 0..8 {
        runs.push(owned_run(&*journal).await);
    }
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let writers: Vec<_> = runs
        .iter()
        .map(|run| {
            let (journal, run, done) = (Arc::clone(&journal), *run, Arc::clone(&done));
            tokio::spawn(async move {
                let mut told = Vec::new();
                for number in 0.. {
                    if done.load(std::sync::atomic::Ordering::Relaxed) {
                        break;
                    }
                    let text = number.to_string();
                    let artifact = NewArtifact::new("a", "text/plain", format!("{run}{number}").into_bytes());
                    let artifacts = if number % 7 == 0 { vec![artifact] } else { Vec::new() };
                    journal.append(AppendBatch { artifacts, ..batch(run, 1, &[&text], true) }).await.unwrap();
                    if number % 5 == 0 {
                        journal.renew(run, 1, LONG).await.unwrap();
                    }
                    told.push(text);
                }
                told
            })
        })
        .collect();
    let server = tokio::task::spawn_blocking(move || {
        for word in ["restart", "crash", "restart"] {
            std::thread::sleep(Duration::from_millis(700));
            server.order(word);
        }
        std::thread::sleep(Duration::from_millis(700));
        server
    })
    .await
    .unwrap();
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut all = 0;
    for (writer, run) in writers.into_iter().zip(&runs) {
        let told = writer.await.unwrap();
        let events = history(&*journal, *run).await.unwrap();
        assert_eq!(verify_chain(&events), Ok(()));
        assert_eq!(texts(&events), told);
        assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len());
        all += told.len();
    }
    assert!(all > 200, "only {all} were written");
    drop(server);
}

/// A commit whose answer is lost: the session is ended right after the server has committed, again and
/// again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_of_unknown_outcome_is_settled_by_looking() {
    let base = new_database(shared_server()).await;
    let journal = open(&base).await;
    let run = owned_run(&*journal).await;
    let killer = tokio::spawn({
        let base = base.clone();
        async move {
            let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'INSERT INTO events%'";
            let mut kills = 0;
            while kills < 40 {
                run_sql(&base, kill).await;
                kills += 1;
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        }
    });
    let mut told = Vec::new();
    while !killer.is_finished() {
        let text = told.len().to_string();
        journal.append(batch(run, 1, &[&text], true)).await.unwrap();
        told.push(text);
    }
    killer.await.unwrap();
    let events = history(&*journal, run).await.unwrap();
    assert_eq!(verify_chain(&events), Ok(()));
    assert_eq!(texts(&events), told);
    assert!(told.len() > 50, "only {} were written", told.len());
}

/// Two hundred runs at once share their commits; beside it, the same server's own loop of one row a commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_commit_serves_all_who_wait() {
    const RUNS: usize = 200;
    const EACH: usize = 20;
    let base = new_database(shared_server()).await;
    let journal = open(&base).await;
    let mut runs = Vec::new();
    for chunk in 0..RUNS / 20 {
        let opened = (0..20).map(|_| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move { owned_run(&*journal).await })
        });
        for run in opened.collect::<Vec<_>>() {
            runs.push(run.await.unwrap());
        }
        assert_eq!(runs.len(), (chunk + 1) * 20);
    }
    let (before, begin) = (journal.written(), Instant::now());
    let writers = runs.iter().map(|run| {
        let (journal, run) = (Arc::clone(&journal), *run);
        tokio::spawn(async move {
            for number in 0..EACH {
                journal.append(batch(run, 1, &[&number.to_string()], true)).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let (after, many) = (journal.written(), begin.elapsed());
    let (commits, events) = (after.commits - before.commits, after.events - before.events);
    assert_eq!(events, (RUNS * EACH) as u64);
    assert!(commits * 10 < events, "{commits} commits for {events} events");

    use sqlx::ConnectOptions;
    let options: sqlx::postgres::PgConnectOptions = base.parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE raw (number bigint, body text)").execute(&mut connection).await.unwrap();
    let begin = Instant::now();
    for number in 0..200_i64 {
        let row = sqlx::query("INSERT INTO raw VALUES ($1, $2)").bind(number).bind("x".repeat(300));
        row.execute(&mut connection).await.unwrap();
    }
    let raw = 200.0 / begin.elapsed().as_secs_f64();
    let many = events as f64 / many.as_secs_f64();
    println!(
        "{many:.0} events/s in {commits} commits; one row a commit: {raw:.0}/s; {:.1} times",
        many / raw
    );
}
