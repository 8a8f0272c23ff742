//! Files that are missing, foreign, newer, shared or on a full disk.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use gateshift_journal::suite::{batch, claim, new_run, owned_run, record, texts};
use gateshift_journal::{AppendBatch, Journal, JournalError, NewArtifact, RunFilter, history};
use gateshift_journal_sqlx::SqliteJournal;
use gateshift_model::verify_chain;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

async fn sql(file: &Path, sql: &str) {
    let settings = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let mut connection = settings.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn codes(file: &Path) -> [&'static str; 2] {
    let code = |result: Result<SqliteJournal, JournalError>| result.err().map_or("", |error| error.code());
    [code(SqliteJournal::open(file).await), code(SqliteJournal::open_read_only(file).await)]
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("text"), "apiVersion: gateshift/v1\n".repeat(100)).unwrap();
    sql(&file("other"), "CREATE TABLE t (a); INSERT INTO t VALUES (1);").await;
    sql(&file("marked"), "PRAGMA application_id = 7; CREATE TABLE t (a);").await;
    SqliteJournal::open(file("newer")).await.unwrap().close().await.unwrap();
    sql(&file("newer"), "PRAGMA user_version = 999;").await;
    let cases = [
        ("text", "GS-JOURNAL-FOREIGN"),
        ("other", "GS-JOURNAL-FOREIGN"),
        ("marked", "GS-JOURNAL-FOREIGN"),
        ("newer", "GS-JOURNAL-NEWER"),
    ];
    for (name, code) in cases {
        let before = std::fs::read(file(name)).unwrap();
        assert_eq!(codes(&file(name)).await, [code, code], "{name}");
        assert!(std::fs::read(file(name)).unwrap() == before, "{name} was changed");
    }
    let newer = SqliteJournal::open(file("newer")).await.unwrap_err();
    assert!(newer.to_string().contains("format 999"), "{newer}");
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no/journal.db");
    let error = SqliteJournal::open_read_only(&missing).await.unwrap_err();
    assert_eq!(error.code(), "GS-JOURNAL-OPEN");
    assert!(error.to_string().contains("there is no such file"), "{error}");
    assert!(!missing.parent().unwrap().exists(), "reading makes nothing");
    assert_eq!(codes(folder.path()).await, ["GS-JOURNAL-OPEN"; 2]);
    std::fs::write(folder.path().join("file"), "").unwrap();
    let below = folder.path().join("file/journal.db");
    assert_eq!(SqliteJournal::open(&below).await.unwrap_err().code(), "GS-JOURNAL-OPEN");
}

#[tokio::test]
async fn a_reader_reads_and_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a b ?#%.db");
    let journal = SqliteJournal::open(&file).await.unwrap();
    let run = owned_run(&journal).await;
    for closed in [false, true] {
        let reader = SqliteJournal::open_read_only(&file).await.unwrap();
        assert_eq!(history(&reader, run).await.unwrap().len(), 2, "closed: {closed}");
        assert!(matches!(
            reader.append(batch(run, 1, &["a"], true)).await,
            Err(JournalError::ReadOnly { .. })
        ));
        reader.close().await.unwrap();
        if !closed {
            // The second time round the reader finds the file alone.
            journal.flush().await.unwrap();
        }
    }
    journal.close().await.unwrap();
}

#[tokio::test]
async fn what_was_handed_over_is_there_after_closing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&file).await.unwrap();
    let run = owned_run(&journal).await;
    drop(journal.append(batch(run, 1, &["relaxed"], false)));
    journal.close().await.unwrap();
    let journal = SqliteJournal::open(&file).await.unwrap();
    assert_eq!(texts(&history(&journal, run).await.unwrap()), ["relaxed"]);
}

