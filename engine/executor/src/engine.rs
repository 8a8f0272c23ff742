//! The engine's public face: submit, drive, resume, undo, ask.

use std::sync::Arc;

use gateshift_journal::{AppendBatch, Claim, Claimed, Journal, NewArtifact, NewRun, Request, RequestId};
use gateshift_model::{
    Event, RESUME, RunDefinition, RunId, RunOutcome, RunState, RunStatus, StepDefinition, StepError,
    UndoScope,
};
use gateshift_step_api::{HostProvider, Migrator};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::conditions::is_waiting;
use crate::error::code;
use crate::folded::{Folded, state_of};
use crate::run::{Course, Session};
use crate::verbs::{Verb, applies, resolve};
use crate::{Command, EngineError, EngineOptions, MigratorSet, Watcher};

pub use crate::rest::{NotRun, not_run};

/// Drives runs. Clones share everything.
#[derive(Clone)]
pub struct Engine {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) migrators: Arc<dyn MigratorSet>,
    pub(crate) hosts: Arc<dyn HostProvider>,
    pub(crate) options: Arc<EngineOptions>,
}

/// How driving a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driven {
    /// It came to its end, or to a rest.
    Finished {
        /// How.
        outcome: RunOutcome,
        /// Why, when it is not done.
        reason: Option<String>,
    },
    /// It was stopped cleanly; `resume` goes on.
    Interrupted {
        /// Why.
        reason: String,
    },
}

impl Driven {
    /// The outcome; none when it was interrupted.
    #[must_use]
    pub fn outcome(&self) -> Option<RunOutcome> {
        match self {
            Self::Finished { outcome, .. } => Some(*outcome),
            Self::Interrupted { .. } => None,
        }
    }

    pub(crate) fn of(state: &RunState, outcome: RunOutcome) -> Self {
        Self::Finished { outcome, reason: state.reason.clone() }
    }
}

impl Engine {
    /// An engine over a journal, with the migrators it may use and the hosts it gives them.
    #[must_use]
    pub fn new(
        journal: Arc<dyn Journal>,
        migrators: Arc<dyn MigratorSet>,
        hosts: Arc<dyn HostProvider>,
        options: EngineOptions,
    ) -> Self {
        Self { journal, migrators, hosts, options: Arc::new(options) }
    }

    /// The same, which waits for people and windows while it drives a run, or comes to rest then.
    #[must_use]
    pub fn patient(mut self, waits: bool) -> Self {
        Arc::make_mut(&mut self.options).no_wait = !waits;
        self
    }

    /// The journal it writes to.
    #[must_use]
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// Stores a frozen workflow as a new run. Nothing is started.
    pub async fn submit(&self, definition: RunDefinition) -> Result<RunId, EngineError> {
        let run = RunId(Uuid::now_v7());
        let (actor, at) = (self.options.actor.clone(), (self.options.clock)());
        self.journal
            .create_run(NewRun { run, definition, engine: self.options.version.clone(), actor, at })
            .await?;
        Ok(run)
    }

    /// As [`Engine::submit`], with an approved plan that every step has to agree with.
    pub async fn submit_pinned(
        &self,
        definition: RunDefinition,
        plan: NewArtifact,
    ) -> Result<RunId, EngineError> {
        let definition = RunDefinition { pinned: Some(plan.artifact.clone()), ..definition };
        let run = self.submit(definition).await?;
        let Claimed { generation, .. } = self.claim(run).await?;
        let batch = AppendBatch {
            run,
            generation,
            expected_seq: None,
            records: Vec::new(),
            artifacts: vec![plan],
            durable: true,
        };
        let stored = self.journal.append(batch).await;
        self.journal.release(run, generation).await?;
        stored?;
        Ok(run)
    }

    /// The migrator that does a step.
    pub(crate) fn migrator(&self, step: &StepDefinition) -> Result<Arc<dyn Migrator>, StepError> {
        self.migrators.for_step(step)?.ok_or_else(|| {
            StepError::needs_operator(
                code::MIGRATOR_UNKNOWN,
                format!("this program has no migrator `{}`", step.uses),
            )
            .with_hint("see `gateshift migrators list`; resume with a program that has it")
        })
    }

    /// Where a run stands, from its history alone.
    pub async fn state(&self, run: RunId) -> Result<RunState, EngineError> {
        state_of(&*self.journal, run).await
    }

    /// Takes a run and goes on with it until it ends, rests or is stopped. A run at its end or at rest is
    /// left as it is, and its outcome returned.
    ///
    /// `stop` stops it cleanly: calls under way finish, the rest waits for the next `drive`.
    pub async fn drive(
        &self,
        run: RunId,
        stop: CancellationToken,
        watcher: Arc<dyn Watcher>,
    ) -> Result<Driven, EngineError> {
        let known = self.folded(run).await?;
        if let RunStatus::Finished(outcome) = known.state.status {
            return Ok(Driven::of(&known.state, outcome));
        }
        Session::take(self, known, run, watcher).await?.go(Course::AsItStands, stop).await
    }

