//! Takes back what this run made, last first: attachments, installations, classes. What was adopted stays.

use std::time::Duration;

use gateshift_apig::{Client, gone};
use gateshift_sdk::api::{CallFailure, Host, StepInput, Undone};
use gateshift_sdk::model::{Operation, Outcome, Plan, StepError, Verb};
use gateshift_sdk::walk::{Applier, Results, WriteFailure};

use crate::apply::{Objects, unknown};
use crate::facts::{ATTACHMENT, CLASS, Facts, PLUGIN};

/// Tries of one removal while something is busy or still in use.
const TRIES: u32 = 6;
const BETWEEN: Duration = Duration::from_secs(1);

/// Undoes a plan as far as the journal says that it was applied.
pub(crate) async fn undo(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Undone, StepError> {
    let facts = Facts::of(plan)?;
    let client = Client::new(host, input.run, &facts.gateway, &facts.environment);
    let results = Results::new(&input.settled);
    let mut undone = Undone::default();
    for operation in plan.operations.iter().rev() {
        let Some(id) = made(host, input, operation, &results, &Objects { client }).await? else { continue };
        match remove(&client, operation, &id).await? {
            None => undone.operations.push(operation.key.clone()),
            Some(cause) => {
                undone.left.push(format!("{} `{}`: {cause}", operation.object.kind, operation.object.name));
            }
        }
    }
    Ok(undone)
}

/// The id of what an operation of this run made; `None` when there is nothing to take back.
async fn made(
    host: &dyn Host,
    input: &StepInput,
    operation: &Operation,
    results: &Results,
    objects: &Objects<'_>,
) -> Result<Option<String>, StepError> {
    if let Some(settled) = input.settled.get(&operation.key) {
        return Ok(settled.id.clone().filter(|_| settled.outcome == Outcome::Created));
    }
    if operation.verb == Verb::Adopt || !input.unsettled.contains(&operation.key) {
        return Ok(None);
    }
    match objects.look_up(host, operation, results).await {
        Ok(found) => Ok(found.filter(|found| found.same).map(|found| found.id)),
        // What it is part of was never made, or is gone, and it with that.
        Err(error) if error.code == "GS-PLAN-ORDER" || error.message.contains("NotFound.") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes one object; the answer is why it stays, if it does.
async fn remove(client: &Client<'_>, operation: &Operation, id: &str) -> Result<Option<String>, StepError> {
    let mut cause = String::new();
    for turn in 0..TRIES {
        if turn > 0 {
            client.host().sleep(BETWEEN).await?;
        }
        let sent = match operation.object.kind.as_str() {
            ATTACHMENT => client.detach_plugin(&operation.key, id).await,
            PLUGIN => client.uninstall_plugin(&operation.key, id).await,
            CLASS => client.delete_plugin_class(&operation.key, id).await,
            other => return Err(unknown(other)),
        };
        match sent {
            Ok(()) => return Ok(None),
            Err(WriteFailure::Call(failure)) if gone(&failure) => return Ok(None),
            Err(WriteFailure::Busy(text) | WriteFailure::Taken(text)) => cause = text,
            Err(WriteFailure::Call(CallFailure::Lost { cause: lost, .. })) => {
                cause = format!("no answer: {lost}")
            }
            // Still in use: what hinders may be on its way out.
            Err(WriteFailure::Call(failure))
                if failure.code().is_some_and(|code| code.starts_with("Conflict.")) =>
            {
                cause = failure.to_string();
            }
            Err(WriteFailure::Call(failure @ CallFailure::Refused { .. })) => {
                return Ok(Some(failure.to_string()));
            }
            Err(WriteFailure::Call(failure)) => return Err(failure.into()),
            Err(WriteFailure::Step(error)) => return Err(error),
        }
    }
    Ok(Some(cause))
}
