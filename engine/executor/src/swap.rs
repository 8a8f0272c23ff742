//! Another build of a migrator for a step that is not done yet: written into the history of the run, which then
//! rests as it did before.

use std::sync::Arc;

use gateshift_model::{Code, Event, RunId, RunState, StepName, StepStatus};

use crate::error::code;
use crate::run::Session;
use crate::verbs::Refusal;
use crate::{Driven, Engine, EngineError, Watcher};

/// What a step gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// The step.
    pub step: StepName,
    /// Version of the migrator.
    pub version: String,
    /// Where its code comes from and runs.
    pub code: Code,
    /// Why.
    pub reason: String,
}

impl Engine {
    /// Gives a step of a resting run other code, from its next attempt on. Refused when the step is done or
    /// being taken back; nothing is written then.
    pub async fn swap(
        &self,
        run: RunId,
        swap: &Swap,
        watcher: Arc<dyn Watcher>,
    ) -> Result<Driven, EngineError> {
        let known = self.folded(run).await?;
        let begin = |state: &RunState| decide(state, swap);
        begin(&known.state)?;
        let before = known.state.clone();
        let session = Session::take_with(self, known, run, watcher, &begin).await?;
        let back = session.put_back(&before).await;
        session.give_back().await;
        back
    }
}

fn decide(state: &RunState, swap: &Swap) -> Result<Vec<Event>, Refusal> {
    let own = crate::verbs::step(state, &swap.step)?;
    if matches!(own.status, StepStatus::Done | StepStatus::Undoing) {
        let cause = format!("step `{}` keeps its migrator: it is done, or being taken back", swap.step);
        let remedy = "`gateshift rerun --from STEP` repeats a step that is done";
        return Err(Refusal::new(code::VERB_STATE, cause, remedy));
    }
    let Swap { step, version, code, reason } = swap.clone();
    Ok(vec![Event::StepSwapped { step, version, code, reason }])
}
