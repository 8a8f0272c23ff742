//! The trait every migrator implements. It keeps nothing between calls: whatever it needs again is
//! in its input, and that comes from the journal.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{
    Checkpoint, Finding, MigratorName, OperationKey, Plan, RunId, Settled, StepError, StepName,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Host, Manifest};

/// Everything a migrator is given. Equal input and equal answers of the host give equal results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepInput {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepName,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The step's settings, as the workflow has them after inputs were filled in.
    pub settings: Value,
    /// Outputs of the steps before this one, nearest first, by the name of the migrator that did them.
    pub outputs: BTreeMap<MigratorName, Value>,
    /// Operations that earlier attempts settled.
    pub settled: BTreeMap<OperationKey, Settled>,
    /// Operations with an intent but no result: look before you write.
    pub unsettled: Vec<OperationKey>,
    /// The latest checkpoint of earlier attempts or calls.
    pub checkpoint: Option<Value>,
    /// Steps that need this one, directly or through others, in the order of the definition. Filled in
    /// only for migrators that [look ahead](Migrator::looks_ahead).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<LaterStep>,
    /// Steps before this one that a person skipped: what they would have made is not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<SkippedStep>,
    /// Kind of the connection behind each role: a migrator that works with several kinds has to know which.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kinds: BTreeMap<String, String>,
}

/// A step that comes after another one, as the workflow has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaterStep {
    /// The step.
    pub step: StepName,
    /// The migrator that does it.
    pub uses: MigratorName,
    /// Its settings, after inputs were filled in.
    pub settings: Value,
}

/// A step that a person skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedStep {
    /// The step.
    pub step: StepName,
    /// The migrator that would have done it.
    pub migrator: MigratorName,
    /// Why it was skipped.
    pub reason: String,
    /// The risk that was accepted with it.
    pub risk: String,
}

/// How `apply` came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Applied {
    /// The plan is applied.
    Done {
        /// Handed to later steps; has the manifest's output schema.
        output: Value,
        /// What went differently than wished, in words.
        #[serde(default)]
        warnings: Vec<String>,
    },
    /// Not yet: call again after a while, with this checkpoint.
    Pending {
        /// Given back as [`StepInput::checkpoint`].
        checkpoint: Value,
        /// How long to wait.
        after: Duration,
        /// What it waits for, in words.
        reason: String,
    },
}

/// How `undo` came back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Undone {
    /// Operations taken back.
    pub operations: Vec<OperationKey>,
    /// Facts for the history: times, shares, confirmations.
    #[serde(default)]
    pub facts: Value,
    /// What could not be taken back and why; not empty means the run is stuck.
    #[serde(default)]
    pub left: Vec<String>,
}

/// One kind of step.
#[async_trait]
pub trait Migrator: Send + Sync {
    /// What it is and what it needs. Constant.
    fn manifest(&self) -> Manifest;

    /// Checks settings beyond what the schema can say. Pure; all findings at once.
    fn check(&self, settings: &Value) -> Vec<Finding> {
        let _ = settings;
        Vec::new()
    }

    /// Codes of its findings that nobody can answer for: going on would be a guess, or would touch what
    /// belongs to others. Constant.
    fn never_waived(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether it is told which steps come after it, to judge early what they will not take. Constant.
    fn looks_ahead(&self) -> bool {
        false
    }

    /// Migrators among those it reads whose output it can do without, when a person skipped their step:
    /// [`StepInput::skipped`] says so then. Constant.
    fn does_without(&self) -> &'static [&'static str] {
        &[]
    }

    /// Decides: reads the target's observed state through the host, then works out what to do as a
    /// pure function of it, of the settings and of earlier outputs. Writes nothing.
    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError>;

    /// What the output would be if the plan were applied: ids of objects that do not exist yet are marks of
    /// [`planned_id`](gateshift_model::planned_id). Lets later steps be planned before anything is written.
    /// Pure. `None` when it cannot be foreseen.
    fn foresee(&self, input: &StepInput, plan: &Plan) -> Option<Value> {
        let _ = (input, plan);
        None
    }

    /// Acts: walks the plan's operations without any choice of its own.
    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError>;

    /// Answers for the checkpoints of this step, with evidence. Writes nothing.
    async fn verify(
        &self,
        host: &dyn Host,
        input: &StepInput,
        plan: &Plan,
        output: &Value,
    ) -> Result<Vec<Checkpoint>, StepError>;

    /// Takes back what the journal says this run made, in reverse. Safe after a half-finished `apply`,
    /// safe to repeat. `plan` is absent when the step was never planned.
    async fn undo(
        &self,
        host: &dyn Host,
        input: &StepInput,
        plan: Option<&Plan>,
    ) -> Result<Undone, StepError>;
}
