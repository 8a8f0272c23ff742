//! A journal that lasts as long as the process: for tests, and for dry runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use gateshift_model::{Digest, Envelope, Event, GENESIS, Generation, RunId, Seq, Timestamp};

use crate::{
    AppendBatch, Claim, Claimed, Journal, JournalError, Lease, NewRun, Receipt, Record, Request, RequestId,
    RequestState, RunFilter, RunSummary, Take, Taken,
};

/// A journal in memory. Clones share what they hold.
#[derive(Clone, Default)]
pub struct MemoryJournal {
    state: Arc<Mutex<State>>,
    clock: Option<Arc<dyn Fn() -> Timestamp + Send + Sync>>,
}

#[derive(Default)]
struct State {
    runs: BTreeMap<RunId, Run>,
    artifacts: BTreeMap<Digest, Vec<u8>>,
    requests: Vec<RequestState>,
    notes: BTreeMap<String, String>,
    /// Runs on offer, the one that waits longest first.
    offers: Vec<RunId>,
    /// Failures of batches nobody waited for, until a caller of that run is told.
    lost: BTreeMap<RunId, JournalError>,
}

struct Run {
    name: String,
    lease: Lease,
    events: Vec<Envelope>,
}

impl MemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty journal whose leases run by the given clock.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        Self { clock: Some(clock), ..Self::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        let system = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        self.clock
            .as_ref()
            .map_or_else(|| Timestamp(i64::try_from(system()).unwrap_or(i64::MAX)), |clock| clock())
    }
}

impl State {
    fn run(&mut self, run: RunId) -> Result<&mut Run, JournalError> {
        self.runs.get_mut(&run).ok_or(JournalError::UnknownRun(run))
    }

    fn append(&mut self, batch: AppendBatch) -> Result<Vec<Envelope>, JournalError> {
        let (id, durable) = (batch.run, batch.durable);
        let known = if durable { self.lost.remove(&id) } else { self.lost.get(&id).cloned() };
        let result = known.map_or_else(|| self.write(batch), Err);
        if let (Err(error), false) = (&result, durable) {
            self.lost.entry(id).or_insert_with(|| error.clone());
        }
        result
    }

    fn write(&mut self, batch: AppendBatch) -> Result<Vec<Envelope>, JournalError> {
        let run = self.run(batch.run)?;
        run.fence(batch.run, batch.generation)?;
        let found = run.events.len() as Seq + 1;
        if let Some(expected) = batch.expected_seq.filter(|expected| *expected != found) {
            return Err(JournalError::Moved { run: batch.run, expected, found });
        }
        let finishes = batch.finishes();
        let written =
            batch.records.into_iter().map(|record| run.push(batch.run, batch.generation, record)).collect();
        for new in batch.artifacts {
            self.artifacts.insert(new.artifact.digest, new.bytes);
        }
        if finishes {
            self.offers.retain(|offered| *offered != batch.run);
        }
        Ok(written)
    }

    fn claim(&mut self, claim: Claim, now: Timestamp) -> Result<Claimed, JournalError> {
        self.lost.remove(&claim.run);
        let run = self.run(claim.run)?;
        if let Some(holder) = run.lease.refuses(&claim, now) {
            let (generation, until) = (run.lease.generation, run.lease.until);
            return Err(JournalError::Owned { run: claim.run, holder: holder.clone(), generation, until });
        }
        let (generation, until) = (run.lease.generation + 1, now.after(claim.lease));
        run.lease = Lease { generation, holder: Some(claim.holder.clone()), until };
        let record =
            Record { at: claim.at, actor: claim.actor, event: Event::RunClaimed { holder: claim.holder } };
        let event = run.push(claim.run, generation, record);
        Ok(Claimed { generation, until, event })
    }
}

impl Run {
    fn fence(&self, run: RunId, own: Generation) -> Result<(), JournalError> {
        if own == self.lease.generation {
            return Ok(());
        }
        Err(JournalError::Fenced {
            run,
            holder: self.lease.holder.clone(),
            generation: self.lease.generation,
            own,
        })
    }

