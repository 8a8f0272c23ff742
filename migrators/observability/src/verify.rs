//! Answers for the three checkpoints by reading back.

use gateshift_gateway_model::TargetInstance;
use gateshift_sdk::api::Host;
use gateshift_sdk::model::{Checkpoint, CheckpointResult, Plan, StepError};
use serde_json::{Value, json};

use crate::alert::{differences, parameters};
use crate::apply::wish;
use crate::facts::Facts;
use crate::plan::{ALERTS, RULE, SWITCH, TRACING, console_of};
use crate::{calls, logs};

/// Answers.
pub(crate) async fn verify(
    host: &dyn Host,
    plan: &Plan,
    target: &TargetInstance,
) -> Result<Vec<Checkpoint>, StepError> {
    let facts = Facts::of(plan)?;
    Ok(vec![
        tracing(host, plan, &facts).await?,
        logs::verify(host, &facts, target).await?,
        alerts(host, plan, &facts).await?,
    ])
}

fn waived(name: &str) -> Checkpoint {
    Checkpoint::new(name, CheckpointResult::Waived, "left out by the setting `skip`", Value::Null)
}

async fn tracing(host: &dyn Host, plan: &Plan, facts: &Facts) -> Result<Checkpoint, StepError> {
    if facts.tracing.skipped {
        return Ok(waived(TRACING));
    }
    let Some(wish) = &facts.tracing.wanted else {
        return Ok(Checkpoint::new(
            TRACING,
            CheckpointResult::Pass,
            "the source does not trace",
            Value::Null,
        ));
    };
    let actual = calls::trace_config(host, &facts.gateway).await?;
    let differs = wish.differences(&actual);
    let evidence = json!({"wanted": wish, "actual": actual, "differs": differs});
    if differs.is_empty() {
        let message =
            format!("the target traces as the source does: {} percent of the requests", wish.sample);
        return Ok(Checkpoint::new(TRACING, CheckpointResult::Pass, message, evidence));
    }
    let place = console_of(&facts.region, &facts.name, &facts.gateway);
    let written = plan.operations.iter().any(|operation| operation.object.kind == SWITCH);
    let tried = if written { " (the parameters that were written did not bring it about)" } else { "" };
    let message = format!(
        "{place} > Tracing > Configure Tracing Analysis: {}; now {}{tried}",
        wish.values(),
        differs.join(", ")
    );
    Ok(Checkpoint::new(TRACING, CheckpointResult::Manual, message, evidence))
}

async fn alerts(host: &dyn Host, plan: &Plan, facts: &Facts) -> Result<Checkpoint, StepError> {
    if facts.alerts.skipped {
        return Ok(waived(ALERTS));
    }
    let present = match calls::rules(host, None).await? {
        Some(present) if facts.alerts.connected => present,
        _ => {
            let message = "give the step a connection `alerts` (aliyun/cms) in a new run, or add `alerts` to `skip`: \
                           without one no rule is read, made or checked";
            let evidence = json!({"connection": "none"});
            return Ok(Checkpoint::new(ALERTS, CheckpointResult::Manual, message, evidence));
        }
    };
    let mut wrong = Vec::new();
    let mut rules = Vec::new();
    for operation in plan.operations.iter().filter(|operation| operation.object.kind == RULE) {
        let wish = wish(operation)?;
        let found = present.iter().find(|rule| rule["RuleId"] == wish.id());
        let Some(found) = found else {
            wrong.push(format!("`{}` is missing", wish.name()));
            continue;
        };
        let mut differs = differences(&wish.parameters, &parameters(found));
        if found["EnableState"].as_bool().unwrap_or(true) != wish.enabled {
            differs.push(if wish.enabled { "it is not in force" } else { "it is in force" }.to_owned());
        }
        if !differs.is_empty() {
            wrong.push(format!("`{}`: {}", wish.name(), differs.join(", ")));
        }
        rules.push(json!({"id": wish.id(), "enabled": found["EnableState"], "state": found["AlertState"]}));
    }
    let message = match (wrong.is_empty(), rules.len(), facts.alerts.unmapped) {
        (false, _, _) => wrong.join("; "),
        (true, count, 0) => format!("{count} rules are there as planned; whether they fire was not tried"),
        (true, count, left) => format!(
            "{count} rules are there as planned, {left} of the source have no counterpart and are reported; whether \
             they fire was not tried"
        ),
    };
    Ok(Checkpoint::judge(ALERTS, wrong.is_empty(), message, json!({"rules": rules, "wrong": wrong})))
}
