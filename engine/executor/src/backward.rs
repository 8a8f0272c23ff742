//! A session that takes back: the undo itself, and what is asked for while it goes on.

use std::sync::Arc;

use gateshift_journal::Request;
use gateshift_model::{RunOutcome, UndoScope};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::asked::stopped;
use crate::run::{ASKED, Session};
use crate::undo::undo_all;
use crate::undo_order::undo_order;
use crate::{Command, Driven, EngineError, Reply};

/// What a request changes on the way back.
enum Wish {
    More(UndoScope),
    Stop(String),
}

impl Session {
    /// Takes back until all that was asked for is taken back, more requests included.
    pub(crate) async fn backward(
        self: &Arc<Self>,
        mut scope: UndoScope,
        stop: &CancellationToken,
        inbox: &mut mpsc::Receiver<Request>,
    ) -> Result<Driven, EngineError> {
        loop {
            let halt = stop.child_token();
            let mut stopped = ASKED.to_owned();
            let mut wider = None;
            let mut undoing = std::pin::pin!(undo_all(Arc::clone(self), scope, halt.clone()));
            let end = loop {
                tokio::select! {
                    end = &mut undoing => break end?,
                    Some(request) = inbox.recv() => match self.asked_while_undoing(&request, scope).await? {
                        Some(Wish::More(wanted)) => wider = Some(wanted),
                        Some(Wish::Stop(reason)) => {
                            stopped = reason;
                            halt.cancel();
                        }
                        None => {}
                    },
                }
            };
            match (end.outcome(RunOutcome::RolledBack), wider) {
                (None, _) => return self.interrupt(stopped).await,
                (Some((RunOutcome::RolledBack, _)), Some(wanted)) => scope = wanted,
                (Some((outcome, reason)), _) => return self.taken_back(outcome, reason).await,
            }
        }
    }

    /// The end of the way back, which may be the end of the run.
    async fn taken_back(&self, outcome: RunOutcome, reason: String) -> Result<Driven, EngineError> {
        match self.log.read(|state| state.canceling.clone()) {
            Some(asked) if outcome == RunOutcome::RolledBack => {
                let reason = format!("{asked}; what was made is taken back");
                self.finish(RunOutcome::Canceled, reason).await
            }
            _ => self.finish(outcome, reason).await,
        }
    }

    async fn asked_while_undoing(
        &self,
        request: &Request,
        scope: UndoScope,
    ) -> Result<Option<Wish>, EngineError> {
        let Some(command) = self.understood(request).await? else { return Ok(None) };
        if let Command::Rollback { scope: wanted, .. } = &command {
            let more =
                self.log.read(|state| undo_order(state, *wanted).len() > undo_order(state, scope).len());
            if !more {
                self.reply(request, Reply::Taken("the run is being taken back already".to_owned())).await?;
                return Ok(None);
            }
        }
        if !self.take_up(request, &command).await? {
            return Ok(None);
        }
        Ok(match command {
            Command::Rollback { scope, .. } => Some(Wish::More(scope)),
            Command::Stop { reason } => Some(Wish::Stop(stopped(&request.actor, &reason))),
            _ => None,
        })
    }
}