    fn push(&mut self, run: RunId, generation: Generation, record: Record) -> Envelope {
        let previous = self.events.last().map_or(GENESIS, |last| last.hash.as_str());
        let seq = self.events.len() as Seq + 1;
        let envelope = Envelope::seal(run, seq, generation, record.at, record.actor, previous, &record.event);
        self.events.push(envelope.clone());
        envelope
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    fn append(&self, batch: AppendBatch) -> Receipt {
        Receipt::ready(self.lock().append(batch))
    }

    async fn create_run(&self, new: NewRun) -> Result<Envelope, JournalError> {
        let mut state = self.lock();
        if state.runs.contains_key(&new.run) {
            return Err(JournalError::Exists(new.run));
        }
        let lease = Lease { generation: 0, holder: None, until: Timestamp(0) };
        let mut run = Run { name: new.definition.name.clone(), lease, events: Vec::new() };
        let first = run.push(new.run, 0, Record { at: new.at, event: new.event(), actor: new.actor });
        state.runs.insert(new.run, run);
        Ok(first)
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, JournalError> {
        self.lock().claim(claim, self.now())
    }

    async fn offer(&self, run: RunId) -> Result<(), JournalError> {
        let mut state = self.lock();
        state.run(run)?;
        if !state.offers.contains(&run) {
            state.offers.push(run);
        }
        Ok(())
    }

    async fn withdraw(&self, run: RunId) -> Result<(), JournalError> {
        let mut state = self.lock();
        state.run(run)?;
        state.offers.retain(|offered| *offered != run);
        Ok(())
    }

    async fn take_offered(&self, take: Take) -> Result<Taken, JournalError> {
        let now = self.now();
        let mut state = self.lock();
        let wanted: Vec<_> = state.offers.iter().filter(|run| !take.except.contains(run)).copied().collect();
        let mut again: Option<Duration> = None;
        for run in wanted {
            match state.claim(take.claim(run), now) {
                Ok(claimed) => return Ok(Taken::Run(run, Box::new(claimed))),
                Err(JournalError::Owned { until, .. }) => {
                    again = Some(again.map_or(until.since(now), |again| again.min(until.since(now))));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Taken::Nothing { again })
    }

    async fn note(&self, name: &str, value: Option<&str>) -> Result<Option<String>, JournalError> {
        let mut state = self.lock();
        if let Some(value) = value {
            state.notes.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        Ok(state.notes.get(name).cloned())
    }

    async fn renew(
        &self,
        run: RunId,
        generation: Generation,
        lease: Duration,
    ) -> Result<Timestamp, JournalError> {
        let until = self.now().after(lease);
        let mut state = self.lock();
        let found = state.run(run)?;
        found.fence(run, generation)?;
        found.lease.until = until;
        Ok(until)
    }

    async fn release(&self, run: RunId, generation: Generation) -> Result<(), JournalError> {
        let mut state = self.lock();
        let found = state.run(run)?;
        if found.lease.generation == generation {
            (found.lease.holder, found.lease.until) = (None, Timestamp(0));
        }
        Ok(())
    }

    async fn lease(&self, run: RunId) -> Result<Lease, JournalError> {
        self.lock().run(run).map(|found| found.lease.clone())
    }

    async fn events(&self, run: RunId, from: Seq, limit: usize) -> Result<Vec<Envelope>, JournalError> {
        let skip = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
        self.lock().run(run).map(|found| found.events.iter().skip(skip).take(limit).cloned().collect())
    }

    async fn runs(&self, filter: RunFilter) -> Result<Vec<RunSummary>, JournalError> {
        let state = self.lock();
        let mut found: Vec<_> = state
            .runs
            .iter()
            .filter(|(id, _)| id.to_string().starts_with(&filter.prefix))
            .filter_map(|(id, run)| Some(summary(*id, run, run.events.first()?, run.events.last()?)))
            .collect();
        found.sort_by_key(|summary| std::cmp::Reverse((summary.created, summary.run)));
        found.truncate(filter.limit.unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn get_artifact(&self, digest: &Digest) -> Result<Vec<u8>, JournalError> {
        self.lock()
            .artifacts
            .get(digest)
            .cloned()
            .ok_or_else(|| JournalError::UnknownArtifact(digest.clone()))
    }

    async fn post_request(&self, request: Request) -> Result<(), JournalError> {
        let mut state = self.lock();
        state.run(request.run)?;
        if state.requests.iter().all(|known| known.request.id != request.id) {
            state.requests.push(RequestState { request, answer: None });
        }
        Ok(())
    }

    async fn open_requests(&self, run: RunId) -> Result<Vec<Request>, JournalError> {
        let state = self.lock();
        let open = state.requests.iter().filter(|known| known.request.run == run && known.answer.is_none());
        Ok(open.map(|known| known.request.clone()).collect())
    }

    async fn request(&self, id: RequestId) -> Result<RequestState, JournalError> {
        let state = self.lock();
        let found = state.requests.iter().find(|known| known.request.id == id);
        found.cloned().ok_or(JournalError::UnknownRequest(id))
    }

    async fn answer(&self, id: RequestId, answer: String) -> Result<(), JournalError> {
        let mut state = self.lock();
        let found = state.requests.iter_mut().find(|known| known.request.id == id);
        found.ok_or(JournalError::UnknownRequest(id))?.answer.get_or_insert(answer);
        Ok(())
    }

    async fn flush(&self) -> Result<(), JournalError> {
        Ok(())
    }
}

fn summary(run: RunId, found: &Run, first: &Envelope, last: &Envelope) -> RunSummary {
    RunSummary {
        run,
        name: found.name.clone(),
        created: first.at,
        last_seq: last.seq,
        updated: last.at,
        last_kind: last.body["event"].as_str().unwrap_or_default().to_owned(),
        generation: found.lease.generation,
        holder: found.lease.holder.clone(),
        until: found.lease.until,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::MemoryJournal;
    use crate::Journal;

    async fn fresh() -> Arc<dyn Journal> {
        Arc::new(MemoryJournal::new())
    }

    crate::journal_suite!(fresh);
}
