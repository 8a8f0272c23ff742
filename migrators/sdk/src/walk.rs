//! The walker: applies the operations of a plan one after another so that repeating is harmless.
//!
//! For each operation: settled already, skip it; intent without result, look first; otherwise write.
//! A lost reply and a "name is taken" answer are settled by looking, never by assuming (invariants
//! **twice is once** and **ours only**).

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{ErrorClass, Operation, OperationKey, Outcome, Plan, Settled, StepError};
use gateshift_step_api::{CallFailure, Host, Progress, StepInput};
use serde_json::Value;

/// Looks after a write whose outcome is unknown: how often, and how long apart. Reads may be stale
/// for some seconds.
const LOOKS: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);
/// Tries of one write while the other side answers "busy".
const BUSY_TRIES: u32 = 8;

/// An object that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its id on the other side.
    pub id: String,
    /// Equal to what the operation wants, in every field the plan sets.
    pub same: bool,
    /// What differs, in words, when it is not the same.
    pub difference: String,
    /// Facts to settle with.
    pub data: Value,
}

impl Found {
    /// An object that was compared: the same when it differs in nothing.
    #[must_use]
    pub fn compared(id: impl Into<String>, difference: Option<String>) -> Self {
        Self {
            id: id.into(),
            same: difference.is_none(),
            difference: difference.unwrap_or_default(),
            data: Value::Null,
        }
    }
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The object's id, when it has one.
    pub id: Option<String>,
    /// Facts later operations or `undo` need.
    pub data: Value,
}

/// How a write failed.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteFailure {
    /// The call failed.
    Call(CallFailure),
    /// The name is taken: look who has it.
    Taken(String),
    /// Busy (a lock, a call of the same token still running): the same write may be tried again.
    Busy(String),
    /// Something else.
    Step(StepError),
}

impl From<CallFailure> for WriteFailure {
    fn from(failure: CallFailure) -> Self {
        Self::Call(failure)
    }
}

impl From<StepError> for WriteFailure {
    fn from(error: StepError) -> Self {
        Self::Step(error)
    }
}

/// Results of earlier operations, by key: where an operation finds the ids it refers to.
#[derive(Debug, Clone, Default)]
pub struct Results(BTreeMap<OperationKey, Settled>);

impl Results {
    /// Results known from the journal.
    #[must_use]
    pub fn new(settled: &BTreeMap<OperationKey, Settled>) -> Self {
        Self(settled.clone())
    }

    /// The result of an operation.
    #[must_use]
    pub fn get(&self, key: &OperationKey) -> Option<&Settled> {
        self.0.get(key)
    }

    /// The id an operation settled with.
    pub fn id(&self, key: &OperationKey) -> Result<&str, StepError> {
        self.get(key).and_then(|settled| settled.id.as_deref()).ok_or_else(|| {
            StepError::permanent(
                "GS-PLAN-ORDER",
                format!("operation `{key}` has no result yet, and a later one needs its id"),
            )
            .with_hint(
                "this is a defect of the migrator's plan; report it with the output of `gateshift history`",
            )
        })
    }

    /// Every result.
    #[must_use]
    pub fn all(&self) -> &BTreeMap<OperationKey, Settled> {
        &self.0
    }
}

/// How the objects of a plan are looked up and written. Supplied by a migrator; one implementation
/// usually dispatches on `operation.object.kind`.
#[async_trait]
pub trait Applier: Send + Sync {
    /// The object, if it is there, by its natural key.
    async fn look_up(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
    ) -> Result<Option<Found>, StepError>;

    /// Writes it. `found` is what a look just before showed, when there was a look.
    async fn write(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
        found: Option<&Found>,
    ) -> Result<Written, WriteFailure>;
}

/// Walks the whole plan; returns every result, old and new.
pub async fn walk(
    host: &dyn Host,
    input: &StepInput,
    plan: &Plan,
    applier: &dyn Applier,
) -> Result<Results, StepError> {
    let mut results = Results::new(&input.settled);
    let total = plan.operations.len() as u64;
    for (done, operation) in plan.operations.iter().enumerate() {
        if results.get(&operation.key).is_some() {
            continue;
        }
        let text = format!("{:?} {} {}", operation.verb, operation.object.kind, operation.object.name)
            .to_lowercase();
        host.progress(Progress { done: done as u64, total, text });
        let maybe_done = input.unsettled.contains(&operation.key);
        let settled = settle_one(host, operation, &results, applier, maybe_done).await?;
        host.settle(&operation.key, settled.clone()).await?;
        results.0.insert(operation.key.clone(), settled);
    }
    host.progress(Progress { done: total, total, text: "applied".to_owned() });
    Ok(results)
}

