//! The task that owns the writing connection and gathers what waits into one commit.
//!
//! It is never cancelled in the middle of a transaction: callers hold receipts, and a caller that goes
//! away takes nothing back.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::{JournalError, ReceiptSender, Taken};
use gateshift_model::RunId;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::group::Group;
use crate::heads::Heads;
use crate::link::{Blame, Link};
use crate::op::{Answer, Done, Failed, Mark, Op};
use crate::statement::Statement;
use crate::tally::Tally;

/// Requests in one commit.
const MOST: usize = 512;

/// How long a batch nobody waits for may ride before it gets a commit of its own.
const LINGER: Duration = Duration::from_millis(200);

/// How often a transaction is tried again because another was in its way.
const AGAIN: u32 = 16;

/// How long a server that went away is waited for. While it is away nobody can take a run over either.
const PATIENCE: Duration = Duration::from_secs(120);

/// The first and the longest pause between two tries to reach it.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

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
pub(crate) struct Writer<L> {
    link: L,
    place: String,
    /// Runs that lost a batch nobody waited for, until a caller of that run is told.
    lost: Losses,
    heads: Heads,
    tally: Arc<Tally>,
    /// What the commit under way has to give if it is done, in case the answer is lost.
    under_way: Option<UnderWay>,
}

type Losses = HashMap<RunId, JournalError>;

/// A commit whose answer did not come yet.
struct UnderWay {
    answers: Vec<Answer>,
    mark: Option<Mark>,
    lost: Losses,
}

impl<L: Link> Writer<L> {
    pub(crate) fn new(link: L, place: String, tally: Arc<Tally>) -> Self {
        Self { link, place, lost: HashMap::new(), heads: Heads::default(), tally, under_way: None }
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
        if let Err(error) = self.link.close().await {
            tracing::warn!(place = %self.place, %error, "the journal was not closed cleanly");
        }
    }

    /// Commits a group, and tells everybody in it.
    async fn commit(&mut self, jobs: Vec<Job>) {
        match self.commit_or_find_out(&jobs).await {
            Ok(answers) => {
                if jobs.iter().any(|job| matches!(job.op, Op::Flush))
                    && let Err(error) = self.link.settle().await
                {
                    tracing::warn!(place = %self.place, %error, "the journal could not be tidied up");
                }
                for (job, answer) in jobs.into_iter().zip(answers) {
                    job.reply.send(answer);
                }
            }
            Err(error) => {
                let error = self.link.failure(&error);
                tracing::warn!(code = error.code(), %error, "a commit failed");
                for job in jobs {
                    let answer = Err(error.clone());
                    remember(&mut self.lost, &job.op, &answer);
                    job.reply.send(answer);
                }
            }
        }
    }

    /// Commits a group; if one request spoils it, each gets its own part of the transaction, and if the
    /// connection is lost, the next one finds out what was committed.
    async fn commit_or_find_out(&mut self, jobs: &[Job]) -> Result<Vec<Answer>, sqlx::Error> {
        let before = self.lost.clone();
        let (mut alone, mut tries) = (false, 0);
        loop {
            let result = if alone { self.one_by_one(jobs).await } else { self.together(jobs).await };
            let error = match result {
                Ok(answers) => return Ok(answers),
                Err(error) => error,
            };
            let under_way = self.under_way.take();
            self.heads.forget();
            self.lost.clone_from(&before);
            match L::blame(&error) {
                Blame::Lost => {
                    if let Some(done) = self.find_out(error, under_way).await? {
                        self.lost = done.lost;
                        return Ok(done.answers);
                    }
                }
                blame => {
                    self.roll_back().await;
                    match blame {
                        Blame::One if !alone => alone = true,
                        Blame::One | Blame::Again if tries < AGAIN => tries += 1,
                        _ => return Err(error),
                    }
                }
            }
        }
    }