#[tokio::test]
async fn two_processes_share_a_file_and_fence_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.db");
    // Both find no file and make it.
    let (one, two) = tokio::join!(SqliteJournal::open(&file), SqliteJournal::open(&file));
    let (one, two) = (one.unwrap(), two.unwrap());
    let run = owned_run(&one).await;
    let mut theirs = new_run("theirs", 2);
    theirs.definition.name = "theirs".into();
    two.create_run(theirs.clone()).await.unwrap();
    two.claim(claim(theirs.run, 2, Duration::from_secs(60))).await.unwrap();
    for turn in 0..50 {
        let text = turn.to_string();
        let (a, b) = tokio::join!(
            one.append(batch(run, 1, &[&text], true)),
            two.append(batch(theirs.run, 1, &[&text], true))
        );
        a.and(b).unwrap();
    }
    assert!(two.claim(claim(run, 2, Duration::from_secs(60))).await.is_err());
    let dead = gateshift_journal::Claim { dead: Some(1), ..claim(run, 2, Duration::from_secs(60)) };
    assert_eq!(two.claim(dead).await.unwrap().generation, 2);
    let fenced = one.append(batch(run, 1, &["late"], true)).await;
    assert!(matches!(fenced, Err(JournalError::Fenced { generation: 2, own: 1, .. })), "{fenced:?}");
    assert_eq!(one.runs(RunFilter::default()).await.unwrap().len(), 2);
    for id in [run, theirs.run] {
        let events = history(&one, id).await.unwrap();
        assert_eq!(verify_chain(&events), Ok(()));
        assert_eq!(texts(&events).len(), 50);
    }
}

#[tokio::test]
async fn one_bad_request_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&file).await.unwrap();
    let run = owned_run(&journal).await;
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.body LIKE '%bad%'
                  BEGIN SELECT RAISE(ABORT, 'refused by the test'); END;";
    sql(&file, refuse).await;
    let names: Vec<String> = (0..40)
        .map(|number| if number % 10 == 3 { format!("bad{number}") } else { number.to_string() })
        .collect();
    let receipts: Vec<_> = names.iter().map(|name| journal.append(batch(run, 1, &[name], true))).collect();
    for (name, receipt) in names.iter().zip(receipts) {
        let answer = receipt.await;
        assert_eq!(answer.is_err(), name.starts_with("bad"), "{name}: {answer:?}");
    }
    let events = history(&journal, run).await.unwrap();
    assert_eq!(verify_chain(&events), Ok(()));
    assert_eq!(
        texts(&events),
        names.iter().filter(|name| !name.starts_with("bad")).cloned().collect::<Vec<_>>()
    );
}

const FULL: &str = "GATESHIFT_TEST_FULL_FOLDER";

/// Runs where the folder is a disk of one mebibyte of its own.
#[tokio::test]
async fn child_on_a_small_disk() {
    let Ok(folder) = std::env::var(FULL) else { return };
    let folder = Path::new(&folder);
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0u8; 300_000]).unwrap();
    let journal = SqliteJournal::open(folder.join("journal.db")).await.unwrap();
    let run = owned_run(&journal).await;
    let mut written = 0;
    let full = loop {
        assert!(written < 10_000, "the disk never gets full");
        let bytes = vec![u8::try_from(written % 251).unwrap(); 4000];
        let artifacts = vec![NewArtifact::new(
            "x",
            "application/octet-stream",
            [bytes, written.to_string().into_bytes()].concat(),
        )];
        let records = vec![record(&written.to_string())];
        match journal.append(AppendBatch { records, artifacts, ..batch(run, 1, &[], true) }).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full.code(), "GS-JOURNAL-FULL", "{full}");
    assert!(written > 10);
    let expected: Vec<String> = (0..written).map(|number| number.to_string()).collect();
    assert_eq!(texts(&history(&journal, run).await.unwrap()), expected, "what was acknowledged can be read");
    std::fs::remove_file(&ballast).unwrap();
    journal.append(batch(run, 1, &["after"], true)).await.unwrap();
    journal.close().await.unwrap();
    let journal = SqliteJournal::open(folder.join("journal.db")).await.unwrap();
    let events = history(&journal, run).await.unwrap();
    assert_eq!(verify_chain(&events), Ok(()));
    assert_eq!(texts(&events), [expected, vec!["after".into()]].concat());
    println!("the disk was full after {written} batches");
}

#[test]
fn a_full_disk_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        r#"mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" --exact child_on_a_small_disk --nocapture"#;
    let run = |extra: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(extra).args(["--mount", "sh", "-c", script, "sh"]).arg(folder.path());
        command.arg(std::env::current_exe().unwrap()).env(FULL, folder.path()).output()
    };
    // A mount of its own needs no root where user namespaces are allowed.
    let output = run(&["--user", "--map-root-user"]).unwrap();
    let output = if output.status.success() { output } else { run(&[]).unwrap() };
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if text.contains("unshare failed")
        || text.contains("permission denied")
        || text.contains("must be superuser")
    {
        eprintln!("this machine allows no mount, so no disk can be filled here: {text}");
        return;
    }
    assert!(output.status.success() && text.contains("the disk was full after"), "{text}");
}
