//! The migrator: hands each phase what it needs.

use std::collections::BTreeMap;

use gateshift_apig::Client;
use gateshift_gateway_model::{Assessed, Inventory, Secured, TargetInstance, TargetRoutes};
use gateshift_sdk::api::{Applied, Host, Manifest, Migrator, StepInput, Undone};
use gateshift_sdk::model::{Checkpoint, Finding, Plan, StepError, planned_id};
use gateshift_sdk::{async_trait, output_of, settings, to_json};
use serde_json::Value;

use crate::facts::Facts;
use crate::settings::{Settings, check};
use crate::{apply, manifest, observe, plan, undo, verify};

/// Carries over who may ask.
#[derive(Debug, Clone, Copy, Default)]
pub struct Security;

#[async_trait]
impl Migrator for Security {
    fn manifest(&self) -> Manifest {
        manifest::manifest()
    }

    fn check(&self, settings: &Value) -> Vec<Finding> {
        check(settings)
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        let settings: Settings = settings(input)?;
        let target: TargetInstance = output_of(input, "instance")?;
        let routes: TargetRoutes = output_of(input, "routes")?;
        let inventory = inventory(host, input).await?;
        let client = Client::new(host, input.run, &target.gateway, &target.environment);
        let observed = observe::observe(&client, &inventory, &target.gateway).await?;
        Ok(plan::plan(&plan::Given {
            inventory: &inventory,
            observed: &observed,
            target: &target,
            routes: &routes,
            settings: &settings,
        }))
    }

    fn foresee(&self, _: &StepInput, plan: &Plan) -> Option<Value> {
        let facts = Facts::of(plan).ok()?;
        let ids = |keys: &BTreeMap<String, String>| {
            keys.iter().map(|(id, key)| (id.clone(), planned_id(key))).collect()
        };
        let lists = facts.lists.iter();
        Some(to_json(&Secured {
            lists: lists
                .map(|(id, keys)| (id.clone(), keys.iter().map(|key| planned_id(key)).collect()))
                .collect(),
            flattened: facts.flattened.clone(),
            authentications: ids(&facts.authentications),
            consumers: ids(&facts.consumers),
            grants: apply::grants(plan),
        }))
    }

    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        apply::apply(host, input, plan).await
    }

    async fn verify(
        &self,
        host: &dyn Host,
        input: &StepInput,
        plan: &Plan,
        output: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        let inventory = inventory(host, input).await?;
        let routes: TargetRoutes = output_of(input, "routes")?;
        verify::verify(host, input, plan, output, &inventory, &routes).await
    }

    async fn undo(
        &self,
        host: &dyn Host,
        input: &StepInput,
        plan: Option<&Plan>,
    ) -> Result<Undone, StepError> {
        match plan {
            Some(plan) => undo::undo(host, input, plan).await,
            None => Ok(Undone::default()),
        }
    }
}

async fn inventory(host: &dyn Host, input: &StepInput) -> Result<Inventory, StepError> {
    let assessed: Assessed = output_of(input, "assess")?;
    Inventory::parse(&host.get_artifact(&assessed.inventory).await?)
}