    /// Connects again. Whether a commit under way was done shows where its events would stand; without
    /// events, all of it may be done twice.
    async fn find_out(
        &mut self,
        error: sqlx::Error,
        under_way: Option<UnderWay>,
    ) -> Result<Option<UnderWay>, sqlx::Error> {
        tracing::warn!(place = %self.place, %error, "the connection to the journal is lost; connecting again");
        let until = Instant::now() + PATIENCE;
        let [mut pause, longest] = PAUSES;
        loop {
            let found = match self.link.connect_again().await {
                Ok(()) => self.stands(under_way.as_ref().and_then(|done| done.mark.as_ref())).await,
                Err(error) => Err(error),
            };
            match found {
                Ok(stands) => return Ok(under_way.filter(|_| stands)),
                Err(error) if L::blame(&error) == Blame::Lost && Instant::now() < until => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(longest);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn stands(&mut self, mark: Option<&Mark>) -> Result<bool, sqlx::Error> {
        let Some(Mark { run, seq, hash }) = mark else { return Ok(false) };
        let sql = "SELECT e.seq FROM events e JOIN runs r ON r.id = e.run WHERE r.run = $1 AND e.seq = $2 AND e.hash = $3";
        let seq = i64::try_from(*seq).unwrap_or(i64::MAX);
        let hash = hex::decode(hash).unwrap_or_default();
        let found = self.link.fetch(Statement::new(sql).text(run).number(seq).bytes(hash)).await?;
        Ok(!found.is_empty())
    }

    async fn together(&mut self, jobs: &[Job]) -> Result<Vec<Answer>, sqlx::Error> {
        let mut group = Group::new(&mut self.link, &self.place, &mut self.heads);
        let mut answers = Vec::with_capacity(jobs.len());
        match group.foresee(jobs.iter().map(|job| &job.op)).await {
            // Whoever needs what cannot be read is told when its turn comes.
            Ok(()) | Err(Failed::Refused(_)) => {}
            Err(Failed::Sql(error)) => return Err(error),
        }
        for job in jobs {
            let answer = match told(&self.lost, &job.op) {
                Some(error) => Err(error),
                None => group.perform(&job.op).await?,
            };
            remember(&mut self.lost, &job.op, &answer);
            answers.push(answer);
        }
        if group.is_empty() {
            return Ok(answers);
        }
        self.under_way = Some(UnderWay::new(answers, &self.lost));
        group.commit().await?;
        Ok(self.committed())
    }

    async fn one_by_one(&mut self, jobs: &[Job]) -> Result<Vec<Answer>, sqlx::Error> {
        self.link.begin().await?;
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            let answer = match told(&self.lost, &job.op) {
                Some(error) => Err(error),
                None => self.alone(&job.op).await?,
            };
            remember(&mut self.lost, &job.op, &answer);
            answers.push(answer);
        }
        self.under_way = Some(UnderWay::new(answers, &self.lost));
        self.link.execute(Statement::new("COMMIT")).await?;
        Ok(self.committed())
    }

    async fn alone(&mut self, op: &Op) -> Result<Answer, sqlx::Error> {
        let mut tries = 0;
        loop {
            self.link.execute(Statement::new("SAVEPOINT one")).await?;
            let mut group = Group::inside(&mut self.link, &self.place, &mut self.heads);
            let answer = match group.perform(op).await {
                Ok(Ok(done)) => group.flush().await.map(|()| Ok(done)),
                other => other,
            };
            let error = match answer {
                Ok(answer) => {
                    self.link.execute(Statement::new("RELEASE SAVEPOINT one")).await?;
                    return Ok(answer);
                }
                Err(error) if L::blame(&error) == Blame::One => error,
                Err(error) => return Err(error),
            };
            self.heads.forget();
            self.link.execute(Statement::new("ROLLBACK TO SAVEPOINT one")).await?;
            self.link.execute(Statement::new("RELEASE SAVEPOINT one")).await?;
            // Another writer may have taken a place between the look and the write; not three times.
            tries += 1;
            if tries == 3 {
                return Ok(Err(self.link.failure(&error)));
            }
        }
    }

    /// The answers of the commit that was under way and is done.
    fn committed(&mut self) -> Vec<Answer> {
        let answers = self.under_way.take().map_or_else(Vec::new, |done| done.answers);
        self.tally.committed(answers.iter().flatten().map(|done| done.events().len()).sum());
        answers
    }

    /// After a full disk the database may have rolled back by itself; then there is nothing to do.
    async fn roll_back(&mut self) {
        if let Err(error) = self.link.execute(Statement::new("ROLLBACK")).await {
            tracing::debug!(%error, "no transaction was left to roll back");
        }
    }
}

impl UnderWay {
    fn new(answers: Vec<Answer>, lost: &Losses) -> Self {
        Self { mark: Mark::of(&answers), answers, lost: lost.clone() }
    }
}

/// The loss a batch has to be told of, instead of being written behind a gap.
fn told(lost: &Losses, op: &Op) -> Option<JournalError> {
    match op {
        Op::Append(batch) => lost.get(&batch.run).cloned(),
        _ => None,
    }
}

/// Keeps in mind what nobody was told yet.
fn remember(lost: &mut Losses, op: &Op, answer: &Answer) {
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
        (Op::Take(_), Ok(Done::Taken(Taken::Run(run, _)))) => {
            lost.remove(run);
        }
        _ => {}
    }
}
