//! The handle that callers hold: requests go to the writer's task, reads to the readers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gateshift_journal::{
    AppendBatch, Claim, Claimed, Journal, JournalError, Lease, NewRun, Receipt, Request, RequestId,
    RequestState, RunFilter, RunSummary,
};
use gateshift_model::{Digest, Envelope, Generation, RunId, Seq, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::group::{Done, Op};
use crate::migrations::Format;
use crate::open;
use crate::read::Reader;
use crate::tally::{Tally, Written};
use crate::writer::{Job, Reply, Writer};

/// A journal in a SQLite file.
#[derive(Debug)]
pub struct SqliteJournal {
    reader: Reader,
    writer: Option<Handle>,
}

#[derive(Debug)]
struct Handle {
    jobs: mpsc::UnboundedSender<Job>,
    task: JoinHandle<()>,
    tally: Arc<Tally>,
}

impl SqliteJournal {
    /// Opens a journal for writing; makes the file and its folder when they are missing.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        let path = path.as_ref();
        let place = path.display().to_string();
        let connection = open::writer(path, &place).await?;
        let (jobs, incoming) = mpsc::unbounded_channel();
        let tally = Arc::new(Tally::default());
        let writer = Writer::new(connection, place.clone(), Arc::clone(&tally));
        let task = tokio::spawn(writer.work(incoming));
        let reader = Reader { pool: open::readers(path), place };
        Ok(Self { reader, writer: Some(Handle { jobs, task, tally }) })
    }

    /// Opens an existing journal for reading.
    pub async fn open_read_only(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        let path = path.as_ref();
        let place = path.display().to_string();
        match open::look(path, &place).await? {
            Format::Ours(format) if format > 0 => {}
            _ => {
                return Err(JournalError::Open {
                    place,
                    cause: "the file is empty; a run fills it".to_owned(),
                });
            }
        }
        Ok(Self { reader: Reader { pool: open::readers(path), place }, writer: None })
    }

    /// Writes what is on its way and closes the file. Dropping the journal does the same, some time later.
    pub async fn close(self) -> Result<(), JournalError> {
        self.reader.pool.close().await;
        let Some(Handle { jobs, task, .. }) = self.writer else { return Ok(()) };
        drop(jobs);
        task.await.map_err(|error| JournalError::Io { place: self.reader.place, cause: error.to_string() })
    }

    /// What this handle has written since it was opened; nothing when it was opened for reading.
    #[must_use]
    pub fn written(&self) -> Written {
        self.writer.as_ref().map(|writer| writer.tally.read()).unwrap_or_default()
    }

    fn gone(&self) -> JournalError {
        JournalError::Io { place: self.reader.place.clone(), cause: "the writer has ended".to_owned() }
    }

    fn hand_over(&self, op: Op, reply: Reply) -> Result<(), JournalError> {
        let read_only = || JournalError::ReadOnly { place: self.reader.place.clone() };
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
impl Journal for SqliteJournal {
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
