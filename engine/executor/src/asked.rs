//! What the owner of a run makes of a request: each is taken up once, or refused with what to do instead.

use std::collections::BTreeSet;

use gateshift_journal::Request;
use gateshift_model::{Actor, Event, StepName};

use crate::run::{Forward, Session};
use crate::verbs::{Refusal, decide};
use crate::{Command, EngineError, Reply};

/// What a request does to a run that goes forward.
pub(crate) enum Asked {
    /// Nothing more: it was answered.
    Answered,
    /// Steps stand differently now.
    Changed,
    /// It has to be asked again when no step is at work.
    InQuiet,
    /// Going forward ends.
    End(Forward),
}

impl Session {
    /// Takes a request up while the run goes forward. `running` are the steps at work.
    pub(crate) async fn asked(
        &self,
        request: &Request,
        running: &BTreeSet<StepName>,
    ) -> Result<Asked, EngineError> {
        let Some(command) = self.understood(request).await? else { return Ok(Asked::Answered) };
        let disturbs = match &command {
            Command::Rerun { .. } => true,
            Command::Skip { step, .. } => running.contains(step),
            _ => false,
        };
        if disturbs && !running.is_empty() {
            return Ok(Asked::InQuiet);
        }
        if !self.take_up(request, &command).await? {
            return Ok(Asked::Answered);
        }
        Ok(match command {
            Command::Rollback { .. } | Command::Cancel { .. } | Command::Pause { connection: None, .. } => {
                Asked::End(Forward::Turned)
            }
            Command::Stop { reason } => Asked::End(Forward::Stopped(stopped(&request.actor, &reason))),
            Command::Pause { .. } | Command::Resume { .. } => Asked::Answered,
            Command::Retry { .. }
            | Command::Rerun { .. }
            | Command::Skip { .. }
            | Command::Approve { .. }
            | Command::Reject { .. } => Asked::Changed,
        })
    }

    /// Writes down what a request asks for, and answers it. False when it changes nothing.
    pub(crate) async fn take_up(&self, request: &Request, command: &Command) -> Result<bool, EngineError> {
        let decided = self.log.read(|state| decide(command, state, &*self.engine.migrators, &request.actor));
        let events = match decided {
            Ok(events) => events,
            Err(refusal) => {
                self.reply(request, Reply::Refused(refusal)).await?;
                return Ok(false);
            }
        };
        let stop = matches!(command, Command::Stop { .. });
        if events.is_empty() && !stop {
            self.reply(request, Reply::Taken("it is so already".to_owned())).await?;
            return Ok(false);
        }
        if stop {
            // A worker would go on with it at once.
            self.engine.journal.withdraw(self.run).await?;
        }
        let taken = Event::RequestTaken { request: request.id.0, asked: command.word().to_owned() };
        let all = std::iter::once(taken).chain(events).collect();
        self.log.durable_as(request.actor.clone(), all).await?;
        self.tell_the_paused();
        self.reply(request, Reply::Taken(doing(command).to_owned())).await?;
        Ok(true)
    }

    /// The command of a request that was not taken up before.
    pub(crate) async fn understood(&self, request: &Request) -> Result<Option<Command>, EngineError> {
        if self.log.read(|state| state.requests.contains(&request.id.0)) {
            // Whoever took it up died before the answer.
            self.reply(request, Reply::Taken("it was taken up before".to_owned())).await?;
            return Ok(None);
        }
        match serde_json::from_value(request.body.clone()) {
            Ok(command) => Ok(Some(command)),
            Err(error) => {
                let cause =
                    format!("the process that drives the run does not understand this request: {error}");
                let remedy =
                    "stop that process with Ctrl-C, then repeat the command: this program does it then";
                self.reply(request, Reply::Refused(Refusal::new("GS-BAD-REQUEST", cause, remedy))).await?;
                Ok(None)
            }
        }
    }

    pub(crate) async fn reply(&self, request: &Request, reply: Reply) -> Result<(), EngineError> {
        Ok(self.engine.journal.answer(request.id, reply.text()).await?)
    }
}

/// Why the run was stopped.
pub(crate) fn stopped(actor: &Actor, reason: &str) -> String {
    format!("{actor} asked to stop: {reason}")
}

fn doing(command: &Command) -> &'static str {
    match command {
        Command::Rollback { .. } => "the run is being taken back",
        Command::Stop { .. } => "the run is being stopped",
        Command::Pause { connection: None, .. } => "the run is being paused",
        Command::Pause { .. } => "calls on the connection wait",
        Command::Resume { .. } => "calls on the connection go on",
        Command::Retry { .. } => "what failed is tried again",
        Command::Rerun { .. } => "the steps are repeated",
        Command::Skip { .. } => "the run goes on without the step",
        Command::Approve { .. } => "the approval is written down",
        Command::Reject { .. } => "the rejection is written down",
        Command::Cancel { undo: true, .. } => "what was made is taken back, then the run ends",
        Command::Cancel { .. } => "the run is being ended",
    }
}
