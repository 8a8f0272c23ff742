//! A journal that dies: after a number of durable commits it takes nothing more, and what nobody
//! waited for is lost with it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use gateshift_journal::{
    AppendBatch, Claim, Claimed, Journal, JournalError, Lease, MemoryJournal, NewRun, Receipt, ReceiptSender,
    Request, RequestId, RequestState, RunFilter, RunSummary, Take, Taken,
};
use gateshift_model::{Digest, Envelope, Generation, RunId, Seq, Timestamp};

#[derive(Clone)]
pub(crate) struct CrashJournal {
    inner: MemoryJournal,
    life: Arc<Mutex<Life>>,
}

struct Life {
    /// Durable commits it still takes; none means for ever.
    left: Option<usize>,
    commits: usize,
    /// The process dies before its next answer to a request.
    mute: bool,
    riding: Vec<(AppendBatch, ReceiptSender)>,
}

fn dead() -> JournalError {
    JournalError::Io { place: "test".into(), cause: "the process died".into() }
}

impl CrashJournal {
    pub(crate) fn new(inner: MemoryJournal, left: Option<usize>) -> Self {
        Self { inner, life: Arc::new(Mutex::new(Life { left, commits: 0, mute: false, riding: Vec::new() })) }
    }

    pub(crate) fn crash(&self) {
        let mut life = self.lock();
        life.left = Some(0);
        life.die();
    }

    /// From here on the process dies when it is about to answer a request.
    pub(crate) fn lose_answers(&self) {
        self.lock().mute = true;
    }

    pub(crate) fn commits(&self) -> usize {
        self.lock().commits
    }

    fn lock(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap()
    }

    fn alive(&self) -> Result<(), JournalError> {
        if self.lock().left == Some(0) { Err(dead()) } else { Ok(()) }
    }
}

impl Life {
    fn die(&mut self) {
        for (_, receipt) in self.riding.drain(..) {
            receipt.send(Err(dead()));
        }
    }

    fn commit(&mut self) -> bool {
        if self.left == Some(0) {
            self.die();
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        self.commits += 1;
        true
    }
}

#[async_trait]
impl Journal for CrashJournal {
    fn append(&self, batch: AppendBatch) -> Receipt {
        let mut life = self.lock();
        if !batch.durable && life.left != Some(0) {
            let (sender, receipt) = Receipt::pair();
            life.riding.push((batch, sender));
            return receipt;
        }
        if !life.commit() {
            return Receipt::ready(Err(dead()));
        }
        for (batch, sender) in std::mem::take(&mut life.riding) {
            let receipt = self.inner.append(AppendBatch { durable: true, ..batch });
            tokio::spawn(async move { sender.send(receipt.await) });
        }
        self.inner.append(batch)
    }

    async fn create_run(&self, new: NewRun) -> Result<Envelope, JournalError> {
        self.inner.create_run(new).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError> {
        self.alive()?;
        self.inner.claim(claim).await
    }

    async fn renew(
        &self,
        run: RunId,
        generation: Generation,
        lease: Duration,
    ) -> Result<Timestamp, JournalError> {
        self.alive()?;
        self.inner.renew(run, generation, lease).await
    }

    async fn release(&self, run: RunId, generation: Generation) -> Result<(), JournalError> {
        self.alive()?;
        self.inner.release(run, generation).await
    }

    async fn offer(&self, run: RunId) -> Result<(), JournalError> {
        self.inner.offer(run).await
    }

    async fn withdraw(&self, run: RunId) -> Result<(), JournalError> {
        self.inner.withdraw(run).await
    }

    async fn take_offered(&self, take: Take) -> Result<Taken, JournalError> {
        self.alive()?;
        self.inner.take_offered(take).await
    }

    async fn note(&self, name: &str, value: Option<&str>) -> Result<Option<String>, JournalError> {
        self.inner.note(name, value).await
    }

    async fn lease(&self, run: RunId) -> Result<Lease, JournalError> {
        self.inner.lease(run).await
    }

    async fn events(&self, run: RunId, from: Seq, limit: usize) -> Result<Vec<Envelope>, JournalError> {
        self.inner.events(run, from, limit).await
    }

    async fn runs(&self, filter: RunFilter) -> Result<Vec<RunSummary>, JournalError> {
        self.inner.runs(filter).await
    }

    async fn get_artifact(&self, digest: &Digest) -> Result<Vec<u8>, JournalError> {
        self.inner.get_artifact(digest).await
    }

    async fn post_request(&self, request: Request) -> Result<(), JournalError> {
        self.inner.post_request(request).await
    }

    async fn open_requests(&self, run: RunId) -> Result<Vec<Request>, JournalError> {
        self.inner.open_requests(run).await
    }

    async fn request(&self, id: RequestId) -> Result<RequestState, JournalError> {
        self.inner.request(id).await
    }

    async fn answer(&self, id: RequestId, answer: String) -> Result<(), JournalError> {
        if self.lock().mute {
            self.crash();
        }
        self.alive()?;
        self.inner.answer(id, answer).await
    }

    async fn flush(&self) -> Result<(), JournalError> {
        Ok(())
    }
}
