//! Puts back what was there before, last first.

use gateshift_apig::{Client, gone};
use gateshift_sdk::api::{Host, StepInput, Undone};
use gateshift_sdk::model::{Operation, Outcome, Plan, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::Value;

use crate::apply::restarted;
use crate::facts::{Facts, PARAMETER, restart_key};

/// Undoes a plan as far as the journal says that it was applied.
pub(crate) async fn undo(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Undone, StepError> {
    let facts = Facts::of(plan)?;
    let client = Client::new(host, input.run, &facts.gateway, &facts.environment);
    let mut undone = Undone::default();
    for operation in plan.operations.iter().rev().filter(|one| one.object.kind == PARAMETER) {
        let Some(previous) = previous(input, operation) else { continue };
        let feature = operation.after.string("feature").unwrap_or_default();
        match client.set_feature(&operation.key, &feature, &previous).await {
            Ok(()) => undone.operations.push(operation.key.clone()),
            // The gateway is gone, and its parameters with it.
            Err(WriteFailure::Call(failure)) if gone(&failure) => {}
            Err(failure) => undone.left.push(format!("{}: {}", operation.object.name, cause(failure))),
        }
    }
    if restarted(input) && !undone.operations.is_empty() {
        match client.restart_gateway(&restart_key()).await {
            Ok(()) => undone.operations.push(restart_key()),
            Err(failure) => undone.left.push(format!("restart: {}", cause(failure))),
        }
    }
    Ok(undone)
}

/// What a parameter has to be set back to; `None` when this run did not change it.
fn previous(input: &StepInput, operation: &Operation) -> Option<String> {
    let data = match input.settled.get(&operation.key) {
        Some(settled) if settled.outcome == Outcome::Updated => &settled.data,
        Some(_) => return None,
        // It may have been set: what the plan saw is what it was.
        None if input.unsettled.contains(&operation.key) => &Value::Null,
        None => return None,
    };
    let set_before = data["previous"].as_str().map(str::to_owned);
    set_before
        .or_else(|| operation.before.string("value"))
        // It was never set, so what acted was the default; there is no call that unsets it.
        .or_else(|| operation.before.string("inForce"))
}

fn cause(failure: WriteFailure) -> String {
    match failure {
        WriteFailure::Call(failure) => failure.to_string(),
        WriteFailure::Taken(text) | WriteFailure::Busy(text) => text,
        WriteFailure::Step(error) => error.message,
    }
}
