//! The port: what the engine asks of a journal.

use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{Digest, Envelope, Generation, RunId, Seq, Timestamp};

use crate::{
    AppendBatch, Claim, Claimed, JournalError, Lease, NewRun, News, Receipt, Request, RequestId,
    RequestState, RunFilter, RunSummary, Take, Taken, Topic,
};

/// Keeps the events of runs. All its answers come from what is durable.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Hands a batch over and returns at once. Batches of one run are written in the order of these
    /// calls; place, previous hash and hash are given by the writer, so that the steps of a run never
    /// contend. The receipt tells when the batch is durable.
    ///
    /// Refused with [`JournalError::Fenced`] when the run has a newer generation than the batch.
    fn append(&self, batch: AppendBatch) -> Receipt;

    /// Creates a run with its first event.
    async fn create_run(&self, new: NewRun) -> Result<Envelope, JournalError>;

    /// Takes a run: a new generation, and the `run_claimed` event, in one commit. Refused with
    /// [`JournalError::Owned`] while somebody else's lease runs (see [`Lease::refuses`]). The journal's
    /// own clock decides.
    async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError>;

    /// Keeps a run for another while; returns the new end of the lease.
    async fn renew(
        &self,
        run: RunId,
        generation: Generation,
        lease: Duration,
    ) -> Result<Timestamp, JournalError>;

    /// Gives a run back. Harmless when somebody else has it by now.
    async fn release(&self, run: RunId, generation: Generation) -> Result<(), JournalError>;

    /// Offers a run to workers: whoever asks with [`Journal::take_offered`] may get it, also after an owner
    /// has died. It stays on offer until it finishes or is withdrawn. Offering one twice is harmless.
    async fn offer(&self, run: RunId) -> Result<(), JournalError>;

    /// Takes a run off the offers. Who owns it is not touched.
    async fn withdraw(&self, run: RunId) -> Result<(), JournalError>;

    /// Takes the run that was offered first and that nobody owns, as [`Journal::claim`] would. No two
    /// callers get the same one.
    async fn take_offered(&self, take: Take) -> Result<Taken, JournalError>;

    /// Tells when there may be something new to look for. A journal that cannot tell lets the caller
    /// look again after `pace`.
    fn news(&self, topic: Topic, pace: Duration) -> News {
        let _ = topic;
        News::by_looking(pace)
    }

    /// A word that all who share the journal agree on: the first value given under a name stays, and what
    /// stands is returned. Nothing is written when no value is given.
    async fn note(&self, name: &str, value: Option<&str>) -> Result<Option<String>, JournalError>;

    /// Who owns a run.
    async fn lease(&self, run: RunId) -> Result<Lease, JournalError>;

    /// Events of a run from place `from` on, at most `limit`.
    async fn events(&self, run: RunId, from: Seq, limit: usize) -> Result<Vec<Envelope>, JournalError>;

    /// Runs, the newest first.
    async fn runs(&self, filter: RunFilter) -> Result<Vec<RunSummary>, JournalError>;

    /// Bytes by their digest.
    async fn get_artifact(&self, digest: &Digest) -> Result<Vec<u8>, JournalError>;

    /// Posts a request to whoever owns the run, now or later. Posting one twice is harmless.
    async fn post_request(&self, request: Request) -> Result<(), JournalError>;

    /// Requests of a run that have no answer yet, the oldest first.
    async fn open_requests(&self, run: RunId) -> Result<Vec<Request>, JournalError>;

    /// One request with its answer.
    async fn request(&self, id: RequestId) -> Result<RequestState, JournalError>;

    /// Answers a request. The first answer stays.
    async fn answer(&self, id: RequestId, answer: String) -> Result<(), JournalError>;

    /// Writes what is still on its way. Returns when all that was handed over is durable.
    async fn flush(&self) -> Result<(), JournalError>;
}

/// The whole history of a run, read in pages.
pub async fn history(journal: &dyn Journal, run: RunId) -> Result<Vec<Envelope>, JournalError> {
    const PAGE: usize = 4096;
    let mut events: Vec<Envelope> = Vec::new();
    loop {
        let from = events.last().map_or(1, |last| last.seq + 1);
        let page = journal.events(run, from, PAGE).await?;
        let last = page.len() < PAGE;
        events.extend(page);
        if last {
            return Ok(events);
        }
    }
}
