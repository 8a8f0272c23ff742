//! The handle that callers hold: requests go to the writer's task, reads to the readers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gateshift_journal::{
    AppendBatch, Claim, Claimed, Journal, JournalError, Lease, NewRun, News, Receipt, Request, RequestId,
    RequestState, RunFilter, RunSummary, Take, Taken, Topic,
};
use gateshift_model::{Digest, Envelope, Generation, RunId, Seq, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::link::{Link, Source};
use crate::op::{Done, Op};
use crate::read::Reader;
use crate::tally::{Tally, Written};
use crate::writer::{Job, Reply, Writer};

/// A journal in a database; `S` is where it reads from.
pub struct SqlJournal<S> {
    reader: Reader<S>,
    writer: Option<Handle>,
}

struct Handle {
    jobs: mpsc::UnboundedSender<Job>,
    task: JoinHandle<()>,
    tally: Arc<Tally>,
}

impl<S: Source> fmt::Debug for SqlJournal<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlJournal").field(&self.reader.source.place()).finish()
    }
}

#[expect(private_bounds, reason = "only this crate's two databases can be read from")]
impl<S: Source> SqlJournal<S> {
    /// A journal that writes through `link`, and reads from `source`.
    pub(crate) fn over(source: S, link: impl Link) -> Self {
        let (jobs, incoming) = mpsc::unbounded_channel();
        let tally = Arc::new(Tally::default());
        let writer = Writer::new(link, source.place().to_owned(), Arc::clone(&tally));
        let task = tokio::spawn(writer.work(incoming));
        Self { reader: Reader { source }, writer: Some(Handle { jobs, task, tally }) }
    }

    /// A journal that only reads.
    pub(crate) fn read_only(source: S) -> Self {
        Self { reader: Reader { source }, writer: None }
    }

    /// Writes what is on its way and ends the connections. Dropping the journal does the same, some time
    /// later.
    pub async fn close(self) -> Result<(), JournalError> {
        self.reader.source.close().await;
        let Some(Handle { jobs, task, .. }) = self.writer else { return Ok(()) };
        drop(jobs);
        let place = self.reader.source.place().to_owned();
        task.await.map_err(|error| JournalError::Io { place, cause: error.to_string() })
    }

    /// What this handle has written since it was opened; nothing when it was opened for reading.
    #[must_use]
    pub fn written(&self) -> Written {
        self.writer.as_ref().map(|writer| writer.tally.read()).unwrap_or_default()
    }

    fn place(&self) -> String {
        self.reader.source.place().to_owned()
    }

    fn gone(&self) -> JournalError {
        JournalError::Io { place: self.place(), cause: "the writer has ended".to_owned() }
    }

    fn hand_over(&self, op: Op, reply: Reply) -> Result<(), JournalError> {
        let read_only = || JournalError::ReadOnly { place: self.place() };
        let writer = self.writer.as_ref().ok_or_else(read_only)?;
        writer.jobs.send(Job { op, reply }).map_err(|_| self.gone())
    }

    async fn ask(&self, op: Op) -> Result<Done, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.hand_over(op, Reply::Once(reply))?;
        answer.await.map_err(|_| self.gone())?
    }
}

#[async_trait]
impl<S: Source + 'static> Journal for SqlJournal<S> {
    fn append(&self, batch: AppendBatch) -> Receipt {
        let (sender, receipt) = Receipt::pair();
        match self.hand_over(Op::Append(batch), Reply::Receipt(sender)) {
            Ok(()) => receipt,
            Err(error) => Receipt::ready(Err(error)),
        }
    }

    async fn create_run(&self, new: NewRun) -> Result<Envelope, JournalError> {
        match self.ask(Op::Create(Box::new(new))).await? {
            Done::Events(events) => events.into_iter().next().ok_or_else(|| self.gone()),
            _ => Err(self.gone()),
        }
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError> {
        match self.ask(Op::Claim(claim)).await? {
            Done::Claimed(claimed) => Ok(claimed),
            _ => Err(self.gone()),
        }
    }

    async fn renew(
        &self,
        run: RunId,
        generation: Generation,
        lease: Duration,
    ) -> Result<Timestamp, JournalError> {
        match self.ask(Op::Renew(run, generation, lease)).await? {
            Done::Until(until) => Ok(until),
            _ => Err(self.gone()),
        }
    }

    async fn release(&self, run: RunId, generation: Generation) -> Result<(), JournalError> {
        self.ask(Op::Release(run, generation)).await.map(drop)
    }

    async fn offer(&self, run: RunId) -> Result<(), JournalError> {
        self.ask(Op::Offer(run)).await.map(drop)
    }

    async fn withdraw(&self, run: RunId) -> Result<(), JournalError> {
        self.ask(Op::Withdraw(run)).await.map(drop)
    }

    async fn take_offered(&self, take: Take) -> Result<Taken, JournalError> {
        match self.ask(Op::Take(take)).await? {
            Done::Taken(taken) => Ok(taken),
            _ => Err(self.gone()),
        }
    }

    fn news(&self, topic: Topic, pace: Duration) -> News {
        self.reader.source.news(topic, pace)
    }

    async fn note(&self, name: &str, value: Option<&str>) -> Result<Option<String>, JournalError> {
        let Some(value) = value else { return self.reader.note(name).await };
        match self.ask(Op::Note(name.to_owned(), value.to_owned())).await? {
            Done::Noted(stands) => Ok(Some(stands)),
            _ => Err(self.gone()),
        }
    }

    async fn lease(&self, run: RunId) -> Result<Lease, JournalError> {
        self.reader.lease(run).await
    }

    async fn events(&self, run: RunId, from: Seq, limit: usize) -> Result<Vec<Envelope>, JournalError> {
        self.reader.events(run, from, limit).await
    }

    async fn runs(&self, filter: RunFilter) -> Result<Vec<RunSummary>, JournalError> {
        self.reader.runs(&filter).await
    }

    async fn get_artifact(&self, digest: &Digest) -> Result<Vec<u8>, JournalError> {
        self.reader.artifact(digest).await
    }

    async fn post_request(&self, request: Request) -> Result<(), JournalError> {
        self.ask(Op::Post(request)).await.map(drop)
    }

    async fn open_requests(&self, run: RunId) -> Result<Vec<Request>, JournalError> {
        self.reader.open_requests(run).await
    }

    async fn request(&self, id: RequestId) -> Result<RequestState, JournalError> {
        self.reader.request(id).await
    }

    async fn answer(&self, id: RequestId, answer: String) -> Result<(), JournalError> {
        self.ask(Op::Answer(id, answer)).await.map(drop)
    }

    async fn flush(&self) -> Result<(), JournalError> {
        self.ask(Op::Flush).await.map(drop)
    }
}
