//! The task that owns the writing connection and gathers what waits into one commit.
//!
//! It is never cancelled in the middle of a transaction: callers hold receipts, and a caller that goes
//! away takes nothing back.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::{JournalError, ReceiptSender};
use gateshift_model::RunId;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::failure::{failure, one_is_to_blame};
use crate::group::{Answer, Done, Group, Op};
use crate::heads::Heads;
use crate::tally::Tally;

/// Requests in one commit.
const MOST: usize = 512;

/// How long a batch nobody waits for may ride before it gets a commit of its own.
const LINGER: Duration = Duration::from_millis(200);

/// A request with the place its answer goes to.
pub(crate) struct Job {
    pub(crate) op: Op,
    pub(crate) reply: Reply,
}

pub(crate) enum Reply {
    Receipt(ReceiptSender),
    Once(oneshot::Sender<Answer>),
}

impl Reply {
    fn send(self, answer: Answer) {
        match self {
            Self::Receipt(receipt) => receipt.send(answer.map(|done| match done {
                Done::Events(events) => events,
                _ => Vec::new(),
            })),
            // Nobody may be waiting any more, which is fine.
            Self::Once(reply) => drop(reply.send(answer)),
        }
    }
}

impl Job {
    /// Whether somebody waits for it.
    fn urgent(&self) -> bool {
        !matches!(&self.op, Op::Append(batch) if !batch.durable)
    }
}

/// The writer's state.
pub(crate) struct Writer {
    connection: SqliteConnection,
    place: String,
    /// Runs that lost a batch nobody waited for, until a caller of that run is told.
    lost: HashMap<RunId, JournalError>,
    heads: Heads,
    tally: Arc<Tally>,
}

impl Writer {
    pub(crate) fn new(connection: SqliteConnection, place: String, tally: Arc<Tally>) -> Self {
        Self { connection, place, lost: HashMap::new(), heads: Heads::default(), tally }
    }

    /// Works until every handle of the journal is gone, and writes what is left then.
    pub(crate) async fn work(mut self, mut jobs: mpsc::UnboundedReceiver<Job>) {
        let mut waiting = Vec::new();
        // Since when something waits that nobody waits for.
        let mut since: Option<Instant> = None;
        loop {
            let room = MOST.saturating_sub(waiting.len()).max(1);
            let incoming = jobs.recv_many(&mut waiting, room);
            let received = match since {
                None => Some(incoming.await),
                Some(since) => timeout_at(since + LINGER, incoming).await.ok(),
            };
            let more = received.is_some_and(|received| received > 0);
            if more && waiting.len() < MOST && !waiting.iter().any(Job::urgent) {
                since.get_or_insert_with(Instant::now);
                continue;
            }
            since = None;
            if !waiting.is_empty() {
                self.commit(std::mem::take(&mut waiting)).await;
            }
            if received == Some(0) {
                break;
            }
        }
        if let Err(error) = self.connection.close().await {
            tracing::warn!(place = %self.place, %error, "the journal was not closed cleanly");
        }
    }

    /// Commits a group; if one request spoils it, each gets its own part of the transaction.
    async fn commit(&mut self, jobs: Vec<Job>) {
        let before = self.lost.clone();
        let answers = match self.together(&jobs).await {
            Ok(answers) => Ok(answers),
            Err(error) => {
                self.roll_back().await;
                self.lost = before;
                if one_is_to_blame(&error) { self.one_by_one(&jobs).await } else { Err(error) }
            }
        };
        match answers {
            Ok(answers) => {
                if jobs.iter().any(|job| matches!(job.op, Op::Flush)) {
                    self.settle_file().await;
                }
                for (job, answer) in jobs.into_iter().zip(answers) {
                    job.reply.send(answer);
                }
            }
            Err(error) => {
                self.roll_back().await;
                let error = failure(&self.place, &error);
                tracing::warn!(code = error.code(), %error, "a commit failed");
                for job in jobs {
                    let answer = Err(error.clone());
                    self.remember(&job.op, &answer);
                    job.reply.send(answer);
                }
            }
        }
    }

