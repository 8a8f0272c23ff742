//! The commands over a journal in a file, and everything that can be done to such a file.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use gateshift_journal::{AppendBatch, Claim, Journal, NewArtifact, NewRun, Record};
use gateshift_journal_sqlx::SqliteJournal;
use gateshift_model::{
    Actor, Event, Holder, MigratorName, OnFailure, RetryPolicy, RunDefinition, RunId, StepDefinition,
    StepName, Timestamp, UndoScope, digest_bytes,
};
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tempfile::TempDir;

use crate::args::Args;
use crate::exit::Exit;
use crate::show::Output;

const EVENTS: i64 = 6;

fn name() -> StepName {
    StepName::new("make").unwrap()
}

fn definition() -> RunDefinition {
    let step = StepDefinition {
        name: name(),
        uses: MigratorName::new("maker").unwrap(),
        version: "1".into(),
        code: None,
        needs: Vec::new(),
        with: Value::Null,
        connections: BTreeMap::new(),
        retry: RetryPolicy::default(),
        timeout: None,
        on_failure: OnFailure::Hold,
        undo: UndoScope::Config,
        conditions: gateshift_model::Conditions::default(),
    };
    RunDefinition {
        format: 1,
        name: "orders".into(),
        source_digest: digest_bytes(b""),
        inputs: BTreeMap::new(),
        connections: BTreeMap::new(),
        steps: vec![step],
        rehearsal: Value::Null,
        waivers: Vec::new(),
        pinned: None,
        restarts: None,
    }
}

/// A folder with a journal of one run, which has an artifact.
async fn journal() -> (TempDir, PathBuf, RunId) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.db");
    let journal = SqliteJournal::open(&file).await.unwrap();
    let run = RunId(uuid::Uuid::now_v7());
    let (actor, at) = (Actor("user:ann".into()), Timestamp(1_700_000_000_000));
    let new = NewRun { run, definition: definition(), engine: "0.1.0".into(), actor: actor.clone(), at };
    journal.create_run(new).await.unwrap();
    let holder = Holder { host: "box".into(), pid: 1, started: 1 };
    let lease = Duration::from_millis(1);
    let claim = Claim { run, holder, lease, dead: None, actor: actor.clone(), at };
    let generation = journal.claim(claim).await.unwrap().generation;
    let plan = NewArtifact::new("plan", "application/json", b"{}".to_vec());
    let events = [
        Event::StepStarted { step: name(), attempt: 1, code: None },
        Event::StepPlanned {
            step: name(),
            attempt: 1,
            plan: plan.artifact.clone(),
            operations: 0,
            summary: "nothing".into(),
            findings: Vec::new(),
            waived: Vec::new(),
        },
        Event::StepPending { step: name(), attempt: 1, until: at, reason: "not yet".into() },
        Event::RunInterrupted { reason: "SIGTERM".into() },
    ];
    let records = events.map(|event| Record { at, actor: actor.clone(), event }).to_vec();
    let batch =
        AppendBatch { run, generation, expected_seq: None, records, artifacts: vec![plan], durable: true };
    journal.append(batch).await.unwrap();
    journal.release(run, generation).await.unwrap();
    journal.close().await.unwrap();
    (folder, file, run)
}

