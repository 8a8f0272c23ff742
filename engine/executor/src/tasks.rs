//! The steps of a run that are worked on at this moment, each in a task of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateshift_model::{RunId, StepName};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::EngineError;
use crate::attempt::turn;
use crate::run::Session;

/// The steps that are worked on.
#[derive(Default)]
pub(crate) struct Tasks {
    pub(crate) set: JoinSet<(StepName, Result<(), EngineError>)>,
    pub(crate) running: BTreeSet<StepName>,
}

pub(crate) type Ended = Result<(StepName, Result<(), EngineError>), tokio::task::JoinError>;

impl Tasks {
    pub(crate) fn start(&mut self, session: &Arc<Session>, name: &StepName, halt: &CancellationToken) {
        self.running.insert(name.clone());
        let (session, halt, name) = (Arc::clone(session), halt.clone(), name.clone());
        self.set.spawn(async move {
            let result = match session.step(&name) {
                Some(step) => turn(&session, step, halt).await,
                None => Ok(()),
            };
            (name, result)
        });
    }

    /// Takes in what ended, and all else that ended meanwhile; gives their names.
    pub(crate) fn ended(&mut self, run: RunId, ended: Ended) -> Result<Vec<StepName>, EngineError> {
        let mut names = Vec::new();
        let mut next = Some(ended);
        while let Some(ended) = next {
            let (name, result) =
                ended.map_err(|error| EngineError::Internal { run, cause: error.to_string() })?;
            self.running.remove(&name);
            result?;
            names.push(name);
            next = self.set.try_join_next();
        }
        Ok(names)
    }

    /// Brings all of them to rest.
    pub(crate) async fn halt(&mut self, run: RunId, halt: &CancellationToken) -> Result<(), EngineError> {
        halt.cancel();
        while let Some(ended) = self.set.join_next().await {
            self.ended(run, ended)?;
        }
        Ok(())
    }
}
