//! A journal that dies, or runs full: after a number of durable commits something happens to it. What
//! nobody waited for may be lost with it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use gateshift_journal::{
    AppendBatch, Claim, Claimed, Journal, JournalError, Lease, NewRun, Receipt, ReceiptSender, Request,
    RequestId, RequestState, RunFilter, RunSummary, Take, Taken,
};
use gateshift_model::{Digest, Envelope, Generation, RunId, Seq, Timestamp};

/// What happens at a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blow {
    /// The process dies before it; what rides is lost.
    Before,
    /// What rides gets to the disk, then the process dies.
    Riding,
    /// The commit gets to the disk, and the process dies before it hears of it.
    Unheard,
    /// No space is left, for this commit and for all after it.
    Full,
    /// The clock jumps by so many milliseconds.
    Jump(i64),
}

#[derive(Clone)]
pub(crate) struct CrashJournal {
    inner: Arc<dyn Journal>,
    life: Arc<Mutex<Life>>,
    /// Moves the clock.
    offset: Arc<AtomicI64>,
    /// Claims are commits, too.
    claims_count: bool,
}

struct Life {
    /// Durable commits it still takes; none means for ever.
    left: Option<usize>,
    blow: Blow,
    dead: bool,
    full: bool,
    commits: usize,
    /// The process dies before its next answer to a request.
    mute: bool,
    riding: Vec<(AppendBatch, ReceiptSender)>,
}

fn dead() -> JournalError {
    JournalError::Io { place: "test".into(), cause: "the process died".into() }
}

fn full() -> JournalError {
    JournalError::Full { place: "test".into() }
}

/// What becomes of a commit.
enum Fate {
    Written,
    Unheard,
    Refused(JournalError),
}

impl CrashJournal {
    pub(crate) fn new(inner: Arc<dyn Journal>, left: Option<usize>) -> Self {
        let life = Life {
            left,
            blow: Blow::Before,
            dead: false,
            full: false,
            commits: 0,
            mute: false,
            riding: Vec::new(),
        };
        let (life, offset) = (Arc::new(Mutex::new(life)), Arc::default());
        Self { inner, life, offset, claims_count: false }
    }

    /// As `new`; the blow falls at the commit of that number, counted from 0, claims included.
    pub(crate) fn with_blow(
        inner: Arc<dyn Journal>,
        blow: Option<(usize, Blow)>,
        offset: Arc<AtomicI64>,
    ) -> Self {
        let mut journal = Self::new(inner, None);
        (journal.offset, journal.claims_count) = (offset, true);
        if let Some((at, blow)) = blow {
            let mut life = journal.lock();
            (life.left, life.blow) = (Some(at), blow);
        }
        journal
    }

    pub(crate) fn crash(&self) {
        self.lock().die();
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
        if self.lock().dead { Err(dead()) } else { Ok(()) }
    }

    fn write_riding(&self, life: &mut Life) {
        for (batch, sender) in std::mem::take(&mut life.riding) {
            let receipt = self.inner.append(AppendBatch { durable: true, ..batch });
            tokio::spawn(async move { sender.send(receipt.await) });
        }
    }

    fn commit(&self, life: &mut Life) -> Fate {
        if life.dead {
            life.die();
            return Fate::Refused(dead());
        }
        if life.full {
            return Fate::Refused(full());
        }
        let now = life.left == Some(0);
        life.left = life.left.map(|left| left.saturating_sub(1)).filter(|_| !now);
        life.commits += 1;
        match life.blow {
            Blow::Jump(millis) if now => {
                self.offset.fetch_add(millis, Ordering::SeqCst);
                Fate::Written
            }
            Blow::Before if now => {
                life.die();
                Fate::Refused(dead())
            }
            Blow::Riding if now => {
                self.write_riding(life);
                life.die();
                Fate::Refused(dead())
            }
            Blow::Unheard if now => Fate::Unheard,
            Blow::Full if now => {
                life.full = true;
                for (_, receipt) in life.riding.drain(..) {
                    receipt.send(Err(full()));
                }
                Fate::Refused(full())
            }
            _ => Fate::Written,
        }
    }
}

impl Life {
    fn die(&mut self) {
        self.dead = true;
        for (_, receipt) in self.riding.drain(..) {
            receipt.send(Err(dead()));
        }
    }
}

#[async_trait]
impl Journal for CrashJournal {
    fn append(&self, batch: AppendBatch) -> Receipt {
        let mut life = self.lock();
        if !batch.durable && !life.dead && !life.full {
            let (sender, receipt) = Receipt::pair();
            life.riding.push((batch, sender));
            return receipt;
        }
        match self.commit(&mut life) {
            Fate::Refused(error) => Receipt::ready(Err(error)),
            Fate::Written => {
                self.write_riding(&mut life);
                self.inner.append(batch)
            }
            Fate::Unheard => {
                self.write_riding(&mut life);
                drop(self.inner.append(batch));
                life.die();
                Receipt::ready(Err(dead()))
            }
        }
    }

    async fn create_run(&self, new: NewRun) -> Result<Envelope, JournalError> {
        self.inner.create_run(new).await
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError> {
        self.alive()?;
        if !self.claims_count {
            return self.inner.claim(claim).await;
        }
        let fate = self.commit(&mut self.lock());
        match fate {
            Fate::Refused(error) => Err(error),
            Fate::Written => self.inner.claim(claim).await,
            Fate::Unheard => {
                drop(self.inner.claim(claim).await);
                self.crash();
                Err(dead())
            }
        }
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
