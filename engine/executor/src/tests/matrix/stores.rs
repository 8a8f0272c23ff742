//! The same matrix over a durable journal, in real time that passes quickly. A journal joins by one line.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use gateshift_journal::Journal;
use gateshift_journal_sqlx::SqliteJournal;

use super::crash::{told, undisturbed};
use super::play::play;
use super::stories::all;
use super::{count, faults, sampled};
use crate::Clock;
use crate::testing::{Lab, clock};

/// Makes a journal for each point, and keeps it as long as itself.
pub(crate) trait Journals {
    /// A journal without any run, or with runs of others.
    async fn fresh(&mut self) -> Arc<dyn Journal>;
}

struct Sqlite {
    folder: tempfile::TempDir,
    made: usize,
}

impl Journals for Sqlite {
    async fn fresh(&mut self) -> Arc<dyn Journal> {
        self.made += 1;
        let file = self.folder.path().join(format!("{}.db", self.made));
        Arc::new(SqliteJournal::open(file).await.unwrap())
    }
}

fn over(journal: Arc<dyn Journal>) -> Lab {
    let (clock, offset): (Clock, Arc<AtomicI64>) = clock();
    Lab::over(journal, clock, offset, 600_000.0)
}

/// Tries every story with every fault over a kind of journal; a sample of them unless all are wanted.
pub(crate) async fn matrix(what: &str, mut journals: impl Journals, step: usize) {
    let (mut tried, mut points) = (0, 0);
    for (number, story) in all().iter().enumerate() {
        let expected = undisturbed(&over(journals.fresh().await), story).await;
        let every = faults(expected.commits, expected.writes);
        points += every.len();
        for fault in sampled(every, step, number * 13) {
            tried += 1;
            let lab = over(journals.fresh().await);
            let played = play(&lab, story, Some(fault)).await;
            assert_eq!(played.end, expected.end, "{}: {fault:?} ({:?})", story.name, played.broke);
            assert!(told(fault, &played), "{}: {fault:?}: {:?}", story.name, played.broke);
            lab.history(played.run).await;
        }
    }
    count(&format!("crashes, full disks, lost words and jumping clocks, {what}"), tried, points);
    assert!(points > 2500, "only {points} points");
}

#[tokio::test]
async fn every_story_ends_the_same_over_sqlite() {
    // Memory where there is a disk of it: the matrix is about the order of writes, not about the disk.
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    matrix("on SQLite", Sqlite { folder: folder.unwrap(), made: 0 }, 97).await;
}
