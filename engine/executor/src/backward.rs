//! A session that takes back: the undo itself, and what is asked for while it goes on.

use std::sync::Arc;

use gateshift_journal::Request;
use gateshift_model::{RunOutcome, UndoScope};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::run::{ASKED, Forward, Session};
use crate::undo::undo_all;
use crate::undo_order::undo_order;
use crate::{Command, Driven, EngineError};

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
                    Some(request) = inbox.recv() => match self.asked_while_undoing(request, scope).await? {
                        Some(Forward::Undo(wanted)) => wider = Some(wanted),
                        Some(Forward::Stopped(reason)) => {
                            stopped = reason;
                            halt.cancel();
                        }
                        _ => {}
                    },
                }
            };
            match (end.outcome(RunOutcome::RolledBack), wider) {
                (None, _) => return self.interrupt(stopped).await,
                (Some((RunOutcome::RolledBack, _)), Some(wanted)) => scope = wanted,
                (Some((outcome, reason)), _) => return self.finish(outcome, reason).await,
            }
        }
    }

    async fn asked_while_undoing(
        &self,
        request: Request,
        scope: UndoScope,
    ) -> Result<Option<Forward>, EngineError> {
        if let Ok(Command::Rollback { scope: wanted, .. }) = serde_json::from_value(request.body.clone()) {
            let more =
                self.log.read(|state| undo_order(state, wanted).len() > undo_order(state, scope).len());
            if !more {
                let answer = "the run is being taken back already".to_owned();
                self.engine.journal.answer(request.id, answer).await?;
                return Ok(None);
            }
        }
        self.asked(request).await
    }
}
