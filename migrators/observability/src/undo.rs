//! Takes back what this run made, last first: rules are deleted, parameters get their former value. What was
//! adopted stays. What a person set in the console stays, and goes with the gateway.

use gateshift_sdk::api::{CallFailure, Host, StepInput, Undone};
use gateshift_sdk::model::{Operation, Outcome, Plan, StepError};
use gateshift_sdk::walk::{Applier, Results};

use crate::apply::{Objects, wish};
use crate::calls;
use crate::facts::Facts;
use crate::plan::{RULE, SWITCH};

/// Undoes a plan as far as the journal says that it was applied.
pub(crate) async fn undo(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Undone, StepError> {
    let facts = Facts::of(plan)?;
    let objects = Objects { gateway: &facts.gateway };
    let mut undone = Undone::default();
    for operation in plan.operations.iter().rev() {
        if !ours(host, input, operation, &objects).await? {
            continue;
        }
        let key = &operation.key;
        let sent = match operation.object.kind.as_str() {
            RULE => calls::delete_rule(host, key, wish(operation)?.id()).await,
            SWITCH => {
                let before = operation.before.value();
                let before = before.as_str().unwrap_or_default();
                calls::update_feature(host, key, &facts.gateway, &operation.object.name, before).await
            }
            // A rule that was put out of force is deleted as a whole.
            _ => Ok(()),
        };
        match sent {
            Ok(()) => undone.operations.push(key.clone()),
            Err(failure) if gone(&failure) => undone.operations.push(key.clone()),
            Err(failure @ CallFailure::Refused { .. }) => {
                undone.left.push(format!("{} `{}`: {failure}", operation.object.kind, operation.object.name));
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    Ok(undone)
}

/// Whether this run wrote it.
async fn ours(
    host: &dyn Host,
    input: &StepInput,
    operation: &Operation,
    objects: &Objects<'_>,
) -> Result<bool, StepError> {
    if let Some(settled) = input.settled.get(&operation.key) {
        return Ok(matches!(settled.outcome, Outcome::Created | Outcome::Updated));
    }
    if !input.unsettled.contains(&operation.key) {
        return Ok(false);
    }
    let found = objects.look_up(host, operation, &Results::default()).await?;
    Ok(found.is_some_and(|found| found.same))
}

fn gone(failure: &CallFailure) -> bool {
    failure.code().is_some_and(|code| {
        code.starts_with("NotFound")
            || code.contains("NotFound")
            || code == "404"
            || code == "ResourceNotFound"
    })
}
