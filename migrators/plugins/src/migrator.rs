//! The migrator: hands each phase what it needs.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateshift_apig::Client;
use gateshift_apig::wire::PluginAttachmentView;
use gateshift_gateway_model::{Assessed, Inventory, Plugged, TargetInstance, TargetRoutes};
use gateshift_sdk::api::{Applied, Host, Manifest, Migrator, StepInput, Undone};
use gateshift_sdk::model::{Checkpoint, Finding, Plan, StepError, Verb, planned_id};
use gateshift_sdk::{async_trait, output_of, settings, to_json};
use serde_json::{Value, json};

use crate::facts::{ATTACHMENT, Facts};
use crate::plan::{Attached, Given};
use crate::settings::Settings;
use crate::{apply, manifest, observe, plan, read, undo, verify};

/// `uses: plugins`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plugins;

#[async_trait]
impl Migrator for Plugins {
    fn manifest(&self) -> Manifest {
        manifest::manifest()
    }

    fn check(&self, settings: &Value) -> Vec<Finding> {
        manifest::check(settings)
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        let settings: Settings = settings(input)?;
        let target: TargetInstance = output_of(input, "instance")?;
        let routes: TargetRoutes = output_of(input, "routes")?;
        let assessed: Assessed = output_of(input, "assess")?;
        let inventory = Inventory::parse(&host.get_artifact(&assessed.inventory).await?)?;
        let client = Client::new(host, input.run, &target.gateway, &target.environment);
        let observed = observe::observe(&client, &target).await?;
        let attached = observed
            .attachments
            .iter()
            .map(|view| attached(host, view))
            .collect::<Result<Vec<_>, StepError>>()?;
        let binaries = settings
            .binaries
            .iter()
            .map(|(name, binary)| Ok((name.clone(), json!(host.seal(binary.url())?))))
            .collect::<Result<BTreeMap<_, _>, StepError>>()?;
        Ok(plan::plan(&Given {
            inventory: &inventory,
            plugins: &read::read(host, &inventory.plugins)?,
            observed: &observed,
            attached: &attached,
            target: &target,
            routes: &routes,
            settings: &settings,
            binaries: &binaries,
        }))
    }

    fn foresee(&self, _: &StepInput, plan: &Plan) -> Option<Value> {
        let facts = Facts::of(plan).ok()?;
        Some(to_json(&Plugged {
            plugins: facts.plugins.into_iter().map(|one| (one.id, planned_id(&one.key))).collect(),
            attachments: made(plan),
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

/// Attachments that the plan makes.
pub(crate) fn made(plan: &Plan) -> u64 {
    let ours = plan.operations.iter().filter(|one| one.object.kind == ATTACHMENT && one.verb == Verb::Attach);
    ours.count() as u64
}

/// An attachment with its configuration sealed: equal texts are equal when sealed.
fn attached(host: &dyn Host, view: &PluginAttachmentView) -> Result<Attached, StepError> {
    let bytes = STANDARD.decode(&view.plugin_config).ok();
    let config = match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) if text.is_empty() => json!(""),
        Some(text) => json!(host.seal(&text)?),
        // What is no text equals no configuration of a source.
        None => Value::Null,
    };
    Ok(Attached {
        plugin: view.plugin_id.clone(),
        kind: view.attach_resource_type.clone(),
        resources: view.resource_infos.iter().map(|one| one.resource_id.clone()).collect(),
        enable: view.enable,
        config,
    })
}
