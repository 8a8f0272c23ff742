//! A process that writes is killed at random moments: what it was told is durable is there afterwards.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::suite::{batch, claim, new_run, texts};
use gateshift_journal::{Claim, Journal, RunFilter, history};
use gateshift_journal_sqlx::SqliteJournal;
use gateshift_model::verify_chain;

const FILE: &str = "GATESHIFT_TEST_KILL_FILE";

/// The process that is killed: many tasks append, and print each number once it is acknowledged.
#[tokio::test]
async fn child_that_writes() {
    let Ok(file) = std::env::var(FILE) else { return };
    let journal = Arc::new(SqliteJournal::open(&file).await.unwrap());
    let run = match journal.runs(RunFilter::default()).await.unwrap().first() {
        Some(known) => known.run,
        None => {
            let new = new_run("kill", 1);
            journal.create_run(new.clone()).await.unwrap();
            new.run
        }
    };
    let generation = journal.lease(run).await.unwrap().generation;
    let dead = Claim { dead: Some(generation), ..claim(run, std::process::id(), Duration::from_secs(60)) };
    let generation = journal.claim(dead).await.unwrap().generation;
    let tasks = (0..16).map(|task| {
        let journal = Arc::clone(&journal);
        tokio::spawn(async move {
            for number in 0.. {
                let text = format!("{generation}.{task}.{number}");
                drop(journal.append(batch(run, generation, &["relaxed"], false)));
                journal.append(batch(run, generation, &[&text], true)).await.unwrap();
                println!("acknowledged {text}");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

fn killed_after(file: &Path, lines: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_writes", "--nocapture"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut told = Vec::new();
    let mut killed = false;
    for line in output.lines() {
        // What it printed before it died counts, even if it is read afterwards.
        told.extend(line.unwrap().split_once("acknowledged ").map(|(_, text)| text.to_owned()));
        if told.len() >= lines && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    assert!(killed, "it ended by itself after {} lines", told.len());
    told
}

#[tokio::test]
async fn nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("journal.db");
    let mut told = Vec::new();
    for round in 0..12 {
        // From the very first acknowledgement to many commits.
        told.extend(killed_after(&file, 1 + round * round * 3));
        let journal = SqliteJournal::open(&file).await.unwrap();
        let run = journal.runs(RunFilter::default()).await.unwrap()[0].run;
        let events = history(&journal, run).await.unwrap();
        assert_eq!(verify_chain(&events), Ok(()));
        let found: std::collections::BTreeSet<String> = texts(&events).into_iter().collect();
        let lost: Vec<_> = told.iter().filter(|text| !found.contains(*text)).collect();
        assert_eq!(lost, Vec::<&String>::new(), "round {round}");
        journal.close().await.unwrap();
    }
    assert!(told.len() > 1500, "only {} were tried", told.len());
}
