//! From events to state: the only place that says what a run and its steps are, and which event may
//! follow which. Status, history, progress and resume all come from here (invariant **truth**).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use uuid::Uuid;

use crate::allowed::allowed;
use crate::{
    Actor, ConnectionName, Event, Generation, Holder, RunDefinition, RunOutcome, StepName, StepState,
    StepStatus, Timestamp, UndoScope,
};

/// The decision that takes up a step that failed, was skipped or was taken back.
pub const RESUME: &str = "resume";
/// The decision that repeats a step that failed: its next attempt plans anew.
pub const RETRY: &str = "retry";
/// The decision that repeats a step as if it had not run; what it made is known and not made again.
pub const RERUN: &str = "rerun";

/// State of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Submitted, not yet taken by a process.
    Submitted,
    /// A process has it, or had it when it died.
    Running,
    /// Stopped cleanly; `resume` goes on.
    Interrupted,
    /// Being taken back.
    Undoing,
    /// At its end or at rest.
    Finished(RunOutcome),
}

/// A run as its events tell it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunState {
    /// Status.
    pub status: RunStatus,
    /// The frozen workflow.
    pub definition: RunDefinition,
    /// Version of the engine that froze it.
    pub engine: String,
    /// Who submitted it.
    pub runner: Actor,
    /// When it was submitted.
    pub created: Timestamp,
    /// When the latest event was written.
    pub updated: Timestamp,
    /// Latest ownership.
    pub generation: Generation,
    /// Latest owner.
    pub holder: Option<Holder>,
    /// Why it rests.
    pub reason: Option<String>,
    /// What is being taken back, or was.
    pub undo: Option<UndoScope>,
    /// An undo was asked for and has not come to its end, whoever works on it.
    pub undoing: bool,
    /// Somebody paused it and nobody has lifted that: why.
    pub paused: Option<String>,
    /// Connections whose calls wait, and why.
    pub paused_connections: BTreeMap<ConnectionName, String>,
    /// Somebody asked to end it, and it has not ended yet: why.
    pub canceling: Option<String>,
    /// Requests from the inbox that were taken up.
    #[serde(skip)]
    pub requests: BTreeSet<Uuid>,
    /// Steps by name.
    pub steps: BTreeMap<StepName, StepState>,
}

/// An event that may not stand where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalEvent {
    /// The history does not begin with `run_created`.
    #[error("a history begins with run_created, not with {0}")]
    Beginning(&'static str),
    /// The run was created twice.
    #[error("run_created stands in the middle of a history")]
    CreatedTwice,
    /// The step is not in the definition.
    #[error("{event} names step `{step}`, which the run does not have")]
    UnknownStep {
        /// Kind of the event.
        event: &'static str,
        /// The step.
        step: StepName,
    },
    /// The event does not follow from the step's status.
    #[error("{event} cannot follow: step `{step}` is {status:?}")]
    StepStatus {
        /// Kind of the event.
        event: &'static str,
        /// The step.
        step: StepName,
        /// Its status.
        status: StepStatus,
    },
}

impl RunState {
    /// The state after the first event.
    pub fn begin(event: &Event, at: Timestamp, actor: &Actor) -> Result<Self, IllegalEvent> {
        let Event::RunCreated { definition, engine } = event else {
            return Err(IllegalEvent::Beginning(event.kind()));
        };
        let steps = definition.steps.iter().map(|step| (step.name.clone(), StepState::default())).collect();
        Ok(Self {
            status: RunStatus::Submitted,
            definition: (**definition).clone(),
            engine: engine.clone(),
            runner: actor.clone(),
            created: at,
            updated: at,
            generation: 0,
            holder: None,
            reason: None,
            undo: None,
            undoing: false,
            paused: None,
            paused_connections: BTreeMap::new(),
            canceling: None,
            requests: BTreeSet::new(),
            steps,
        })
    }