async fn settle_one(
    host: &dyn Host,
    operation: &Operation,
    results: &Results,
    applier: &dyn Applier,
    mut maybe_done: bool,
) -> Result<Settled, StepError> {
    use gateshift_model::Verb;

    if operation.verb == Verb::Adopt {
        return adopt(host, operation, results, applier).await;
    }
    let mut found = None;
    if maybe_done {
        match look(host, operation, results, applier).await? {
            Some(there) if there.same => {
                return Ok(settled_as(operation, Some(there.id), there.data));
            }
            other => found = other,
        }
    }
    let mut busy = 0;
    loop {
        match applier.write(host, operation, results, found.as_ref()).await {
            Ok(written) => return Ok(settled_as(operation, written.id, written.data)),
            Err(WriteFailure::Call(CallFailure::Lost { cause, .. })) => {
                // From here on an equal object of that name is ours, even if a stale read hides it now.
                maybe_done = true;
                match look(host, operation, results, applier).await? {
                    Some(there) if there.same => {
                        return Ok(settled_as(operation, Some(there.id), there.data));
                    }
                    other => found = other,
                }
                busy += 1;
                if busy >= BUSY_TRIES {
                    return Err(StepError::retryable(
                        "GS-REPLY-LOST",
                        format!("`{}`: no answer to {busy} tries: {cause}", operation.key),
                    ));
                }
            }
            Err(WriteFailure::Taken(message)) => {
                return match look(host, operation, results, applier).await? {
                    Some(there) if there.same && maybe_done => {
                        Ok(settled_as(operation, Some(there.id), there.data))
                    }
                    Some(there) if there.same => {
                        Ok(Settled { outcome: Outcome::Adopted, id: Some(there.id), data: there.data })
                    }
                    Some(there) => Err(foreign(operation, &there.difference)),
                    None => Err(StepError::new(
                        ErrorClass::Conflict,
                        "GS-NAME-TAKEN",
                        format!("`{}`: {message}, yet no such object is listed", operation.key),
                    )),
                };
            }
            Err(WriteFailure::Busy(message)) => {
                busy += 1;
                if busy >= BUSY_TRIES {
                    return Err(StepError::retryable(
                        "GS-BUSY",
                        format!("`{}`: still busy after {busy} tries: {message}", operation.key),
                    ));
                }
                host.sleep(Duration::from_millis(500 << busy.min(5))).await?;
            }
            Err(WriteFailure::Call(failure)) => return Err(about(operation, failure.into())),
            Err(WriteFailure::Step(error)) => return Err(about(operation, error)),
        }
    }
}

async fn adopt(
    host: &dyn Host,
    operation: &Operation,
    results: &Results,
    applier: &dyn Applier,
) -> Result<Settled, StepError> {
    match applier.look_up(host, operation, results).await? {
        Some(there) if there.same => {
            Ok(Settled { outcome: Outcome::Adopted, id: Some(there.id), data: there.data })
        }
        Some(there) => Err(foreign(operation, &there.difference)),
        None => Err(StepError::new(
            ErrorClass::Conflict,
            "GS-ADOPT-GONE",
            format!("`{}` was there when the plan was made and is gone now", operation.key),
        )),
    }
}

/// Looks until the object shows or the looks are used up: a read may lag behind a write.
async fn look(
    host: &dyn Host,
    operation: &Operation,
    results: &Results,
    applier: &dyn Applier,
) -> Result<Option<Found>, StepError> {
    for turn in 0..LOOKS {
        if turn > 0 {
            host.sleep(BETWEEN_LOOKS).await?;
        }
        if let Some(found) = applier.look_up(host, operation, results).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn settled_as(operation: &Operation, id: Option<String>, data: Value) -> Settled {
    use gateshift_model::Verb;

    let outcome = match operation.verb {
        Verb::Create | Verb::Attach => Outcome::Created,
        Verb::Update | Verb::Deploy => Outcome::Updated,
        Verb::Delete => Outcome::Deleted,
        Verb::Adopt => Outcome::Adopted,
    };
    Settled { outcome, id, data }
}

fn about(operation: &Operation, mut error: StepError) -> StepError {
    error.message = format!("{} `{}`: {}", operation.object.kind, operation.object.name, error.message);
    error
}

fn foreign(operation: &Operation, difference: &str) -> StepError {
    StepError::needs_operator(
        "GS-OURS-ONLY",
        format!("{} `{}` exists already and is not the same: {difference}", operation.object.kind, operation.object.name),
    )
    .with_hint("this run did not make it, so it will not touch it: rename or remove it, make it equal, or exclude the object from the run")
}
