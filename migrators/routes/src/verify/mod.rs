//! Answers the three checkpoints of routing by reading everything back. Writes nothing.
//!
//! Whether requests are answered as before is the business of the `verify` step, which asks both
//! gateways; here it is shown that the target holds, serves and orders what the plan says.

mod domains;
mod policies;
mod rest;
mod routes;
mod services;

use std::collections::BTreeMap;
use std::time::Duration;

use gateshift_apig::Client;
use gateshift_gateway_model::TargetRoutes;
use gateshift_sdk::api::{Host, StepInput};
use gateshift_sdk::model::{Checkpoint, CheckpointResult, Operation, OperationKey, Plan, StepError};
use serde_json::Value;

use crate::facts::Facts;
use crate::references::{Resolved, resolve_by};

/// A difference counts when it is still there after several looks: reads may lag behind writes.
const LOOKS: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);

/// What was applied, for the readers below.
pub(crate) struct Applied<'a> {
    client: Client<'a>,
    facts: &'a Facts,
    plan: &'a Plan,
    /// Ids by operation.
    ids: BTreeMap<&'a str, &'a str>,
}

impl Applied<'_> {
    /// What an operation wanted, with ids; `None` when something it refers to has none.
    fn wanted(&self, operation: &Operation) -> Option<Resolved> {
        resolve_by(operation.after.value(), &|key| self.ids.get(key).map(|id| (*id).to_owned()).ok_or(()))
            .ok()
    }

    /// Operations on one kind of object.
    fn of_kind<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Operation> {
        self.plan.operations.iter().filter(move |operation| operation.object.kind == kind)
    }

    /// The id an operation settled with.
    fn id(&self, key: &OperationKey) -> Option<&str> {
        self.ids.get(key.as_str()).copied()
    }
}

/// Answers the checkpoints.
pub(crate) async fn verify(
    host: &dyn Host,
    input: &StepInput,
    plan: &Plan,
    output: &Value,
) -> Result<Vec<Checkpoint>, StepError> {
    let facts = Facts::of(plan)?;
    let made: TargetRoutes = serde_json::from_value(output.clone()).map_err(|error| {
        StepError::permanent(
            "GS-OUTPUT-SHAPE",
            format!("the step's output has another shape than expected: {error}"),
        )
    })?;
    let applied = Applied {
        client: Client::new(host, input.run, &facts.gateway, &facts.environment),
        facts: &facts,
        plan,
        ids: ids(&facts, &made),
    };
    let mut answers = look(&applied).await?;
    for _ in 1..LOOKS {
        if answers.iter().all(|one| one.result != CheckpointResult::Fail) {
            break;
        }
        host.sleep(BETWEEN_LOOKS).await?;
        answers = look(&applied).await?;
    }
    Ok(answers)
}

async fn look(applied: &Applied<'_>) -> Result<Vec<Checkpoint>, StepError> {
    Ok(vec![domains::check(applied).await?, services::check(applied).await?, routes::check(applied).await?])
}

/// Ids by operation, from the output: the journal's own record of the results may be gone by then.
fn ids<'a>(facts: &'a Facts, made: &'a TargetRoutes) -> BTreeMap<&'a str, &'a str> {
    let pairs = |keys: &'a BTreeMap<String, String>, ids: &'a BTreeMap<String, String>| {
        keys.iter().filter_map(|(name, key)| Some((key.as_str(), ids.get(name)?.as_str())))
    };
    let routes = facts
        .routes
        .iter()
        .filter_map(|route| Some((route.key.as_str(), made.routes.get(&route.id)?.id.as_str())));
    let operations = facts.rest_routes().flat_map(|(route, keys)| {
        let ids = made.rest.get(route).into_iter().flatten();
        keys.iter().map(String::as_str).zip(ids.map(String::as_str))
    });
    pairs(&facts.domains, &made.domains)
        .chain(pairs(&facts.sources, &made.sources))
        .chain(pairs(&facts.services, &made.services))
        .chain(routes)
        .chain(operations)
        .chain([(facts.api.as_str(), made.api.as_str())])
        .collect()
}

/// The first few of many texts.
fn some_of(texts: &[String]) -> String {
    let shown = texts.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("; ");
    if texts.len() > 3 { format!("{shown}; and {} more", texts.len() - 3) } else { shown }
}
