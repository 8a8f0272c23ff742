//! One process's work on one run, from the claim to the release: starts steps, listens for words from
//! outside, and brings the run to its end or to a clean stop.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::{Claimed, JournalError, Request};
use gateshift_model::{
    ConnectionName, Event, Generation, RunDefinition, RunId, RunOutcome, RunState, StepDefinition, StepName,
    Timestamp, UndoScope,
};
use gateshift_step_api::StepInput;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::asked::Asked;
use crate::folded::Folded;
use crate::guard::Paused;
use crate::heartbeat::beat;
use crate::inbox::listen;
use crate::inputs::{Nearest, Way, input, places};
use crate::log::RunLog;
use crate::schedule::{Frontier, Verdict, decide};
use crate::tasks::Tasks;
use crate::undo::{Backward, undo_step};
use crate::verbs::Refusal;
use crate::{Driven, Engine, EngineError, EngineOptions, Reply, Watcher};

/// Longest sleep before the clock is looked at again: it may have jumped.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Where a session heads.
#[derive(Debug, Clone)]
pub(crate) enum Course {
    /// On, forward or backward, as the history says.
    AsItStands,
    /// Backward.
    Undo { scope: UndoScope, reason: String },
}

/// Why going forward ended.
pub(crate) enum Forward {
    Rest {
        outcome: RunOutcome,
        reason: String,
    },
    /// Something else is wanted, and the history says what.
    Turned,
    Stopped(String),
}

/// Where the history says that a run heads.
enum Heading {
    Forward,
    Back(UndoScope),
    Rest { outcome: RunOutcome, reason: String },
}

impl Heading {
    fn of(state: &RunState) -> Self {
        if state.undoing {
            return Self::Back(state.undo.unwrap_or(UndoScope::Traffic));
        }
        let ending = state.canceling.clone().map(|reason| (RunOutcome::Canceled, reason));
        let paused = || state.paused.clone().map(|reason| (RunOutcome::Paused, reason));
        match ending.or_else(paused) {
            Some((outcome, reason)) => Self::Rest { outcome, reason },
            None => Self::Forward,
        }
    }
}

/// A run that this process owns.
pub(crate) struct Session {
    pub(crate) engine: Engine,
    pub(crate) run: RunId,
    pub(crate) definition: RunDefinition,
    pub(crate) log: Arc<RunLog>,
    pub(crate) watcher: Arc<dyn Watcher>,
    generation: Generation,
    nearest: Nearest,
    places: BTreeMap<StepName, usize>,
    paused: watch::Sender<BTreeSet<ConnectionName>>,
}

/// What is to be written when a run is taken, decided from how it stood before.
type Beginning<'a> = &'a (dyn Fn(&RunState) -> Result<Vec<Event>, Refusal> + Send + Sync);

impl Session {
    /// Claims the run and brings what is known of it up to the claim.
    pub(crate) async fn take(
        engine: &Engine,
        known: Folded,
        run: RunId,
        watcher: Arc<dyn Watcher>,
    ) -> Result<Arc<Self>, EngineError> {
        Self::take_with(engine, known, run, watcher, &|_| Ok(Vec::new())).await
    }

    /// As `take`, and writes first what `beginning` makes of the run as it stood before the claim. Refused
    /// at the second look, a run is put back to the rest it had.
    pub(crate) async fn take_with(
        engine: &Engine,
        mut known: Folded,
        run: RunId,
        watcher: Arc<dyn Watcher>,
        beginning: Beginning<'_>,
    ) -> Result<Arc<Self>, EngineError> {
        beginning(&known.state)?;
        let Claimed { generation, event, .. } = engine.claim(run).await?;
        let (wanted, before) = match known.catch_up(&*engine.journal, &event).await {
            Ok(before) => (beginning(&before), before),
            Err(error) => {
                drop(engine.journal.release(run, generation).await);
                return Err(error);
            }
        };
        let session = Self::of(engine, known.state, run, generation, watcher);
        let written = match wanted {
            Ok(events) if events.is_empty() => Ok(()),
            Ok(events) => session.log.durable(events).await,
            Err(refusal) => {
                session.put_back(&before).await?;
                Err(refusal.into())
            }
        };
        if let Err(error) = written {
            session.give_back().await;
            return Err(error);
        }
        session.tell_the_paused();
        Ok(session)
    }

