//! The migrator: hands each phase what it needs.

use gateshift_apig::Client;
use gateshift_gateway_model::{Assessed, Inventory, TargetInstance};
use gateshift_sdk::api::{Applied, Host, Manifest, Migrator, StepInput, Undone};
use gateshift_sdk::model::{Checkpoint, Finding, Plan, StepError};
use gateshift_sdk::{async_trait, output_of, settings, to_json};
use serde_json::Value;

use crate::facts::Facts;
use crate::settings::{Settings, check};
use crate::{apply, manifest, observe, plan, undo, verify};

/// Moves domains, services and routes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Routes;

#[async_trait]
impl Migrator for Routes {
    fn manifest(&self) -> Manifest {
        manifest::manifest()
    }

    fn check(&self, settings: &Value) -> Vec<Finding> {
        check(settings)
    }

    /// What belongs to others, or is not there, stays so whoever answers for it.
    fn never_waived(&self) -> &'static [&'static str] {
        &["API-CONFLICT", "DOM-CONFLICT", "RTE-CONFLICT", "SVC-CONFLICT", "RTE-FOREIGN"]
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        let settings: Settings = settings(input)?;
        let target: TargetInstance = output_of(input, "instance")?;
        let assessed: Assessed = output_of(input, "assess")?;
        let inventory = Inventory::parse(&host.get_artifact(&assessed.inventory).await?)?;
        let client = Client::new(host, input.run, &target.gateway, &target.environment);
        let api = plan::api_name(&inventory, &settings);
        let observed = observe::observe(&client, &inventory, &target, &settings, &api).await?;
        Ok(plan::plan(&plan::Given {
            inventory: &inventory,
            observed: &observed,
            target: &target,
            settings: &settings,
            now: host.now(),
        }))
    }

    fn foresee(&self, _: &StepInput, plan: &Plan) -> Option<Value> {
        Facts::of(plan).ok().map(|facts| to_json(&facts.foreseen()))
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
        verify::verify(host, input, plan, output).await
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
