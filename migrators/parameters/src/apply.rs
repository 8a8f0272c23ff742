//! Applies the plan: what needs a restart, the restart, and once the gateway runs again the rest.

use std::time::Duration;

use gateshift_apig::Client;
use gateshift_gateway_model::Tuned;
use gateshift_sdk::api::{Applied, Host, StepInput};
use gateshift_sdk::model::{Operation, Plan, StepError};
use gateshift_sdk::walk::{Applier, Found, Results, WriteFailure, Written, walk};
use gateshift_sdk::{async_trait, to_json};
use serde_json::{Value, json};

use crate::facts::{Facts, PARAMETER, RESTART, restart_key};
use crate::value;

/// Between two looks at a gateway that restarts.
const POLL: Duration = Duration::from_secs(10);
/// Looks at it before somebody is called.
const PATIENCE_LOOKS: u64 = 120;

/// Applies a plan.
pub(crate) async fn apply(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
    let facts = Facts::of(plan)?;
    let client = Client::new(host, input.run, &facts.gateway, &facts.environment);
    let features = Features { client, facts: &facts };
    let mut input = input.clone();
    let restarts = plan.operations.iter().position(|one| one.object.kind == RESTART);
    if let Some(at) = restarts {
        let first = Plan { operations: plan.operations[..=at].to_vec(), ..Plan::default() };
        input.settled = walk(host, &input, &first, &features).await?.all().clone();
        if let Some(pending) = still_restarting(&client, &input).await? {
            return Ok(pending);
        }
    }
    walk(host, &input, plan, &features).await?;
    let wanted = |operation: &Operation| {
        let name = operation.object.name.clone();
        (operation.object.kind == PARAMETER).then(|| (name, operation.after.value()["value"].clone()))
    };
    let output = Tuned {
        written: plan.operations.iter().filter_map(wanted).collect(),
        equal: facts.equal,
        restarted: restarts.is_some(),
    };
    Ok(Applied::Done { output: to_json(&output), warnings: Vec::new() })
}

async fn still_restarting(client: &Client<'_>, input: &StepInput) -> Result<Option<Applied>, StepError> {
    let status = client.gateway().await?.status;
    if status == "Running" {
        return Ok(None);
    }
    let looks = input.checkpoint.as_ref().and_then(|value| value["looks"].as_u64()).unwrap_or(0) + 1;
    if status.ends_with("Failed") || looks > PATIENCE_LOOKS {
        let text = format!("the gateway was restarted and is {status} after {looks} looks");
        return Err(StepError::permanent("GS-INSTANCE-FAILED", text)
            .with_hint("look at the gateway in the console; when it runs, `gateshift resume` goes on"));
    }
    Ok(Some(Applied::Pending {
        checkpoint: json!({ "looks": looks }),
        after: POLL,
        reason: format!("the gateway is {status}; waiting for it to run"),
    }))
}

/// How parameters are looked up and written.
pub(crate) struct Features<'a> {
    pub(crate) client: Client<'a>,
    pub(crate) facts: &'a Facts,
}

impl Features<'_> {
    /// The value a parameter has, as it was set and as it acts; `None` when there is no such parameter.
    async fn present(&self, feature: &str) -> Result<Option<(Option<String>, String)>, StepError> {
        let all = self.client.features().await?;
        let found = all.into_iter().find(|one| one.definition.name == feature);
        Ok(found.map(|one| (one.value.clone(), one.effective().to_owned())))
    }
}

#[async_trait]
impl Applier for Features<'_> {
    async fn look_up(
        &self,
        _: &dyn Host,
        operation: &Operation,
        _: &Results,
    ) -> Result<Option<Found>, StepError> {
        if operation.object.kind == RESTART {
            let status = self.client.gateway().await?.status;
            let found = Found {
                id: self.facts.gateway.clone(),
                same: true,
                difference: String::new(),
                data: Value::Null,
            };
            return Ok((status == "Restarting").then_some(found));
        }
        let after = &operation.after.value();
        let feature = after["feature"].as_str().unwrap_or_default();
        let wanted = after["value"].as_str().unwrap_or_default();
        let kind = after["kind"].as_str().unwrap_or_default();
        Ok(self.present(feature).await?.map(|(_, present)| Found {
            id: feature.to_owned(),
            same: value::same(kind, wanted, &present),
            difference: format!("it is `{present}`"),
            // What was there before this step is in the plan; a look after the write cannot tell.
            data: json!({"previous": operation.before.value()["value"], "inForce": operation.before.value()["inForce"]}),
        }))
    }

    async fn write(
        &self,
        _: &dyn Host,
        operation: &Operation,
        _: &Results,
        _: Option<&Found>,
    ) -> Result<Written, WriteFailure> {
        if operation.object.kind == RESTART {
            self.client.restart_gateway(&operation.key).await?;
            return Ok(Written { id: Some(self.facts.gateway.clone()), data: Value::Null });
        }
        let (planned, seen) = (operation.after.value(), operation.before.value());
        let feature = planned["feature"].as_str().unwrap_or_default();
        let wanted = planned["value"].as_str().unwrap_or_default();
        let Some((set, in_force)) = self.present(feature).await? else {
            let text = format!("the target has no parameter `{feature}` any more");
            return Err(StepError::permanent("GS-ADOPT-GONE", text).into());
        };
        let before = seen["inForce"].as_str();
        if before != Some(in_force.as_str()) && wanted != in_force {
            let text = format!(
                "it was `{}` when the plan was made and is `{in_force}` now",
                before.unwrap_or_default()
            );
            return Err(StepError::needs_operator("GS-OURS-ONLY", text)
                .with_hint("somebody else sets it, too; agree who does, then plan the step anew")
                .into());
        }
        let previous = if before == Some(in_force.as_str()) { json!(set) } else { seen["value"].clone() };
        self.client.set_feature(&operation.key, feature, wanted).await?;
        let data = json!({"previous": previous, "inForce": seen["inForce"]});
        Ok(Written { id: Some(feature.to_owned()), data })
    }
}

/// Whether the restart was asked for.
pub(crate) fn restarted(input: &StepInput) -> bool {
    input.settled.contains_key(&restart_key()) || input.unsettled.contains(&restart_key())
}
