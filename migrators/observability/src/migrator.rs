//! The migrator: hands each phase what it needs.

use std::collections::BTreeMap;

use gateshift_gateway_model::{Assessed, Inventory, Observed, TargetInstance, TargetRoutes};
use gateshift_sdk::api::{Applied, Host, Manifest, Migrator, StepInput, Undone};
use gateshift_sdk::model::{Checkpoint, Plan, StepError, is_planned, planned_id};
use gateshift_sdk::{async_trait, output_of, settings, to_json};
use serde_json::Value;

use crate::facts::Facts;
use crate::settings::{Part, Settings};
use crate::{apply, calls, manifest, plan, undo, verify};

/// `uses: observability`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Observability;

#[async_trait]
impl Migrator for Observability {
    fn manifest(&self) -> Manifest {
        manifest::manifest()
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        let settings: Settings = settings(input)?;
        let target: TargetInstance = output_of(input, "instance")?;
        let inventory = inventory(host, input).await?;
        // Without a step for routes nothing is known of services; a collector then is a finding.
        let services = output_of::<TargetRoutes>(input, "routes").map(|routes| routes.services);
        let observed = observe(host, &settings, &inventory, &target).await?;
        Ok(plan::plan(&plan::Given {
            settings: &settings,
            inventory: &inventory,
            target: &target,
            services: &services.unwrap_or_default(),
            observed: &observed,
        }))
    }

    fn foresee(&self, _: &StepInput, plan: &Plan) -> Option<Value> {
        let facts = Facts::of(plan).ok()?;
        let rules = facts.alerts.rules.iter();
        let alerts = rules.map(|(origin, key)| (origin.clone(), planned_id(key))).collect();
        Some(to_json(&Observed { alerts, manual: plan::by_hand(&facts, plan) }))
    }

    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        apply::apply(host, input, plan).await
    }

    async fn verify(
        &self,
        host: &dyn Host,
        input: &StepInput,
        plan: &Plan,
        _: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        let target: TargetInstance = output_of(input, "instance")?;
        verify::verify(host, plan, &target).await
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

/// What there is already. Of a gateway that is not made yet there is nothing to see.
async fn observe(
    host: &dyn Host,
    settings: &Settings,
    inventory: &Inventory,
    target: &TargetInstance,
) -> Result<plan::Seen, StepError> {
    let mut seen = plan::Seen::default();
    let traces = inventory.observability.tracing.is_some() && !settings.skips(Part::Tracing);
    if traces && !is_planned(&target.gateway) {
        seen.features = calls::features(host, &target.gateway).await?;
    }
    if !settings.skips(Part::Alerts) {
        seen.rules = calls::rules(host, None).await?;
        if seen.rules.is_some() {
            seen.metrics = calls::metrics(host).await?;
        }
        seen.other_rules = calls::other_rules(host, &inventory.origin.region).await?;
    }
    Ok(seen)
}

/// Ids of services: source -> target.
pub(crate) type Services = BTreeMap<String, String>;