    /// Brings what is in the log file into the main file, as far as no reader is in the way, so that a copy
    /// of the main file alone is whole once a process has flushed and ended.
    async fn settle_file(&mut self) {
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut self.connection).await
        {
            tracing::warn!(place = %self.place, %error, "the log file stays beside the journal");
        }
    }

    async fn together(&mut self, jobs: &[Job]) -> Result<Vec<Answer>, sqlx::Error> {
        let mut group = Group::new(&mut self.connection, &self.place, &mut self.heads);
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            let answer = match told(&self.lost, &job.op) {
                Some(error) => Err(error),
                None => group.perform(&job.op).await?,
            };
            remember(&mut self.lost, &job.op, &answer);
            answers.push(answer);
        }
        if group.commit().await? {
            self.tally.committed(answers.iter().map(events).sum());
        }
        Ok(answers)
    }

    async fn one_by_one(&mut self, jobs: &[Job]) -> Result<Vec<Answer>, sqlx::Error> {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut self.connection).await?;
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            let answer = match told(&self.lost, &job.op) {
                Some(error) => Err(error),
                None => self.alone(&job.op).await?,
            };
            self.remember(&job.op, &answer);
            answers.push(answer);
        }
        sqlx::query("COMMIT").execute(&mut self.connection).await?;
        self.tally.committed(answers.iter().map(events).sum());
        Ok(answers)
    }

    async fn alone(&mut self, op: &Op) -> Result<Answer, sqlx::Error> {
        sqlx::query("SAVEPOINT one").execute(&mut self.connection).await?;
        let mut group = Group::inside(&mut self.connection, &self.place, &mut self.heads);
        let answer = match group.perform(op).await {
            Ok(Ok(done)) => group.flush().await.map(|()| Ok(done)),
            other => other,
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if one_is_to_blame(&error) => {
                self.heads.forget();
                sqlx::query("ROLLBACK TO one").execute(&mut self.connection).await?;
                Err(failure(&self.place, &error))
            }
            Err(error) => return Err(error),
        };
        sqlx::query("RELEASE one").execute(&mut self.connection).await?;
        Ok(answer)
    }

    /// After a full disk SQLite may have rolled back by itself; then there is nothing to do.
    async fn roll_back(&mut self) {
        self.heads.forget();
        if let Err(error) = sqlx::query("ROLLBACK").execute(&mut self.connection).await {
            tracing::debug!(%error, "no transaction was left to roll back");
        }
    }

    fn remember(&mut self, op: &Op, answer: &Answer) {
        remember(&mut self.lost, op, answer);
    }
}

/// How many events a granted request wrote.
fn events(answer: &Answer) -> usize {
    match answer {
        Ok(Done::Events(events)) => events.len(),
        Ok(Done::Claimed(_)) => 1,
        _ => 0,
    }
}

/// The loss a batch has to be told of, instead of being written behind a gap.
fn told(lost: &HashMap<RunId, JournalError>, op: &Op) -> Option<JournalError> {
    match op {
        Op::Append(batch) => lost.get(&batch.run).cloned(),
        _ => None,
    }
}

/// Keeps in mind what nobody was told yet.
fn remember(lost: &mut HashMap<RunId, JournalError>, op: &Op, answer: &Answer) {
    match (op, answer) {
        (Op::Append(batch), Err(error)) if !batch.durable => {
            lost.entry(batch.run).or_insert_with(|| error.clone());
        }
        (Op::Append(batch), Err(_)) => {
            lost.remove(&batch.run);
        }
        // A new owner begins from what is durable.
        (Op::Claim(claim), Ok(_)) => {
            lost.remove(&claim.run);
        }
        _ => {}
    }
}
