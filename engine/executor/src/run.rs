//! One process's work on one run, from the claim to the release: starts steps, listens for words from
//! outside, and brings the run to its end or to a clean stop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::{Claimed, JournalError, Request};
use gateshift_model::{
    Event, Generation, RunDefinition, RunId, RunOutcome, StepDefinition, StepName, Timestamp, UndoScope,
};
use gateshift_step_api::StepInput;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::folded::Folded;
use crate::heartbeat::beat;
use crate::inbox::listen;
use crate::inputs::{Nearest, input, places};
use crate::log::RunLog;
use crate::schedule::{Frontier, Verdict, decide};
use crate::tasks::Tasks;
use crate::undo::{Backward, undo_step};
use crate::{Command, Driven, Engine, EngineError, EngineOptions, Watcher};

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
    Rest { outcome: RunOutcome, reason: String },
    Undo(UndoScope),
    Stopped(String),
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
}

impl Session {
    /// Claims the run and brings what is known of it up to the claim.
    pub(crate) async fn take(
        engine: &Engine,
        mut known: Folded,
        run: RunId,
        watcher: Arc<dyn Watcher>,
    ) -> Result<Arc<Self>, EngineError> {
        let Claimed { generation, event, .. } = engine.claim(run).await?;
        if let Err(error) = known.catch_up(&*engine.journal, &event).await {
            drop(engine.journal.release(run, generation).await);
            return Err(error);
        }
        let state = known.state;
        watcher.begin(&state);
        let definition = state.definition.clone();
        let places = places(&definition);
        let nearest = Nearest::of(&definition, &places);
        let (actor, clock) = (engine.options.actor.clone(), Arc::clone(&engine.options.clock));
        let journal = Arc::clone(&engine.journal);
        let log = RunLog::new(journal, state, run, generation, actor, clock, Arc::clone(&watcher));
        Ok(Arc::new(Self {
            engine: engine.clone(),
            run,
            definition,
            log,
            watcher,
            generation,
            nearest,
            places,
        }))
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

    pub(crate) fn input(&self, step: &StepDefinition) -> StepInput {
        self.log.read(|state| input(self.run, step, &self.nearest, state))
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
        self.log.hand_over_the_rest();
        if let Err(error) = journal.release(self.run, self.generation).await {
            tracing::warn!(run = %self.run, code = error.code(), %error, "the run could not be given back");
        }
        result
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
        let mut scope = match course {
            Course::Undo { scope, reason } => {
                self.log.durable(vec![Event::UndoRequested { scope, reason }]).await?;
                Some(scope)
            }
            Course::AsItStands => self.log.read(|state| state.undo.filter(|_| state.undoing)),
        };
        if scope.is_none() {
            match self.forward(stop, &mut inbox).await? {
                Forward::Rest { outcome, reason } => return self.finish(outcome, reason).await,
                Forward::Stopped(reason) => return self.interrupt(reason).await,
                Forward::Undo(wanted) => scope = Some(wanted),
            }
        }
        self.backward(scope.unwrap_or(UndoScope::Traffic), stop, &mut inbox).await
    }

    pub(crate) async fn finish(&self, outcome: RunOutcome, reason: String) -> Result<Driven, EngineError> {
        self.log.durable(vec![Event::RunFinished { outcome, reason: reason.clone() }]).await?;
        if let Err(error) = self.answer_the_late().await {
            tracing::warn!(run = %self.run, code = error.code(), %error, "a request could not be answered");
        }
        Ok(Driven::Finished { outcome, reason: (!reason.is_empty()).then_some(reason) })
    }

    /// Requests that came too late get an answer too.
    async fn answer_the_late(&self) -> Result<(), JournalError> {
        for request in self.engine.journal.open_requests(self.run).await? {
            self.engine
                .journal
                .answer(request.id, "too late: the run has come to its end".to_owned())
                .await?;
        }
        Ok(())
    }

    pub(crate) async fn interrupt(&self, reason: String) -> Result<Driven, EngineError> {
        self.log.durable(vec![Event::RunInterrupted { reason: reason.clone() }]).await?;
        Ok(Driven::Interrupted { reason })
    }

    /// Runs ready steps side by side until nothing is left to do, or something else is wanted.
    async fn forward(
        self: &Arc<Self>,
        stop: &CancellationToken,
        inbox: &mut mpsc::Receiver<Request>,
    ) -> Result<Forward, EngineError> {
        let halt = CancellationToken::new();
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
                    return Ok(Forward::Undo(scope));
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
                    let skip = |(step, reason)| Event::StepSkipped { step, reason };
                    self.log.relaxed(skipped.into_iter().map(skip).collect())?;
                    return Ok(Forward::Rest { outcome, reason });
                }
            };
            tokio::select! {
                Some(ended) = tasks.set.join_next() => self.look_at(&mut frontier, &tasks.ended(self.run, ended)?),
                () = sleep_until(wake, now) => {}
                () = stop.cancelled() => {}
                Some(request) = inbox.recv() => if let Some(end) = self.asked(request).await? {
                    tasks.halt(self.run, &halt).await?;
                    return Ok(end);
                },
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

    /// Takes a request up while the run goes forward.
    pub(crate) async fn asked(&self, request: Request) -> Result<Option<Forward>, EngineError> {
        let answer = |text: &str| self.engine.journal.answer(request.id, text.to_owned());
        match serde_json::from_value(request.body.clone()) {
            Ok(Command::Rollback { scope, reason }) => {
                self.log
                    .durable_as(request.actor.clone(), vec![Event::UndoRequested { scope, reason }])
                    .await?;
                answer("taken up: the run is being taken back").await?;
                Ok(Some(Forward::Undo(scope)))
            }
            Ok(Command::Stop { reason }) => {
                answer("taken up: the run is being stopped").await?;
                Ok(Some(Forward::Stopped(format!("{} asked to stop: {reason}", request.actor))))
            }
            Err(error) => {
                answer(&format!("refused: this request is not understood: {error}")).await?;
                Ok(None)
            }
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