    /// A session on a run that was claimed, the claim being part of its state.
    pub(crate) fn of(
        engine: &Engine,
        state: RunState,
        run: RunId,
        generation: Generation,
        watcher: Arc<dyn Watcher>,
    ) -> Arc<Self> {
        watcher.begin(&state);
        let definition = state.definition.clone();
        let places = places(&definition);
        let nearest = Nearest::of(&definition, &places);
        let (paused, _) = watch::channel(state.paused_connections.keys().cloned().collect());
        let (actor, clock) = (engine.options.actor.clone(), Arc::clone(&engine.options.clock));
        let journal = Arc::clone(&engine.journal);
        let log = RunLog::new(journal, state, run, generation, actor, clock, Arc::clone(&watcher));
        let engine = engine.clone();
        Arc::new(Self { engine, run, definition, log, watcher, generation, nearest, places, paused })
    }

    /// The connections that are paused, now and later.
    pub(crate) fn paused(&self) -> Paused {
        self.paused.subscribe()
    }

    /// Lets waiting calls know which connections the history has as paused.
    pub(crate) fn tell_the_paused(&self) {
        self.paused.send_replace(self.log.read(|state| state.paused_connections.keys().cloned().collect()));
    }

    pub(crate) fn options(&self) -> &EngineOptions {
        &self.engine.options
    }

