//! One migrator, one host, one input: what the checks are made of.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateshift_model::{MigratorName, OperationKey, Plan, RunId, StepError, StepName};
use gateshift_step_api::{Applied, Manifest, Migrator, StepInput};
use serde_json::Value;

use crate::host::{Seen, TrialHost, World};

/// Makes the migrator anew, as a new process would.
pub type Make<'a> = &'a (dyn Fn() -> Result<Arc<dyn Migrator>, StepError> + Sync);

/// What it is tried with.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Settings of the step.
    pub settings: Value,
    /// What calls answer, by action.
    pub answers: BTreeMap<String, Value>,
    /// Outputs of earlier steps.
    pub outputs: BTreeMap<MigratorName, Value>,
}

/// Longest that one verb may take.
const LONGEST: Duration = Duration::from_secs(90);
/// How often a step that waits is called again.
const TURNS: usize = 50;

/// Failures that are the migrator's defect, whatever it was given.
pub(crate) fn is_defect(error: &StepError) -> bool {
    const DEFECTS: [&str; 5] = [
        "GS-MIGRATOR-PANIC",
        "GS-MIGRATOR-LOST",
        "GS-MIGRATOR-STUCK",
        "GS-MIGRATOR-GARBAGE",
        "GS-MIGRATOR-CONTRACT",
    ];
    DEFECTS.contains(&error.code.as_str())
}

/// A failure in one line.
pub(crate) fn told(error: &StepError) -> String {
    format!("{}: {}", error.code, error.message)
}

/// Waits, but not for ever; a panic is a failure.
pub(crate) async fn bounded<T: Send + 'static>(
    work: impl Future<Output = Result<T, StepError>>,
) -> Result<T, StepError> {
    tokio::time::timeout(LONGEST, work).await.unwrap_or_else(|_| {
        let message = format!("it did not answer within {} s", LONGEST.as_secs());
        Err(StepError::permanent("GS-MIGRATOR-STUCK", message))
    })
}

/// A place to try it in.
pub(crate) struct Bench<'a> {
    pub(crate) make: Make<'a>,
    pub(crate) manifest: &'a Manifest,
    pub(crate) given: &'a Given,
}

impl<'a> Bench<'a> {
    pub(crate) fn host(&self, world: World) -> TrialHost<'a> {
        TrialHost {
            manifest: self.manifest,
            answers: &self.given.answers,
            world,
            seen: Mutex::default(),
            silent: tokio::sync::Notify::new(),
        }
    }

    pub(crate) fn input(&self) -> Result<StepInput, String> {
        Ok(StepInput {
            run: RunId(uuid::Uuid::nil()),
            step: StepName::new("trial").map_err(|error| error.to_string())?,
            attempt: 1,
            settings: self.given.settings.clone(),
            outputs: self.given.outputs.clone(),
            settled: BTreeMap::new(),
            unsettled: Vec::new(),
            checkpoint: None,
            later: Vec::new(),
            kinds: BTreeMap::new(),
            skipped: Vec::new(),
        })
    }

    /// What the next process is given after this one saw that much.
    pub(crate) fn after(&self, seen: &Seen) -> Result<StepInput, String> {
        let written: Vec<OperationKey> =
            seen.writes.iter().filter_map(|call| call.operation.clone()).collect();
        let unsettled = written.into_iter().filter(|key| !seen.settled.contains_key(key)).collect();
        let (settled, checkpoint) = (seen.settled.clone(), seen.checkpoint.clone());
        Ok(StepInput { attempt: 2, settled, unsettled, checkpoint, ..self.input()? })
    }

    pub(crate) async fn plan(&self, host: &TrialHost<'_>) -> Result<Plan, StepError> {
        let migrator = (self.make)()?;
        let input = self.input().map_err(|error| StepError::permanent("GS-STEP-UNKNOWN", error))?;
        bounded(migrator.plan(host, &input)).await
    }

    /// Applies until it is done, with a new process for each turn.
    pub(crate) async fn apply(
        &self,
        host: &TrialHost<'_>,
        mut input: StepInput,
        plan: &Plan,
    ) -> Result<Value, StepError> {
        for _ in 0..TURNS {
            let migrator = (self.make)()?;
            match bounded(migrator.apply(host, &input, plan)).await? {
                Applied::Done { output, .. } => return Ok(output),
                Applied::Pending { checkpoint, .. } => {
                    input.settled = host.seen().settled.clone();
                    input.checkpoint = Some(checkpoint);
                }
            }
        }
        Err(StepError::permanent("GS-MIGRATOR-STUCK", format!("it still waits after {TURNS} turns")))
    }
}
