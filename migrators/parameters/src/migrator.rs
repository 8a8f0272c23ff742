//! The migrator: hands each phase what it needs.

use std::collections::BTreeMap;

use gateshift_apig::calls::{FEATURE_READS, FEATURE_WRITES};
use gateshift_apig::{Client, KIND, ROLE};
use gateshift_gateway_model::{Assessed, Inventory, TargetInstance, Tuned};
use gateshift_sdk::api::{Applied, ConnectionUse, Host, Manifest, Migrator, ProbeUse, StepInput, Undone};
use gateshift_sdk::model::{Checkpoint, Finding, Plan, Severity, StepError, UndoScope, is_planned};
use gateshift_sdk::{async_trait, migrator_name, not_yet, output_of, settings, to_json};
use serde_json::{Value, json};

use crate::decide::{Settings, decide};
use crate::facts::{Facts, PARAMETER};
use crate::table::table;
use crate::{apply, undo, verify};

/// `uses: parameters`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parameters;

#[async_trait]
impl Migrator for Parameters {
    fn manifest(&self) -> Manifest {
        let connection = ConnectionUse::new(KIND, FEATURE_READS, FEATURE_WRITES);
        Manifest {
            name: migrator_name("parameters"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contract: 1,
            description: "gives the target's parameters the values in force at the source".to_owned(),
            settings: json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "acknowledge": {
                        "type": "object",
                        "additionalProperties": {"type": "string", "minLength": 1},
                        "description": "parameters whose loss is accepted, by the source's name, each with the reason",
                    },
                    "exclude": {
                        "type": "array",
                        "items": {"type": "string", "minLength": 1},
                        "description": "parameters that keep the target's value, by the source's name",
                    },
                    "noRestart": {
                        "type": "boolean",
                        "default": false,
                        "description": "do not restart the gateway for parameters that act after a restart",
                    },
                },
            }),
            output: json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "required": ["written", "equal", "restarted"],
                "properties": {
                    "written": {"type": "object"}, "equal": {"type": "integer"}, "restarted": {"type": "boolean"},
                },
            }),
            connections: BTreeMap::from([(ROLE.to_owned(), connection)]),
            reads: vec![migrator_name("assess"), migrator_name("instance")],
            probes: ProbeUse::default(),
            undo: UndoScope::Config,
        }
    }

    fn check(&self, settings: &Value) -> Vec<Finding> {
        let settings: Settings = match serde_json::from_value(settings.clone()) {
            Ok(settings) => settings,
            Err(error) => {
                return vec![Finding::new(Severity::Block, "GS-SETTINGS", "settings", error.to_string())];
            }
        };
        let lost =
            settings.exclude.iter().filter(|name| table().unsupported.iter().any(|one| &one.name == *name));
        lost.map(|name| {
            let text = format!("`{name}` has no counterpart, so there is no value of the target to keep");
            Finding::new(Severity::Block, "GS-SETTINGS", "settings/exclude", text)
                .with_action("accept its loss under `acknowledge`, with a reason")
        })
        .collect()
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        let settings: Settings = settings(input)?;
        let target: TargetInstance = output_of(input, "instance")?;
        let assessed: Assessed = output_of(input, "assess")?;
        let inventory = Inventory::parse(&host.get_artifact(&assessed.inventory).await?)?;
        if is_planned(&target.gateway) {
            // Which parameters a gateway has, and with which defaults, only the gateway tells.
            return Err(not_yet("the parameters of a gateway can be compared once it is there"));
        }
        let client = Client::new(host, input.run, &target.gateway, &target.environment);
        let features = client.features().await?;
        Ok(decide(&inventory.parameters, &target, &features, &settings))
    }

    fn foresee(&self, _: &StepInput, plan: &Plan) -> Option<Value> {
        let facts = Facts::of(plan).ok()?;
        let set = plan.operations.iter().filter(|one| one.object.kind == PARAMETER);
        Some(to_json(&Tuned {
            written: set.map(|one| (one.object.name.clone(), one.after.value()["value"].clone())).collect(),
            equal: facts.equal,
            restarted: plan.operations.iter().any(|one| one.object.kind == crate::facts::RESTART),
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
        _: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        verify::verify(host, input, plan).await
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
