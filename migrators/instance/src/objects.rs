//! How the objects of this step are looked up and written: the gateway, and what lies around it.

use gateshift_sdk::api::{CallFailure, Host};
use gateshift_sdk::async_trait;
use gateshift_sdk::model::{Operation, StepError};
use gateshift_sdk::walk::{Applier, Found, Results, WriteFailure, Written};
use serde_json::{Value, json};

use crate::calls;
use crate::decide::TAG;
use crate::surroundings::{ELASTIC, RULE, is_rule};

/// Looks up and writes.
pub(crate) struct Objects;

#[async_trait]
impl Applier for Objects {
    async fn look_up(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
    ) -> Result<Option<Found>, StepError> {
        match operation.object.kind.as_str() {
            RULE => rule(host, operation, gateway_of(operation, results)?).await,
            ELASTIC => elastic(host, operation, gateway_of(operation, results)?).await,
            _ => gateway(host, operation).await,
        }
    }

    async fn write(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
        _: Option<&Found>,
    ) -> Result<Written, WriteFailure> {
        let (key, wanted) = (&operation.key, &operation.after.value());
        match operation.object.kind.as_str() {
            RULE => {
                let gateway = gateway_of(operation, results)?;
                calls::add_security_rule(host, key, gateway, wanted).await.map_err(sort)?;
                // The answer names no id: the list does.
                let found = rule(host, operation, gateway).await?;
                Ok(Written { id: found.map(|found| found.id), data: json!({"gateway": gateway}) })
            }
            ELASTIC => {
                let gateway = gateway_of(operation, results)?;
                calls::set_elastic_policy(host, key, gateway, wanted).await.map_err(sort)?;
                Ok(Written { id: Some(gateway.to_owned()), data: Value::Null })
            }
            _ => {
                let id = calls::create_gateway(host, key, &calls::create_body(wanted)).await?;
                Ok(Written { id: Some(id), data: Value::Null })
            }
        }
    }
}

/// Writes to a gateway are taken one at a time; a rule that is there is looked at.
fn sort(failure: CallFailure) -> WriteFailure {
    match failure.code() {
        Some(code) if code.starts_with("Conflict.LockFailed") => WriteFailure::Busy(failure.to_string()),
        Some(code) if code.contains("SecurityGroupRule") && code.contains("Exist") => {
            WriteFailure::Taken(failure.to_string())
        }
        _ => failure.into(),
    }
}

fn gateway_of<'a>(operation: &Operation, results: &'a Results) -> Result<&'a str, StepError> {
    match operation.waits_for.first() {
        Some(key) => results.id(key),
        None => {
            Err(StepError::permanent("GS-PLAN-ORDER", format!("`{}` waits for no gateway", operation.key))
                .with_hint("the plan was made with another version of this migrator; plan the step anew"))
        }
    }
}

async fn gateway(host: &dyn Host, operation: &Operation) -> Result<Option<Found>, StepError> {
    let wanted = &operation.after.value();
    let all = calls::list_gateways(host).await?;
    let found = match wanted["id"].as_str() {
        Some(id) => all.into_iter().find(|gateway| gateway.id == id),
        None => all
            .into_iter()
            .find(|gateway| gateway.name == operation.object.name && gateway.status != "Deleting"),
    };
    Ok(found.map(|gateway| {
        let tag = tag_of(wanted);
        let same_source = tag.is_none_or(|tag| gateway.tags.get(TAG).map(String::as_str) == Some(tag));
        let same = same_source && Some(gateway.vpc.as_str()) == wanted["vpc"].as_str();
        let difference = format!("it is in {} with tags {:?}", gateway.vpc, gateway.tags);
        Found { id: gateway.id, same, difference, data: Value::Null }
    }))
}

fn tag_of(wanted: &Value) -> Option<&str> {
    wanted["tags"].as_array()?.iter().find(|tag| tag["key"] == TAG)?["value"].as_str()
}

async fn rule(host: &dyn Host, operation: &Operation, gateway: &str) -> Result<Option<Found>, StepError> {
    let wanted = &operation.after.value();
    let rules = calls::security_rules(host, gateway).await?;
    let found = rules.into_iter().find(|rule| is_rule(wanted, rule));
    Ok(found.map(|rule| Found {
        id: rule["securityGroupRuleId"].as_str().unwrap_or_default().to_owned(),
        same: true,
        difference: String::new(),
        data: json!({"gateway": gateway}),
    }))
}

async fn elastic(host: &dyn Host, operation: &Operation, gateway: &str) -> Result<Option<Found>, StepError> {
    let found = calls::elastic_policy(host, gateway).await?;
    let wanted = operation.after.value();
    let wanted = wanted.as_object().into_iter().flatten();
    let different: Vec<&str> = wanted
        .filter(|(name, value)| found[name.as_str()] != **value)
        .map(|(name, _)| name.as_str())
        .collect();
    Ok(Some(Found {
        id: gateway.to_owned(),
        same: different.is_empty(),
        difference: format!("it differs in {}", different.join(", ")),
        data: Value::Null,
    }))
}