async fn sql(file: &Path, text: &str) {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn gateshift(store: &Path, words: &[&str]) -> Result<Exit, (String, String)> {
    let store = store.display().to_string();
    let all: Vec<&str> = ["gateshift", "--quiet", "--store", &store].iter().chain(words).copied().collect();
    let args = Args::try_parse_from(all).unwrap();
    let output = Output::new(&args.global);
    crate::commands::run(args, &output).await.map_err(|error| (error.code, error.message))
}

#[tokio::test]
async fn a_bundle_goes_to_a_stranger_and_back() {
    let (folder, store, run) = journal().await;
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (bundle, key) = (at("run.bundle"), at("audit.key"));
    assert_eq!(gateshift(&store, &["audit", "key", &key]).await, Ok(Exit::Done));
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let again = gateshift(&store, &["audit", "key", &key]).await.unwrap_err();
    assert_eq!(again.0, "GS-AUDIT-FILE");
    let export = ["audit", "export", "-o", &bundle, "--key", &key];
    assert_eq!(gateshift(&store, &export).await, Ok(Exit::Done));
    assert_eq!(gateshift(&store, &export).await.unwrap_err().0, "GS-AUDIT-FILE", "nothing is written over");
    // The stranger has no journal.
    let nowhere = folder.path().join("nowhere.db");
    let verify = ["audit", "verify", "--bundle", &bundle];
    assert_eq!(gateshift(&nowhere, &verify).await, Ok(Exit::Done));
    let text = std::fs::read_to_string(&key).unwrap();
    let public = text.lines().find_map(|line| line.strip_prefix("# ed25519:")).unwrap();
    let trusted = format!("ed25519:{public}");
    let trust = ["audit", "verify", "--bundle", &bundle, "--trusted", &trusted];
    assert_eq!(gateshift(&nowhere, &trust).await, Ok(Exit::Done));
    assert!(!std::fs::read_to_string(&bundle).unwrap().contains("ed25519-secret"));

    let unsigned = at("unsigned.bundle");
    assert_eq!(
        gateshift(&store, &["audit", "export", &run.to_string(), "-o", &unsigned]).await,
        Ok(Exit::Done)
    );
    let trust = ["audit", "verify", "--bundle", &unsigned, "--trusted", &trusted];
    assert_eq!(gateshift(&nowhere, &trust).await.unwrap_err().0, "GS-AUDIT-SIGNER");
    let mut bytes = std::fs::read(&bundle).unwrap();
    let place = bytes.len() / 2;
    bytes[place] ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    assert_eq!(gateshift(&nowhere, &verify).await.unwrap_err().0, "GS-AUDIT-BROKEN");
    std::fs::write(&key, "no key").unwrap();
    let other = at("other.bundle");
    let export = ["audit", "export", "-o", &other, "--key", &key];
    assert_eq!(gateshift(&store, &export).await.unwrap_err().0, "GS-AUDIT-KEY");
}

#[tokio::test]
async fn why_and_history_answer_from_the_file() {
    let (_folder, store, _) = journal().await;
    assert_eq!(gateshift(&store, &["why"]).await, Ok(Exit::Waiting));
    assert_eq!(gateshift(&store, &["why", "--json"]).await, Ok(Exit::Waiting));
    let history = ["history", "--actor", "ann", "--since", "2023-01-01T00:00:00Z", "--step", "make"];
    assert_eq!(gateshift(&store, &history).await, Ok(Exit::Done));
    assert!(Args::try_parse_from(["gateshift", "history", "--since", "yesterday"]).is_err());
    assert_eq!(gateshift(&store, &["why", "ffff"]).await.unwrap_err().0, "GS-JOURNAL-UNKNOWN-RUN");
}

#[tokio::test]
async fn every_event_that_is_changed_removed_or_moved_in_the_file_is_named() {
    let (folder, good, run) = journal().await;
    assert_eq!(gateshift(&good, &["audit", "verify"]).await, Ok(Exit::Done));
    let mut cases: Vec<(String, i64)> = Vec::new();
    for seq in 1..=EVENTS {
        let change = |set: &str| format!("UPDATE events SET {set} WHERE seq = {seq}");
        for set in [
            "generation = generation + 7",
            "at = at + 1",
            "actor = 'user:eve'",
            "actor = ''",
            "previous = zeroblob(33)",
            "previous = randomblob(32)",
            "hash = randomblob(32)",
            "hash = x''",
            "body = replace(body, 'make', 'fake') || ' '",
            "body = replace(body, '\"event\"', '\"event_\"')",
            "body = 'x'",
        ] {
            // A body that does not hold the word is only longer by a blank, which changes no content.
            let harmless = set.contains("'fake'") && matches!(seq, 2 | 6);
            if !harmless {
                cases.push((change(set), seq));
            }
        }
        if seq < EVENTS {
            cases.push((format!("DELETE FROM events WHERE seq = {seq}"), seq));
            let other = seq + 1;
            cases.push((
                format!(
                    "UPDATE events SET seq = 1000 WHERE seq = {seq}; UPDATE events SET seq = {seq} WHERE seq = {other};
                     UPDATE events SET seq = {other} WHERE seq = 1000"
                ),
                seq,
            ));
        }
        cases.push((format!("UPDATE events SET seq = 50 WHERE seq = {seq}"), seq));
    }
    cases.push(("UPDATE artifacts SET bytes = x'7b7e'".into(), 4));
    cases.push(("PRAGMA foreign_keys = OFF; DELETE FROM artifacts".into(), 4));
    cases.push(("UPDATE runs SET generation = 2".into(), EVENTS + 1));
    for (number, (text, seq)) in cases.iter().enumerate() {
        let file = folder.path().join(format!("{number}.db"));
        std::fs::copy(&good, &file).unwrap();
        sql(&file, text).await;
        let (code, message) = gateshift(&file, &["audit", "verify"]).await.expect_err(text);
        assert_eq!(code, "GS-AUDIT-BROKEN", "{text}: {message}");
        assert!(message.contains(&format!("event {seq}")), "{text}: {message}");
        assert!(message.contains(&run.to_string()), "{text}: {message}");
    }
}

#[tokio::test]
async fn a_note_of_the_last_event_shows_that_the_end_was_cut_off() {
    let (_folder, store, run) = journal().await;
    let mut connection = SqliteConnectOptions::new().filename(&store).connect().await.unwrap();
    let sql_text = "SELECT lower(hex(hash)) AS hash FROM events ORDER BY seq DESC LIMIT 1";
    let row = sqlx::query(sql_text).fetch_one(&mut connection).await.unwrap();
    let hash: String = row.get("hash");
    connection.close().await.unwrap();
    let (run, noted) = (run.to_string(), format!("{EVENTS}:{hash}"));
    let verify = ["audit", "verify", &run, "--noted", &noted];
    assert_eq!(gateshift(&store, &verify).await, Ok(Exit::Done));
    sql(&store, &format!("DELETE FROM events WHERE seq = {EVENTS}")).await;
    assert_eq!(gateshift(&store, &["audit", "verify"]).await, Ok(Exit::Done), "the chain alone cannot know");
    let (code, message) = gateshift(&store, &verify).await.unwrap_err();
    assert_eq!(code, "GS-AUDIT-BROKEN");
    assert!(message.contains("event 6 is missing"), "{message}");
}
