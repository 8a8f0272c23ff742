//! What the folded state leaves out and an explanation needs: who turned the run last, since when a step
//! waits for the same thing, and who asked for the way back.

use std::collections::BTreeMap;

use gateshift_model::{Actor, ConnectionName, Envelope, Event, RunState, StepName, Timestamp};

use crate::Damage;

/// A turn of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// On whose behalf.
    pub actor: Actor,
    /// Why, when a reason was given.
    pub reason: Option<String>,
}

/// A step's wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// When it began to wait for what it waits for now.
    pub since: Timestamp,
    /// How often it has looked in this attempt.
    pub looks: u32,
    reason: String,
}

/// A history, told.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The state.
    pub state: RunState,
    /// When the run came to its present status.
    pub turned: Turn,
    /// When a process took it first.
    pub begun: Option<Timestamp>,
    /// Who asked for the latest way back.
    pub undo: Option<Turn>,
    /// Who paused the run last.
    pub pause: Option<Turn>,
    /// Who paused which connection.
    pub paused_connections: BTreeMap<ConnectionName, Turn>,
    /// Who asked to end it.
    pub cancel: Option<Turn>,
    /// Who skipped which step, and took the risk.
    pub skips: BTreeMap<StepName, Turn>,
    /// Steps that wait.
    pub waits: BTreeMap<StepName, Wait>,
    /// When each step came to its present status.
    pub changed: BTreeMap<StepName, Timestamp>,
}

impl Story {
    /// Tells a history. An error names the event that cannot be told.
    pub fn of(events: &[Envelope]) -> Result<Self, Damage> {
        let mut told: Option<Self> = None;
        for envelope in events {
            let seq = envelope.seq;
            let event =
                envelope.event().map_err(|error| Damage::Unknown { seq, cause: error.to_string() })?;
            let taken = match &mut told {
                Some(story) => story.take(envelope, &event),
                None => RunState::begin(&event, envelope.at, &envelope.actor).map(|state| {
                    told = Some(Self {
                        state,
                        turned: turn(envelope, None),
                        begun: None,
                        undo: None,
                        pause: None,
                        paused_connections: BTreeMap::new(),
                        cancel: None,
                        skips: BTreeMap::new(),
                        waits: BTreeMap::new(),
                        changed: BTreeMap::new(),
                    });
                }),
            };
            taken.map_err(|cause| Damage::Illegal { seq, cause })?;
        }
        told.ok_or(Damage::Empty)
    }

    fn take(&mut self, envelope: &Envelope, event: &Event) -> Result<(), gateshift_model::IllegalEvent> {
        let status = |state: &RunState| event.step().and_then(|step| state.step(step)).map(|own| own.status);
        let before = status(&self.state);
        self.state.apply(event, envelope.generation, envelope.at, &envelope.actor)?;
        if let Some(step) = event.step().filter(|_| status(&self.state) != before) {
            self.changed.insert(step.clone(), envelope.at);
        }
        match event {
            Event::RunClaimed { .. } => {
                self.begun.get_or_insert(envelope.at);
                self.turned = turn(envelope, None);
            }
            Event::RunInterrupted { reason } | Event::RunFinished { reason, .. } => {
                self.turned = turn(envelope, Some(reason));
            }
            Event::UndoRequested { reason, .. } => {
                self.turned = turn(envelope, Some(reason));
                self.undo = Some(self.turned.clone());
            }
            Event::PauseRequested { connection: None, reason } => {
                self.pause = Some(turn(envelope, Some(reason)));
            }
            Event::PauseRequested { connection: Some(name), reason } => {
                self.paused_connections.insert(name.clone(), turn(envelope, Some(reason)));
            }
            Event::PauseLifted { connection: Some(name), .. } => {
                self.paused_connections.remove(name);
            }
            Event::CancelRequested { reason, .. } => self.cancel = Some(turn(envelope, Some(reason))),
            Event::StepSkipped { step, reason, risk: Some(_) } => {
                self.skips.insert(step.clone(), turn(envelope, Some(reason)));
            }
            Event::StepPending { step, reason, .. } | Event::StepWaits { step, reason, .. } => {
                self.wait(step, reason, envelope.at)
            }
            Event::StepStarted { step, .. } | Event::StepUndoing { step } => {
                self.waits.remove(step);
            }
            _ => {}
        }
        Ok(())
    }

    fn wait(&mut self, step: &StepName, reason: &str, at: Timestamp) {
        let wait = self.waits.entry(step.clone()).or_insert_with(|| Wait {
            since: at,
            looks: 0,
            reason: reason.to_owned(),
        });
        wait.looks += 1;
        if wait.reason != reason {
            (wait.since, wait.reason) = (at, reason.to_owned());
        }
    }
}

fn turn(envelope: &Envelope, reason: Option<&String>) -> Turn {
    let reason = reason.filter(|reason| !reason.is_empty()).cloned();
    Turn { at: envelope.at, actor: envelope.actor.clone(), reason }
}
