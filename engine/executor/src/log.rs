//! The one place where a driven run writes its history. Keeps the order of events, checks each against
//! the fold before it is written, and tells the watcher when it is durable. The first failure ends
//! all work on the run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gateshift_journal::{AppendBatch, Journal, NewArtifact, Receipt, Record};
use gateshift_model::{Actor, Event, Generation, RunId, RunState};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{Clock, EngineError, Watcher};

/// Writes events of one run under one ownership.
pub(crate) struct RunLog {
    journal: Arc<dyn Journal>,
    run: RunId,
    generation: Generation,
    actor: Actor,
    clock: Clock,
    state: Mutex<RunState>,
    written: mpsc::UnboundedSender<Written>,
    broken: watch::Sender<Option<EngineError>>,
    calls: AtomicU64,
}

/// A batch on its way to the disk.
struct Written {
    receipt: Receipt,
    events: Vec<Event>,
    acknowledge: oneshot::Sender<()>,
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
        let calls = AtomicU64::new(0);
        Arc::new(Self {
            journal,
            run,
            generation,
            actor,
            clock,
            state: Mutex::new(state),
            written,
            broken,
            calls,
        })
    }

    /// The run as its events tell it, those included that are still on their way to the disk.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&RunState) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Number for the next call.
    pub(crate) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Writes events that nobody needs to wait for: they ride with the next durable ones.
    pub(crate) fn relaxed(&self, events: Vec<Event>) -> Result<(), EngineError> {
        self.hand_over(self.actor.clone(), events, Vec::new(), false).map(drop)
    }

    /// Writes events; they are durable when it returns.
    pub(crate) async fn durable(&self, events: Vec<Event>) -> Result<(), EngineError> {
        self.durable_as(self.actor.clone(), events).await
    }

    /// As `durable`, on behalf of somebody else.
    pub(crate) async fn durable_as(&self, actor: Actor, events: Vec<Event>) -> Result<(), EngineError> {
        self.wait(self.hand_over(actor, events, Vec::new(), true)?).await
    }

    /// Writes an artifact and the event that names it.
    pub(crate) async fn with_artifact(
        &self,
        artifact: NewArtifact,
        events: Vec<Event>,
        durable: bool,
    ) -> Result<(), EngineError> {
        let acknowledged = self.hand_over(self.actor.clone(), events, vec![artifact], durable)?;
        if durable { self.wait(acknowledged).await } else { Ok(()) }
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

    /// Checks and hands over under one lock, so that the order of the journal is the order of the fold.
    fn hand_over(
        &self,
        actor: Actor,
        events: Vec<Event>,
        artifacts: Vec<NewArtifact>,
        durable: bool,
    ) -> Result<oneshot::Receiver<()>, EngineError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = self.broken.borrow().clone() {
            return Err(error);
        }
        let at = (self.clock)();
        for event in &events {
            state.apply(event, self.generation, at).map_err(|cause| {
                let error = EngineError::IllegalHistory { run: self.run, cause };
                self.break_off(error.clone());
                error
            })?;
        }
        let records =
            events.iter().map(|event| Record { at, actor: actor.clone(), event: event.clone() }).collect();
        let (run, generation) = (self.run, self.generation);
        let receipt = self.journal.append(AppendBatch {
            run,
            generation,
            expected_seq: None,
            records,
            artifacts,
            durable,
        });
        let (acknowledge, acknowledged) = oneshot::channel();
        self.written.send(Written { receipt, events, acknowledge }).map_err(|_| self.ended())?;
        Ok(acknowledged)
    }

    async fn wait(&self, acknowledged: oneshot::Receiver<()>) -> Result<(), EngineError> {
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
                written.acknowledge.send(()).unwrap_or(());
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
