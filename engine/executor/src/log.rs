//! The one place where a driven run writes its history. Keeps the order of events, checks each against
//! the fold before it is written, and tells the watcher when it is durable. The first failure ends
//! all work on the run.
//!
//! Events that nobody waits for ride here until the next durable ones take them along: the journal is
//! woken once for all of them. If none follow for a moment, they are handed over by themselves.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gateshift_journal::{AppendBatch, Journal, NewArtifact, Receipt, Record};
use gateshift_model::{Actor, Event, Generation, RunId, RunState};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::{Clock, EngineError, Watcher};

/// How long events that nobody waits for ride here. The journal may let them ride for another while.
const RIDE: Duration = Duration::from_millis(50);

/// Writes events of one run under one ownership.
pub(crate) struct RunLog {
    journal: Arc<dyn Journal>,
    run: RunId,
    generation: Generation,
    actor: Actor,
    clock: Clock,
    inner: Mutex<Inner>,
    riding: Notify,
    written: mpsc::UnboundedSender<Written>,
    broken: watch::Sender<Option<EngineError>>,
    calls: AtomicU64,
}

/// What is changed under one lock, so that the order of the journal is the order of the fold.
struct Inner {
    state: RunState,
    riding: Riding,
    /// Somebody looks after what rides.
    attended: bool,
}

/// Events with their artifacts, in order, that were not handed over yet.
#[derive(Default)]
struct Riding {
    records: Vec<Record>,
    artifacts: Vec<NewArtifact>,
}

impl Riding {
    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.artifacts.is_empty()
    }
}

/// A batch on its way to the disk.
struct Written {
    receipt: Receipt,
    events: Vec<Event>,
    acknowledge: Option<oneshot::Sender<()>>,
}

