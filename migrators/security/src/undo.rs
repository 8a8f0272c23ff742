//! Takes back what this run made. What could keep callers out goes first: authentication of the gateway and
//! of routes, then these routes are published again, and only then go grants, consumers and lists.

use std::time::Duration;

use gateshift_apig::{Client, gone};
use gateshift_sdk::api::{CallFailure, Host, Progress, StepInput, Undone};
use gateshift_sdk::model::{Operation, Outcome, Plan, StepError};
use gateshift_sdk::walk::{Applier, Results, WriteFailure};

use crate::apply::Objects;
use crate::facts::Facts;

/// Tries of one removal while something is busy or still in use.
const TRIES: u32 = 6;
const BETWEEN: Duration = Duration::from_secs(1);

/// Kinds in the order in which they go.
const ORDER: [&str; 6] =
    ["authentication", "route-authentication", "publication", "grant", "consumer", "access-list"];

/// Undoes a plan as far as the journal says that it was applied.
pub(crate) async fn undo(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Undone, StepError> {
    let facts = Facts::of(plan)?;
    let objects = Objects { run: input.run, facts: &facts };
    let (client, results) = (objects.client(host), Results::new(&input.settled));
    let (mut undone, total) = (Undone::default(), plan.operations.len() as u64);
    for (done, operation) in ordered(plan).into_iter().enumerate() {
        let Some(id) = made(host, input, operation, &results, &objects).await? else { continue };
        host.progress(Progress {
            done: done as u64,
            total,
            text: format!("removing {} {}", operation.object.kind, operation.object.name),
        });
        match remove(&client, &facts, operation, &id).await? {
            None => undone.operations.push(operation.key.clone()),
            Some(cause) => {
                undone.left.push(format!("{} `{}`: {cause}", operation.object.kind, operation.object.name));
            }
        }
    }
    Ok(undone)
}

/// The operations that made something, in the order in which it goes.
fn ordered(plan: &Plan) -> Vec<&Operation> {
    let mut found: Vec<&Operation> = Vec::new();
    for kind in ORDER {
        found.extend(plan.operations.iter().rev().filter(|operation| operation.object.kind == kind));
    }
    found
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
        let ours = matches!(settled.outcome, Outcome::Created | Outcome::Updated);
        return Ok(settled.id.clone().filter(|_| ours));
    }
    if !input.unsettled.contains(&operation.key) {
        return Ok(None);
    }
    let publication = operation.object.kind == "publication";
    let found = objects.look_up(host, operation, results).await?;
    Ok(found.filter(|found| found.same || publication).map(|found| found.id))
}

/// Removes one object; says why when it cannot.
async fn remove(
    client: &Client<'_>,
    facts: &Facts,
    operation: &Operation,
    id: &str,
) -> Result<Option<String>, StepError> {
    let mut cause = String::new();
    for turn in 0..TRIES {
        if turn > 0 {
            client.host().sleep(BETWEEN).await?;
        }
        let key = &operation.key;
        let sent = match operation.object.kind.as_str() {
            // Taking authentication away acts with the next publication, like putting it there.
            "publication" => client.deploy(key, &facts.api, id).await,
            "grant" => client.revoke(key, id).await,
            "consumer" => client.delete_consumer(key, id).await,
            _ => client.delete_policy(key, id).await,
        };
        match sent {
            Ok(()) => return Ok(None),
            Err(WriteFailure::Call(failure)) if gone(&failure) => return Ok(None),
            Err(WriteFailure::Busy(message) | WriteFailure::Taken(message)) => cause = message,
            Err(WriteFailure::Call(CallFailure::Lost { cause: lost, .. })) => {
                cause = format!("no answer: {lost}");
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
