//! Verbs on a run that nobody drives at this moment: taken, changed as asked, and driven on or put back to
//! its rest. When a process drives it, [`Engine::request`] asks that one.

use std::sync::Arc;

use gateshift_journal::NewArtifact;
use gateshift_model::{Event, RunDefinition, RunId, RunOutcome, RunState, RunStatus};
use tokio_util::sync::CancellationToken;

use crate::run::{Course, Session};
use crate::verbs::{Place, Refusal, Verb, answered, applies, decide};
use crate::{Command, Driven, Engine, EngineError, Watcher};

impl Engine {
    /// Does what a command asks of a resting run, and drives it on where the command says so. Refused
    /// ([`EngineError::Refused`]) where it does not apply; then nothing was written.
    pub async fn act(
        &self,
        run: RunId,
        command: &Command,
        stop: CancellationToken,
        watcher: Arc<dyn Watcher>,
    ) -> Result<Driven, EngineError> {
        if let Command::Rollback { scope, reason } = command {
            return self.undo(run, *scope, reason, stop, watcher).await;
        }
        let known = self.folded(run).await?;
        let begin = |state: &RunState| decide(command, state, &*self.migrators, &self.options.actor);
        if begin(&known.state)?.is_empty() {
            return Ok(standing(&known.state));
        }
        let before = known.state.clone();
        let session = Session::take_with(self, known, run, watcher, &begin).await?;
        match command {
            Command::Skip { step, .. } if Place::of(&before) != Place::Rest(RunOutcome::Paused) => {
                let stopped = session.interrupt(format!("step `{step}` was skipped")).await;
                session.give_back().await;
                stopped
            }
            Command::Approve { step, .. } | Command::Reject { step, .. } => {
                // Whoever answers need not have the keys to go on with it.
                let reason = session.log.read(|state| answered(state, step));
                let resting = before.status == RunStatus::Finished(RunOutcome::Held);
                let reason = reason.filter(|_| resting).or(before.reason.clone());
                let back = session.put_back(&RunState { reason, ..before }).await;
                session.give_back().await;
                back
            }
            Command::Pause { connection: Some(_), .. } | Command::Resume { .. } => {
                let back = session.put_back(&before).await;
                session.give_back().await;
                back
            }
            _ => session.go(Course::AsItStands, stop).await,
        }
    }

    /// Stores a new run of the same frozen definition. Nothing is started.
    pub async fn restart(&self, run: RunId) -> Result<RunId, EngineError> {
        let state = self.state(run).await?;
        applies(Verb::Restart, &state)?;
        let definition = RunDefinition { restarts: Some(run), ..state.definition };
        match definition.pinned.clone() {
            None => self.submit(definition).await,
            Some(artifact) => {
                let bytes = self.journal.get_artifact(&artifact.digest).await?;
                let plan = NewArtifact::new(&artifact.name, &artifact.media_type, bytes);
                self.submit_pinned(definition, plan).await
            }
        }
    }

    /// Whether a command applies to a run as it stands; an error says what to do instead.
    pub fn allows(&self, command: &Command, state: &RunState) -> Result<(), Refusal> {
        decide(command, state, &*self.migrators, &self.options.actor).map(drop)
    }
}

impl Session {
    /// Puts a run that was taken only to write something down back to the rest it had.
    pub(crate) async fn put_back(&self, before: &RunState) -> Result<Driven, EngineError> {
        match before.status {
            RunStatus::Finished(outcome) => {
                let reason = before.reason.clone().unwrap_or_default();
                self.log.durable(vec![Event::RunFinished { outcome, reason }]).await?;
                Ok(Driven::of(before, outcome))
            }
            _ => self.interrupt(before.reason.clone().unwrap_or_else(|| "nobody drives it".to_owned())).await,
        }
    }
}

/// How a run stands, as if it had just been driven.
fn standing(state: &RunState) -> Driven {
    match state.status {
        RunStatus::Finished(outcome) => Driven::of(state, outcome),
        _ => Driven::Interrupted { reason: state.reason.clone().unwrap_or_default() },
    }
}