impl RunLog {
    pub(crate) fn new(
        journal: Arc<dyn Journal>,
        state: RunState,
        run: RunId,
        generation: Generation,
        actor: Actor,
        clock: Clock,
        watcher: Arc<dyn Watcher>,
    ) -> Arc<Self> {
        let (written, incoming) = mpsc::unbounded_channel();
        let (broken, _) = watch::channel(None);
        tokio::spawn(acknowledge(run, incoming, broken.clone(), watcher));
        Arc::new(Self {
            journal,
            run,
            generation,
            actor,
            clock,
            inner: Mutex::new(Inner { state, riding: Riding::default(), attended: false }),
            riding: Notify::new(),
            written,
            broken,
            calls: AtomicU64::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run as its events tell it, those included that are still on their way to the disk.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&RunState) -> T) -> T {
        look(&self.lock().state)
    }

    /// Hands over what rides and is not taken along in time. Ends with the task it runs in.
    pub(crate) async fn attend(&self) {
        loop {
            self.riding.notified().await;
            loop {
                tokio::time::sleep(RIDE).await;
                let mut inner = self.lock();
                if inner.riding.is_empty() {
                    inner.attended = false;
                    break;
                }
                if self.broken.borrow().is_some() || self.send(&mut inner, None).is_err() {
                    return;
                }
            }
        }
    }

    /// Hands over what still rides, at the end of a session.
    pub(crate) fn hand_over_the_rest(&self) {
        let mut inner = self.lock();
        if !inner.riding.is_empty() && self.broken.borrow().is_none() && self.send(&mut inner, None).is_err()
        {
            tracing::warn!(run = %self.run, "the last events could not be handed over");
        }
    }

    /// Number for the next call.
    pub(crate) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Writes events that nobody needs to wait for: they ride with the next durable ones.
    pub(crate) fn relaxed(&self, events: Vec<Event>) -> Result<(), EngineError> {
        self.take(&self.actor, events, Vec::new(), false).map(drop)
    }

    /// Writes events; they are durable when it returns.
    pub(crate) async fn durable(&self, events: Vec<Event>) -> Result<(), EngineError> {
        self.wait(self.take(&self.actor, events, Vec::new(), true)?).await
    }

    /// As `durable`, on behalf of somebody else.
    pub(crate) async fn durable_as(&self, actor: Actor, events: Vec<Event>) -> Result<(), EngineError> {
        self.wait(self.take(&actor, events, Vec::new(), true)?).await
    }

    /// Writes an artifact and the event that names it.
    pub(crate) async fn with_artifact(
        &self,
        artifact: NewArtifact,
        events: Vec<Event>,
        durable: bool,
    ) -> Result<(), EngineError> {
        self.wait(self.take(&self.actor, events, vec![artifact], durable)?).await
    }

    /// Ends all work on the run for the given reason.
    pub(crate) fn break_off(&self, error: EngineError) {
        break_off(&self.broken, error);
    }

    /// Resolves when work on the run has to end at once.
    pub(crate) async fn broken(&self) -> EngineError {
        let mut broken = self.broken.subscribe();
        let error = broken.wait_for(Option::is_some).await.ok().and_then(|error| error.clone());
        error.unwrap_or_else(|| self.ended())
    }

    /// Checks events against the fold and takes them in. Durable ones are handed over with all that rides,
    /// and what is returned resolves when they are on disk; for others nothing is returned.
    fn take(
        &self,
        actor: &Actor,
        events: Vec<Event>,
        artifacts: Vec<NewArtifact>,
        durable: bool,
    ) -> Result<Option<oneshot::Receiver<()>>, EngineError> {
        let mut inner = self.lock();
        if let Some(error) = self.broken.borrow().clone() {
            return Err(error);
        }
        let at = (self.clock)();
        for event in &events {
            inner.state.apply(event, self.generation, at, actor).map_err(|cause| {
                let error = EngineError::IllegalHistory { run: self.run, cause };
                self.break_off(error.clone());
                error
            })?;
        }
        let records = events.into_iter().map(|event| Record { at, actor: actor.clone(), event });
        inner.riding.records.extend(records);
        inner.riding.artifacts.extend(artifacts);
        if durable {
            let (acknowledge, acknowledged) = oneshot::channel();
            self.send(&mut inner, Some(acknowledge))?;
            return Ok(Some(acknowledged));
        }
        if !inner.riding.is_empty() && !std::mem::replace(&mut inner.attended, true) {
            self.riding.notify_one();
        }
        Ok(None)
    }

    /// Hands over all that rides; somebody waits for it when there is somebody to tell.
    fn send(&self, inner: &mut Inner, acknowledge: Option<oneshot::Sender<()>>) -> Result<(), EngineError> {
        let Riding { records, artifacts } = std::mem::take(&mut inner.riding);
        let events = records.iter().map(|record| record.event.clone()).collect();
        let receipt = self.journal.append(AppendBatch {
            run: self.run,
            generation: self.generation,
            expected_seq: None,
            records,
            artifacts,
            durable: acknowledge.is_some(),
        });
        self.written.send(Written { receipt, events, acknowledge }).map_err(|_| self.ended())
    }

    async fn wait(&self, acknowledged: Option<oneshot::Receiver<()>>) -> Result<(), EngineError> {
        let Some(acknowledged) = acknowledged else { return Ok(()) };
        match acknowledged.await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.broken.borrow().clone().unwrap_or_else(|| self.ended())),
        }
    }

    fn ended(&self) -> EngineError {
        EngineError::Internal {
            run: self.run,
            cause: "the task that follows the journal has ended".to_owned(),
        }
    }
}

/// Follows the batches to the disk, in order.
async fn acknowledge(
    run: RunId,
    mut incoming: mpsc::UnboundedReceiver<Written>,
    broken: watch::Sender<Option<EngineError>>,
    watcher: Arc<dyn Watcher>,
) {
    while let Some(written) = incoming.recv().await {
        match written.receipt.await {
            Ok(envelopes) => {
                for (envelope, event) in envelopes.iter().zip(&written.events) {
                    watcher.event(envelope, event);
                }
                // Whoever handed it over may have gone on without waiting: that is no failure.
                if let Some(acknowledge) = written.acknowledge {
                    acknowledge.send(()).unwrap_or(());
                }
            }
            Err(error) => {
                tracing::warn!(%run, code = error.code(), %error, "the journal refused an event");
                break_off(&broken, error.into());
            }
        }
    }
}

/// Only the first reason counts: the others follow from it.
fn break_off(broken: &watch::Sender<Option<EngineError>>, error: EngineError) {
    broken.send_if_modified(|current| {
        let first = current.is_none();
        if first {
            *current = Some(error);
        }
        first
    });
}
