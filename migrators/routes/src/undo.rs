//! Takes back what this run made, last first: publications, policies, routes, the API, services,
//! sources, domains. What was adopted, or was there unchanged, stays.

use std::collections::BTreeMap;
use std::time::Duration;

use gateshift_apig::{Client, gone};
use gateshift_sdk::api::{CallFailure, Host, Progress, StepInput, Undone};
use gateshift_sdk::model::{Operation, Outcome, Plan, StepError};
use gateshift_sdk::walk::{Applier, Results, WriteFailure};

use crate::apply::Objects;
use crate::apply::rest::published;
use crate::facts::Facts;
use crate::references::{Resolved, resolve};

/// Tries of one removal while something is busy or still in use.
const TRIES: u32 = 6;
const BETWEEN: Duration = Duration::from_secs(1);

/// Undoes a plan as far as the journal says that it was applied.
pub(crate) async fn undo(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Undone, StepError> {
    let facts = Facts::of(plan)?;
    let objects = Objects::new(input.run, &facts, plan);
    let undo =
        Undo { client: objects.client(host), results: Results::new(&input.settled), states: BTreeMap::new() };
    let states = undo.states(&facts).await?;
    let undo = Undo { states, ..undo };
    let (mut undone, total) = (Undone::default(), plan.operations.len() as u64);
    for (done, operation) in plan.operations.iter().rev().enumerate() {
        let id = match made(host, input, operation, &undo.results, &objects).await? {
            Some(id) => id,
            None => continue,
        };
        host.progress(Progress {
            done: done as u64,
            total,
            text: format!("removing {} {}", operation.object.kind, operation.object.name),
        });
        match undo.remove(operation, &id).await? {
            Removal::Done => undone.operations.push(operation.key.clone()),
            Removal::Nothing => {}
            Removal::Left(cause) => {
                undone.left.push(format!("{} `{}`: {cause}", operation.object.kind, operation.object.name))
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
        let ours = matches!(settled.outcome, Outcome::Created | Outcome::Updated);
        return Ok(settled.id.clone().filter(|_| ours));
    }
    if !input.unsettled.contains(&operation.key) {
        return Ok(None);
    }
    let found = match objects.look_up(host, operation, results).await {
        Ok(found) => found,
        // What it is part of is gone, and it with that.
        Err(error) if error.message.contains("NotFound.") => None,
        Err(error) => return Err(error),
    };
    Ok(found.filter(|found| found.same).map(|found| found.id))
}

enum Removal {
    Done,
    Nothing,
    Left(String),
}

struct Undo<'a> {
    client: Client<'a>,
    results: Results,
    /// States of publication of the API's routes, by id.
    states: BTreeMap<String, String>,
}

impl Undo<'_> {
    async fn states(&self, facts: &Facts) -> Result<BTreeMap<String, String>, StepError> {
        let Ok(api) = self.results.id(&facts.api_key()) else { return Ok(BTreeMap::new()) };
        let routes = self.client.routes(api, None).await?;
        Ok(routes.into_iter().map(|view| (view.route_id, view.deploy_status)).collect())
    }

    async fn remove(&self, operation: &Operation, id: &str) -> Result<Removal, StepError> {
        let wanted = resolve(operation, &self.results)?;
        if !self.removes(operation, id) {
            return Ok(Removal::Nothing);
        }
        let mut cause = String::new();
        for turn in 0..TRIES {
            if turn > 0 {
                self.client.host().sleep(BETWEEN).await?;
            }
            match self.send(operation, &wanted, id).await {
                Ok(()) => return Ok(Removal::Done),
                Err(WriteFailure::Call(failure)) if gone(&failure) => return Ok(Removal::Done),
                Err(WriteFailure::Busy(message) | WriteFailure::Taken(message)) => cause = message,
                Err(WriteFailure::Call(CallFailure::Lost { cause: lost, .. })) => {
                    cause = format!("no answer: {lost}")
                }
                // In use, or still published: what hinders may be on its way out.
                Err(WriteFailure::Call(failure))
                    if failure.code().is_some_and(|code| code.starts_with("Conflict.")) =>
                {
                    cause = failure.to_string();
                }
                Err(WriteFailure::Call(failure @ CallFailure::Refused { .. })) => {
                    return Ok(Removal::Left(failure.to_string()));
                }
                Err(WriteFailure::Call(failure)) => return Err(failure.into()),
                Err(WriteFailure::Step(error)) => return Err(error),
            }
        }
        Ok(Removal::Left(cause))
    }

    /// Whether there is something to send: waiting wrote nothing, settings go with their service, and
    /// a route that is not published needs no taking back.
    fn removes(&self, operation: &Operation, id: &str) -> bool {
        match operation.object.kind.as_str() {
            "association" | "service-settings" => false,
            "deployment" => self.states.get(id).is_some_and(|state| state != "NotDeployed"),
            _ => true,
        }
    }

    async fn send(&self, operation: &Operation, wanted: &Resolved, id: &str) -> Result<(), WriteFailure> {
        let (client, key) = (&self.client, &operation.key);
        match operation.object.kind.as_str() {
            "deployment" => client.undeploy(key, &wanted.parent, id).await,
            "rest-deployment" => {
                for operation in published(&wanted.body) {
                    client.undeploy_operation(key, &wanted.parent, operation).await?;
                }
                Ok(())
            }
            "operation" => client.delete_operation(key, &wanted.parent, id).await,
            "policy" => client.delete_policy(key, id).await,
            "route" => client.delete_route(key, &wanted.parent, id).await,
            "api" => client.delete_api(key, id).await,
            "service-version" => client.delete_version(key, &wanted.parent, id).await,
            "service" => client.delete_service(key, id).await,
            "source" => client.delete_source(key, id).await,
            "domain" => client.delete_domain(key, id).await,
            other => Err(StepError::permanent(
                "GS-PLAN-SHAPE",
                format!("the plan names a kind of object `{other}` that this migrator does not know"),
            )
            .into()),
        }
    }
}