    /// As [`Engine::drive`], and takes up what failed: a held or blocked run tries its failed steps again,
    /// a stuck one goes on undoing. One that a gate brought back is refused.
    pub async fn resume(
        &self,
        run: RunId,
        stop: CancellationToken,
        watcher: Arc<dyn Watcher>,
    ) -> Result<Driven, EngineError> {
        self.resume_resolved(run, None, stop, watcher).await
    }

    /// As [`Engine::resume`]; a run that a gate brought back begins again when `resolved` says what the cause
    /// was.
    pub async fn resume_resolved(
        &self,
        run: RunId,
        resolved: Option<&str>,
        stop: CancellationToken,
        watcher: Arc<dyn Watcher>,
    ) -> Result<Driven, EngineError> {
        let known = self.folded(run).await?;
        let state = &known.state;
        applies(Verb::Resume, state)?;
        if resolve(state, resolved)?.is_some() {
            let begin = |state: &RunState| {
                let mut events = taken_up(state);
                // The decision about the step itself says what the cause was.
                if let Some(decided) = resolve(state, resolved)? {
                    events.retain(|event| event.step() != decided.step());
                    events.push(decided);
                }
                Ok(events)
            };
            return Session::take_with(self, known, run, watcher, &begin)
                .await?
                .go(Course::AsItStands, stop)
                .await;
        }
        match state.status {
            RunStatus::Finished(outcome @ (RunOutcome::Done | RunOutcome::RolledBack)) => {
                Ok(Driven::of(state, outcome))
            }
            RunStatus::Finished(RunOutcome::Stuck) => {
                let course = state
                    .undo
                    .map_or(Course::AsItStands, |scope| Course::Undo { scope, reason: "resumed".to_owned() });
                Session::take(self, known, run, watcher).await?.go(course, stop).await
            }
            _ => {
                let begin = |state: &RunState| Ok(taken_up(state));
                let session = Session::take_with(self, known, run, watcher, &begin).await?;
                session.go(Course::AsItStands, stop).await
            }
        }
    }

    /// Takes back what a run did, as far as `scope` covers it. Works on a run that is done, held or was
    /// interrupted; doing it again is harmless. When another process drives the run, this is refused:
    /// use [`Engine::request`] then.
    pub async fn undo(
        &self,
        run: RunId,
        scope: UndoScope,
        reason: &str,
        stop: CancellationToken,
        watcher: Arc<dyn Watcher>,
    ) -> Result<Driven, EngineError> {
        let known = self.folded(run).await?;
        let state = &known.state;
        if let RunStatus::Finished(outcome @ RunOutcome::RolledBack) = state.status
            && crate::undo_order::undo_order(state, scope).is_empty()
        {
            return Ok(Driven::of(state, outcome));
        }
        let course = Course::Undo { scope, reason: reason.to_owned() };
        Session::take(self, known, run, watcher).await?.go(course, stop).await
    }

    /// Asks the owner of a run for something; it looks for requests a few times a second. The answer is
    /// read with [`Journal::request`].
    pub async fn request(&self, run: RunId, command: &Command) -> Result<RequestId, EngineError> {
        let body = serde_json::to_value(command)
            .map_err(|error| EngineError::Internal { run, cause: error.to_string() })?;
        let id = RequestId(Uuid::now_v7());
        let (actor, at) = (self.options.actor.clone(), (self.options.clock)());
        self.journal.post_request(Request { id, run, at, actor, body }).await?;
        Ok(id)
    }

    pub(crate) async fn folded(&self, run: RunId) -> Result<Folded, EngineError> {
        Folded::read(&*self.journal, run).await
    }

    pub(crate) async fn claim(&self, run: RunId) -> Result<Claimed, EngineError> {
        let lease = self.journal.lease(run).await?;
        let dead =
            lease.holder.is_some_and(|holder| (self.options.is_dead)(&holder)).then_some(lease.generation);
        let claim = Claim {
            run,
            holder: self.options.holder.clone(),
            lease: self.options.lease,
            dead,
            actor: self.options.actor.clone(),
            at: (self.options.clock)(),
        };
        Ok(self.journal.claim(claim).await?)
    }
}

/// The decisions that take up again what failed, what was skipped for it, and what was paused. What a
/// person skipped stays skipped.
fn taken_up(state: &RunState) -> Vec<Event> {
    use gateshift_model::StepStatus::{Failed, Skipped, Undone};
    if state.undoing || state.canceling.is_some() {
        return Vec::new();
    }
    let resting = state.definition.steps.iter().filter(|step| {
        state.step(&step.name).is_some_and(|found| {
            let rests = matches!(found.status, Failed | Skipped | Undone) || is_waiting(found);
            rests && !found.is_settled()
        })
    });
    let lifted =
        state.paused.iter().map(|_| Event::PauseLifted { connection: None, reason: "resumed".to_owned() });
    lifted
        .chain(resting.map(|step| Event::Decided {
            decision: RESUME.to_owned(),
            step: Some(step.name.clone()),
            reason: "resumed".to_owned(),
        }))
        .collect()
}