    /// The step of that name; `RunDefinition::step` would search all of them each time.
    pub(crate) fn step(&self, name: &StepName) -> Option<&StepDefinition> {
        self.definition.steps.get(*self.places.get(name)?)
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.engine.options.clock)()
    }

    pub(crate) fn input(&self, step: &StepDefinition, way: Way) -> StepInput {
        self.log.read(|state| input(self.run, &self.definition, step, &self.nearest, state, way))
    }

    /// Works on the run until its end, its rest or a stop, and gives it back.
    pub(crate) async fn go(
        self: Arc<Self>,
        course: Course,
        stop: CancellationToken,
    ) -> Result<Driven, EngineError> {
        let journal = &self.engine.journal;
        let lease = self.options().lease;
        let beat = beat(Arc::clone(journal), Arc::clone(&self.log), self.run, self.generation, lease);
        let beat = AbortOnDropHandle::new(tokio::spawn(beat));
        let log = Arc::clone(&self.log);
        let attend = AbortOnDropHandle::new(tokio::spawn(async move { log.attend().await }));
        let result = tokio::select! {
            result = self.work(course, &stop) => result,
            error = self.log.broken() => Err(error),
        };
        drop((beat, attend));
        self.give_back().await;
        result
    }

    /// Hands over what still rides and gives the run back.
    pub(crate) async fn give_back(&self) {
        self.log.hand_over_the_rest();
        if let Err(error) = self.engine.journal.release(self.run, self.generation).await {
            tracing::warn!(run = %self.run, code = error.code(), %error, "the run could not be given back");
        }
    }

    async fn work(self: &Arc<Self>, course: Course, stop: &CancellationToken) -> Result<Driven, EngineError> {
        let (asks, mut inbox) = mpsc::channel(16);
        let poll = self.options().poll;
        let _listening = AbortOnDropHandle::new(tokio::spawn(listen(
            Arc::clone(&self.engine.journal),
            self.run,
            poll,
            asks,
        )));
        if let Course::Undo { scope, reason } = course {
            self.log.durable(vec![Event::UndoRequested { scope, reason }]).await?;
        }
        loop {
            match self.log.read(Heading::of) {
                Heading::Back(scope) => return self.backward(scope, stop, &mut inbox).await,
                Heading::Rest { outcome, reason } => return self.finish(outcome, reason).await,
                Heading::Forward => {}
            }
            match self.forward(stop, &mut inbox).await? {
                Forward::Rest { outcome, reason } => return self.finish(outcome, reason).await,
                Forward::Stopped(reason) => return self.interrupt(reason).await,
                Forward::Turned => {}
            }
        }
    }

    pub(crate) async fn finish(&self, outcome: RunOutcome, reason: String) -> Result<Driven, EngineError> {
        self.log.durable(vec![Event::RunFinished { outcome, reason: reason.clone() }]).await?;
        self.answer_the_late().await;
        Ok(Driven::Finished { outcome, reason: (!reason.is_empty()).then_some(reason) })
    }

    /// Requests that came too late get an answer too: whoever asked can do it now.
    async fn answer_the_late(&self) {
        let answered: Result<(), JournalError> = async {
            for request in self.engine.journal.open_requests(self.run).await? {
                self.engine.journal.answer(request.id, Reply::Late.text()).await?;
            }
            Ok(())
        }
        .await;
        if let Err(error) = answered {
            tracing::warn!(run = %self.run, code = error.code(), %error, "a request could not be answered");
        }
    }

    pub(crate) async fn interrupt(&self, reason: String) -> Result<Driven, EngineError> {
        self.log.durable(vec![Event::RunInterrupted { reason: reason.clone() }]).await?;
        self.answer_the_late().await;
        Ok(Driven::Interrupted { reason })
    }

    /// Runs ready steps side by side until nothing is left to do, or something else is wanted.
    async fn forward(
        self: &Arc<Self>,
        stop: &CancellationToken,
        inbox: &mut mpsc::Receiver<Request>,
    ) -> Result<Forward, EngineError> {
        let mut halt = CancellationToken::new();
        let mut tasks = Tasks::default();
        let mut frontier = self.log.read(|state| Frontier::of(state, &self.places));
        loop {
            if stop.is_cancelled() {
                tasks.halt(self.run, &halt).await?;
                return Ok(Forward::Stopped(ASKED.to_owned()));
            }
            let now = self.now();
            let wake = match self
                .log
                .read(|state| decide(state, &mut frontier, &tasks.running, now, self.options()))
            {
                Verdict::Go { start, wake } => {
                    for name in start {
                        tasks.start(self, &name, &halt);
                    }
                    wake
                }
                Verdict::Rollback { reason } => {
                    let scope = UndoScope::Traffic;
                    self.log.durable(vec![Event::UndoRequested { scope, reason }]).await?;
                    tasks.halt(self.run, &halt).await?;
                    return Ok(Forward::Turned);
                }
                Verdict::UndoStep { step } => match self.undo_one(&step, stop).await? {
                    Backward::Undone => {
                        self.look_at(&mut frontier, &[step]);
                        continue;
                    }
                    Backward::Stuck(reason) => {
                        return Ok(Forward::Rest { outcome: RunOutcome::Stuck, reason });
                    }
                    Backward::Stopped => return Ok(Forward::Stopped(ASKED.to_owned())),
                },
                Verdict::Rest { outcome, reason, skipped } => {
                    tracing::debug!(run = %self.run, looked = frontier.looked(), "nothing is left to do");
                    let skip = |(step, reason)| Event::StepSkipped { step, reason, risk: None };
                    self.log.relaxed(skipped.into_iter().map(skip).collect())?;
                    return Ok(Forward::Rest { outcome, reason });
                }
            };
            tokio::select! {
                Some(ended) = tasks.set.join_next() => self.look_at(&mut frontier, &tasks.ended(self.run, ended)?),
                () = sleep_until(wake, now) => {}
                () = stop.cancelled() => {}
                Some(request) = inbox.recv() => {
                    match self.asked(&request, &tasks.running).await? {
                        Asked::Answered => {}
                        Asked::End(end) => {
                            tasks.halt(self.run, &halt).await?;
                            return Ok(end);
                        }
                        Asked::Changed => frontier = self.log.read(|state| Frontier::of(state, &self.places)),
                        Asked::InQuiet => {
                            tasks.halt(self.run, &halt).await?;
                            halt = CancellationToken::new();
                            self.asked(&request, &tasks.running).await?;
                            frontier = self.log.read(|state| Frontier::of(state, &self.places));
                        }
                    }
                }
            }
        }
    }

    fn look_at(&self, frontier: &mut Frontier, changed: &[StepName]) {
        self.log.read(|state| {
            for place in changed.iter().filter_map(|name| self.places.get(name)) {
                frontier.changed(state, *place);
            }
        });
    }

    async fn undo_one(&self, step: &StepName, stop: &CancellationToken) -> Result<Backward, EngineError> {
        match self.step(step) {
            Some(step) => undo_step(self, step, stop).await,
            None => Ok(Backward::Undone),
        }
    }
}

/// Why a run rests when nobody gave a reason.
pub(crate) const ASKED: &str = "it was asked to stop";

async fn sleep_until(wake: Option<Timestamp>, now: Timestamp) {
    match wake {
        Some(wake) => tokio::time::sleep(wake.since(now).min(LONGEST_SLEEP)).await,
        None => std::future::pending().await,
    }
}
