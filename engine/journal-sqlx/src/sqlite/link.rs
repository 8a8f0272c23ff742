//! The connection to a file that writes, and those that read. A transaction holds the whole file, so that
//! nobody is ever in its way.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateshift_journal::{JournalError, News, Topic};
use gateshift_model::{RunId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Error, Sqlite, SqliteConnection, SqlitePool};

use super::failure::{failure, one_is_to_blame};
use super::insert;
use crate::event_row::EventRow;
use crate::heads::Head;
use crate::link::{Blame, Link, LookFailed, Source};
use crate::row::Cells;
use crate::statement::{Statement, speak};

speak!(Sqlite, SqliteRow);

pub(crate) struct SqliteLink {
    pub(crate) connection: SqliteConnection,
    pub(crate) place: String,
}

impl Link for SqliteLink {
    type Row = SqliteRow;

    /// A file does not go away.
    async fn connect_again(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn failure(&self, error: &Error) -> JournalError {
        failure(&self.place, error)
    }

    fn blame(error: &Error) -> Blame {
        if one_is_to_blame(error) { Blame::One } else { Blame::All }
    }

    async fn execute(&mut self, statement: Statement) -> Result<u64, Error> {
        Ok(bound(statement).execute(&mut self.connection).await?.rows_affected())
    }

    async fn fetch(&mut self, statement: Statement) -> Result<Vec<SqliteRow>, Error> {
        bound(statement).fetch_all(&mut self.connection).await
    }

    async fn begin(&mut self) -> Result<(), Error> {
        self.execute(Statement::new("BEGIN IMMEDIATE")).await.map(drop)
    }

    async fn look(&mut self, runs: &[RunId]) -> Result<Vec<(RunId, Head)>, LookFailed> {
        let sql = "SELECT r.id, r.generation, r.holder, r.until, r.offered, e.seq, e.hash FROM runs r
                   JOIN events e ON e.run = r.id AND e.seq = (SELECT MAX(seq) FROM events WHERE run = r.id)
                   WHERE r.run = $1";
        let mut found = Vec::with_capacity(runs.len());
        for run in runs {
            for row in self.fetch(Statement::new(sql).text(run)).await? {
                found.push((*run, Cells { row: &row, place: &self.place }.head()?));
            }
        }
        Ok(found)
    }

    /// Leases run by the clock of the machine that holds the file.
    async fn now(&mut self) -> Result<Timestamp, Error> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
    }

    async fn insert(&mut self, rows: Vec<EventRow>) -> Result<(), Error> {
        insert::insert(&mut self.connection, rows).await
    }

    fn is_one_statement(rows: usize) -> bool {
        insert::is_one_statement(rows)
    }

    async fn free_run(&mut self, now: Timestamp, except: String) -> Result<Vec<SqliteRow>, Error> {
        let sql = "SELECT run FROM runs WHERE offered IS NOT NULL AND (holder IS NULL OR until <= $1)
                   AND replace($2, run, '') = $2 ORDER BY offered, id LIMIT 1";
        self.fetch(Statement::new(sql).number(now.0).text(except)).await
    }

    /// A file tells nobody.
    async fn tell(&mut self, _topic: Topic) -> Result<(), Error> {
        Ok(())
    }

    /// Brings what is in the log file into the main file, as far as no reader is in the way, so that a copy
    /// of the main file alone is whole once a process has flushed and ended.
    async fn settle(&mut self) -> Result<(), Error> {
        self.fetch(Statement::new("PRAGMA wal_checkpoint(PASSIVE)")).await.map(drop)
    }

    async fn close(self) -> Result<(), Error> {
        self.connection.close().await
    }
}

/// Reads a file.
#[derive(Debug)]
pub struct SqliteFile {
    pub(crate) pool: SqlitePool,
    pub(crate) place: String,
}

impl Source for SqliteFile {
    type Row = SqliteRow;

    fn place(&self) -> &str {
        &self.place
    }

    async fn fetch(&self, statement: Statement) -> Result<Vec<SqliteRow>, JournalError> {
        bound(statement).fetch_all(&self.pool).await.map_err(|error| failure(&self.place, &error))
    }

    fn news(&self, _topic: Topic, pace: Duration) -> News {
        News::by_looking(pace)
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