    /// The state after a whole history; `None` for an empty one.
    pub fn fold<'a>(
        events: impl IntoIterator<Item = (&'a Event, Generation, Timestamp, &'a Actor)>,
    ) -> Result<Option<Self>, IllegalEvent> {
        let mut events = events.into_iter();
        let Some((first, _, at, actor)) = events.next() else {
            return Ok(None);
        };
        let mut state = Self::begin(first, at, actor)?;
        for (event, generation, at, actor) in events {
            state.apply(event, generation, at, actor)?;
        }
        Ok(Some(state))
    }

    /// The step's state; `None` when the run has no such step.
    #[must_use]
    pub fn step(&self, name: &StepName) -> Option<&StepState> {
        self.steps.get(name)
    }

    /// Takes one more event in.
    pub fn apply(
        &mut self,
        event: &Event,
        generation: Generation,
        at: Timestamp,
        actor: &Actor,
    ) -> Result<(), IllegalEvent> {
        self.updated = at;
        self.generation = self.generation.max(generation);
        if matches!(self.status, RunStatus::Finished(_)) && wakes(event) {
            self.status = RunStatus::Running;
        }
        if let Some(name) = event.step() {
            let kind = event.kind();
            let Some(step) = self.steps.get_mut(name) else {
                return Err(IllegalEvent::UnknownStep { event: kind, step: name.clone() });
            };
            if !allowed(event, step) {
                return Err(IllegalEvent::StepStatus {
                    event: kind,
                    step: name.clone(),
                    status: step.status,
                });
            }
            step.take(event, at, actor);
            self.swapped(event);
            return Ok(());
        }
        match event {
            Event::RunCreated { .. } => return Err(IllegalEvent::CreatedTwice),
            Event::RunClaimed { holder } => {
                self.holder = Some(holder.clone());
                // A claim alone does not wake a run that rests: whoever took it may die before it does more.
                if !matches!(self.status, RunStatus::Finished(_)) {
                    self.status = if self.undoing { RunStatus::Undoing } else { RunStatus::Running };
                    self.reason = None;
                }
            }
            Event::UndoRequested { scope, reason } => {
                self.status = RunStatus::Undoing;
                self.undo = Some(*scope);
                self.undoing = true;
                self.reason = Some(reason.clone());
            }
            Event::RunInterrupted { reason } => {
                self.status = RunStatus::Interrupted;
                self.reason = Some(reason.clone());
            }
            Event::RunFinished { outcome, reason } => {
                self.status = RunStatus::Finished(*outcome);
                self.undoing = false;
                // A stuck run that was to end still is.
                if *outcome != RunOutcome::Stuck {
                    self.canceling = None;
                }
                if *outcome != RunOutcome::Paused {
                    self.paused = None;
                }
                self.reason = (!reason.is_empty()).then(|| reason.clone());
            }
            Event::PauseRequested { connection: None, reason } => self.paused = Some(reason.clone()),
            Event::PauseRequested { connection: Some(name), reason } => {
                self.paused_connections.insert(name.clone(), reason.clone());
            }
            Event::PauseLifted { connection: None, .. } => self.paused = None,
            Event::PauseLifted { connection: Some(name), .. } => {
                self.paused_connections.remove(name);
            }
            Event::CancelRequested { reason, .. } => self.canceling = Some(reason.clone()),
            Event::RequestTaken { request, .. } => {
                self.requests.insert(*request);
            }
            _ => {}
        }
        Ok(())
    }
}

impl RunState {
    /// A step got another build of its migrator: from here on the definition has that one.
    fn swapped(&mut self, event: &Event) {
        let Event::StepSwapped { step, version, code, .. } = event else { return };
        if let Some(own) = self.definition.steps.iter_mut().find(|one| &one.name == step) {
            own.version.clone_from(version);
            own.code = Some(code.clone());
        }
    }
}

/// Whether a run that rests goes on with this event.
fn wakes(event: &Event) -> bool {
    !matches!(
        event,
        Event::RunClaimed { .. }
            | Event::RunFinished { .. }
            | Event::RunInterrupted { .. }
            | Event::UndoRequested { .. }
            | Event::RequestTaken { .. }
            | Event::StepApproved { .. }
            | Event::StepRejected { .. }
            | Event::StepSwapped { .. }
            | Event::PauseRequested { connection: Some(_), .. }
            | Event::PauseLifted { connection: Some(_), .. }
    )
}
