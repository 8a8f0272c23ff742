//! What `rerun --from` would repeat: the steps, what they made so far, and their plans as far as they can be
//! known now. Nothing is written.

use std::sync::Arc;

use gateshift_model::{OperationKey, RunId, StepName, StepStatus};

use crate::preview::PreviewedStep;
use crate::verbs::{after, decide};
use crate::{Command, Engine, EngineError, Watcher};

/// A step that would be repeated.
#[derive(Debug, Clone)]
pub struct Rerun {
    /// The step.
    pub step: StepName,
    /// How it stands.
    pub status: StepStatus,
    /// Operations that it has settled: each is looked at again, and made again only where it is gone.
    pub known: Vec<OperationKey>,
    /// Its plan, as far as it can be known before the steps ahead of it are repeated.
    pub plan: PreviewedStep,
}

impl Engine {
    /// The steps that a rerun from this step would repeat.
    pub async fn preview_rerun(
        &self,
        run: RunId,
        from: &StepName,
        watcher: Arc<dyn Watcher>,
    ) -> Result<Vec<Rerun>, EngineError> {
        let state = self.state(run).await?;
        let command = Command::Rerun { from: from.clone(), reason: String::new() };
        decide(&command, &state, &*self.migrators, &self.options.actor)?;
        let again = after(&state.definition, from);
        let plans = self.preview_again(run, &state, &again, watcher).await;
        let found = plans.into_iter().filter_map(|plan| {
            let own = state.step(&plan.step)?;
            let known = own.settled().map(|(key, _)| key.clone()).collect();
            Some(Rerun { step: plan.step.clone(), status: own.status, known, plan })
        });
        Ok(found.collect())
    }
}
