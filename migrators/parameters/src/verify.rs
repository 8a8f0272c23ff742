//! Answers the two checkpoints of the parameters by reading them back.

use gateshift_apig::Client;
use gateshift_sdk::api::{Host, StepInput};
use gateshift_sdk::model::{Checkpoint, Plan, StepError};
use serde_json::json;

use crate::facts::Facts;
use crate::value;

/// Answers the checkpoints.
pub(crate) async fn verify(
    host: &dyn Host,
    input: &StepInput,
    plan: &Plan,
) -> Result<Vec<Checkpoint>, StepError> {
    let facts = Facts::of(plan)?;
    let client = Client::new(host, input.run, &facts.gateway, &facts.environment);
    let features = client.features().await?;
    let mut different = Vec::new();
    for (name, wanted) in &facts.wanted {
        let found = features.iter().find(|one| one.definition.name == wanted.feature);
        let present = found.map(|one| one.effective());
        if !present.is_some_and(|present| value::same(&wanted.kind, &wanted.value, present)) {
            different.push(format!("{name} is {present:?} and should be `{}`", wanted.value));
        }
    }
    let equal = facts.wanted.len() - different.len();
    let message = if different.is_empty() {
        format!(
            "all {equal} parameters have the source's effective value; how they bear load is measured while traffic moves"
        )
    } else {
        different.join("; ")
    };
    let configured = Checkpoint::judge(
        "parameters.configured_and_performance_meets_expectation",
        different.is_empty(),
        message,
        json!({"equal": equal, "different": different, "values": facts.wanted}),
    );
    Ok(vec![configured, unsupported(&facts)])
}

fn unsupported(facts: &Facts) -> Checkpoint {
    let on: Vec<&String> = facts.unsupported.iter().filter(|(_, one)| one.on).map(|(name, _)| name).collect();
    let open: Vec<&String> = facts
        .unsupported
        .iter()
        .filter(|(_, one)| one.on && !one.harmless && one.reason.is_none())
        .map(|(name, _)| name)
        .collect();
    let message = match (on.as_slice(), open.as_slice()) {
        ([], _) => "no parameter without a counterpart is on".to_owned(),
        (on, []) => format!("assessed, and accepted where it matters: {on:?}"),
        (_, open) => format!("nobody accepted the loss of {open:?}"),
    };
    Checkpoint::judge(
        "parameters.unsupported_identified_and_impact_assessed",
        open.is_empty(),
        message,
        json!({"parameters": facts.unsupported, "table": crate::table::table().dated}),
    )
}
