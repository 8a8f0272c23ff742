//! Applies the plan: the shared walker goes through the operations, this module says how each kind of
//! object is looked up and written. At the end it waits until every publication has taken effect.

mod api;
mod association;
mod deployment;
mod dialect;
mod domain;
mod policy;
pub(crate) mod rest;
mod route;
mod service;
mod source;
mod wait;

use std::collections::BTreeMap;

use gateshift_apig::Client;
use gateshift_gateway_model::{TargetRoute, TargetRoutes};
use gateshift_sdk::api::{Applied, Host, StepInput};
use gateshift_sdk::model::{Operation, OperationKey, Plan, RunId, StepError};
use gateshift_sdk::walk::{Applier, Found, Results, WriteFailure, Written, walk};
use gateshift_sdk::{async_trait, to_json};
use serde_json::Value;

use crate::facts::Facts;
use crate::references::resolve;

/// Applies a plan.
pub(crate) async fn apply(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
    let facts = Facts::of(plan)?;
    let objects = Objects::new(input.run, &facts, plan);
    let results = walk(host, input, plan, &objects).await?;
    let client = objects.client(host);
    let opened = wait::until_deployed(&client, &facts, &results).await?;
    Ok(Applied::Done { output: to_json(&output(&facts, &results)?), warnings: warnings(&opened) })
}

/// What later steps are told.
fn output(facts: &Facts, results: &Results) -> Result<TargetRoutes, StepError> {
    let ids = |keys: &BTreeMap<String, String>| -> Result<BTreeMap<String, String>, StepError> {
        keys.iter()
            .map(|(name, key)| Ok((name.clone(), results.id(&OperationKey::new(key.as_str()))?.to_owned())))
            .collect()
    };
    let route = |route: &crate::facts::RouteFact| {
        let id = results.id(&OperationKey::new(route.key.as_str()))?.to_owned();
        Ok((route.id.clone(), TargetRoute { id, name: route.name.clone(), deployed: route.published }))
    };
    let operations = |(route, keys): (&String, &Vec<String>)| {
        let id = |key: &String| Ok(results.id(&OperationKey::new(key.as_str()))?.to_owned());
        Ok((route.clone(), keys.iter().map(id).collect::<Result<Vec<_>, StepError>>()?))
    };
    Ok(TargetRoutes {
        api: results.id(&facts.api_key())?.to_owned(),
        domains: ids(&facts.domains)?,
        sources: ids(&facts.sources)?,
        services: ids(&facts.services)?,
        routes: facts.routes.iter().map(route).collect::<Result<_, StepError>>()?,
        rest: facts.rest_routes().map(operations).collect::<Result<_, StepError>>()?,
    })
}

fn warnings(opened: &[String]) -> Vec<String> {
    if opened.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "RTE-PUBLISHABLE: {} routes could be published only with the environment's own sub-domain among their domains, and answer there, too: {}",
        opened.len(),
        opened.join(", ")
    )]
}

/// How the objects of a plan are looked up and written.
pub(crate) struct Objects<'a> {
    run: RunId,
    facts: &'a Facts,
    plan: BTreeMap<&'a OperationKey, &'a Operation>,
    spoken: dialect::Spoken,
    proven: policy::Proven,
}

impl<'a> Objects<'a> {
    /// For one plan.
    pub(crate) fn new(run: RunId, facts: &'a Facts, plan: &'a Plan) -> Self {
        let plan = plan.operations.iter().map(|operation| (&operation.key, operation)).collect();
        Self { run, facts, plan, spoken: dialect::Spoken::default(), proven: policy::Proven::default() }
    }

    /// The target gateway of the plan.
    pub(crate) fn client<'b>(&'b self, host: &'b dyn Host) -> Client<'b> {
        Client::new(host, self.run, &self.facts.gateway, &self.facts.environment)
    }
}

/// What was written, by its id.
fn written(id: impl Into<String>) -> Written {
    Written { id: Some(id.into()), data: Value::Null }
}

#[async_trait]
impl Applier for Objects<'_> {
    async fn look_up(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
    ) -> Result<Option<Found>, StepError> {
        let client = self.client(host);
        let wanted = resolve(operation, results)?;
        match operation.object.kind.as_str() {
            "domain" => domain::look_up(&client, &wanted).await,
            "source" => source::look_up(&client, &wanted).await,
            "association" => association::look_up(&client, &wanted).await,
            "service" => service::look_up(&client, operation, &wanted).await,
            "service-settings" => service::look_up_settings(&client, operation, &wanted).await,
            "service-version" => service::look_up_version(&client, operation, &wanted).await,
            "api" => api::look_up(&client, &wanted).await,
            "route" => route::look_up(&client, operation, &wanted).await,
            "policy" => policy::look_up(&client, &wanted).await,
            "deployment" => deployment::look_up(&client, operation, &wanted).await,
            "operation" => rest::look_up(&client, &wanted).await,
            "rest-deployment" => rest::look_up_deployment(&client, &wanted).await,
            other => Err(unknown(other)),
        }
    }

    async fn write(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
        found: Option<&Found>,
    ) -> Result<Written, WriteFailure> {
        let (client, key) = (self.client(host), &operation.key);
        if let Some(found) = found.filter(|_| {
            !matches!(
                operation.object.kind.as_str(),
                "association" | "deployment" | "rest-deployment" | "service-settings"
            )
        }) {
            // It was there, unlike what is wanted, before this write: not this run's to change.
            return Err(WriteFailure::Taken(found.difference.clone()));
        }
        let wanted = resolve(operation, results)?;
        match operation.object.kind.as_str() {
            "domain" => domain::write(&client, key, &wanted).await,
            "source" => Ok(written(client.create_source(key, &wanted.body).await?)),
            "association" => association::write(&client, &wanted).await,
            "service" => Ok(written(client.create_service(key, &wanted.body).await?)),
            "service-settings" => service::write_settings(&client, key, &wanted).await,
            "service-version" => service::write_version(&client, key, &wanted).await,
            "api" => Ok(written(client.create_api(key, &wanted.body).await?)),
            "route" => route::write(&client, key, &wanted, &self.spoken).await,
            "policy" => policy::write(&client, key, &wanted, &self.proven).await,
            "deployment" => deployment::write(self, &client, key, &wanted, results).await,
            "operation" => rest::write(&client, key, &wanted).await,
            "rest-deployment" => rest::deploy(&client, key, &wanted).await,
            other => Err(unknown(other).into()),
        }
    }
}

fn unknown(kind: &str) -> StepError {
    StepError::permanent(
        "GS-PLAN-SHAPE",
        format!("the plan names a kind of object `{kind}` that this migrator does not know"),
    )
    .with_hint("the plan was made with another version of this migrator; plan the step anew")
}
