//! Writes the plan. A rule is written only where none of its id is: writing over one would change a rule of
//! somebody else.

use gateshift_gateway_model::Observed;
use gateshift_sdk::api::{Applied, Host, StepInput};
use gateshift_sdk::model::{Operation, OperationKey, Plan, StepError};
use gateshift_sdk::walk::{Applier, Found, Results, WriteFailure, Written, walk};
use gateshift_sdk::{async_trait, to_json};
use serde_json::Value;

use crate::alert::{AlertWish, differences, parameters};
use crate::calls;
use crate::facts::Facts;
use crate::plan::{RULE, RULE_OFF, SWITCH, by_hand};

/// Applies a plan.
pub(crate) async fn apply(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
    let facts = Facts::of(plan)?;
    let results = walk(host, input, plan, &Objects { gateway: &facts.gateway }).await?;
    let mut output = Observed { manual: by_hand(&facts, plan), ..Observed::default() };
    for (origin, key) in &facts.alerts.rules {
        output.alerts.insert(origin.clone(), results.id(&OperationKey::new(key.clone()))?.to_owned());
    }
    Ok(Applied::Done { output: to_json(&output), warnings: Vec::new() })
}

/// Looks up and writes the objects of this step.
pub(crate) struct Objects<'a> {
    pub(crate) gateway: &'a str,
}

/// The wish of an operation on a rule.
pub(crate) fn wish(operation: &Operation) -> Result<AlertWish, StepError> {
    serde_json::from_value(operation.after.value()).map_err(|error| {
        StepError::permanent("GS-PLAN-SHAPE", format!("`{}` is no alert rule: {error}", operation.key))
    })
}

/// The rule of an id.
pub(crate) async fn rule(host: &dyn Host, id: &str) -> Result<Option<Value>, StepError> {
    let rules = calls::rules(host, Some(id)).await?.unwrap_or_default();
    Ok(rules.into_iter().find(|rule| rule["RuleId"] == id))
}

#[async_trait]
impl Applier for Objects<'_> {
    async fn look_up(
        &self,
        host: &dyn Host,
        operation: &Operation,
        _: &Results,
    ) -> Result<Option<Found>, StepError> {
        if operation.object.kind == SWITCH {
            let features = calls::features(host, self.gateway).await?;
            let name = operation.object.name.as_str();
            let found = features.into_iter().find(|item| item["definition"]["name"] == name);
            return Ok(found.map(|item| Found {
                id: name.to_owned(),
                same: item["value"] == operation.after.value(),
                difference: format!("its value is {}", item["value"]),
                data: Value::Null,
            }));
        }
        let wish = wish(operation)?;
        let Some(there) = rule(host, wish.id()).await? else { return Ok(None) };
        let difference = match operation.object.kind.as_str() {
            RULE_OFF if there["EnableState"] == false => Vec::new(),
            RULE_OFF => vec!["it is in force".to_owned()],
            _ => differences(&wish.parameters, &parameters(&there)),
        };
        let (same, difference) = (difference.is_empty(), difference.join("; "));
        Ok(Some(Found { id: wish.id().to_owned(), same, difference, data: Value::Null }))
    }

    async fn write(
        &self,
        host: &dyn Host,
        operation: &Operation,
        results: &Results,
        _: Option<&Found>,
    ) -> Result<Written, WriteFailure> {
        let key = &operation.key;
        let id = match operation.object.kind.as_str() {
            SWITCH => {
                let (name, wanted) = (&operation.object.name, operation.after.value());
                let value = wanted.as_str().unwrap_or_default();
                calls::update_feature(host, key, self.gateway, name, value).await?;
                name.clone()
            }
            RULE => {
                let wish = wish(operation)?;
                if self.look_up(host, operation, results).await?.is_some() {
                    return Err(WriteFailure::Taken(format!("there is a rule {} already", wish.id())));
                }
                calls::put_rule(host, key, &wish.parameters).await?;
                wish.id().to_owned()
            }
            RULE_OFF => {
                let wish = wish(operation)?;
                calls::disable_rule(host, key, wish.id()).await?;
                wish.id().to_owned()
            }
            other => {
                let text =
                    format!("the plan names a kind of object `{other}` that this migrator does not know");
                return Err(StepError::permanent("GS-PLAN-SHAPE", text).into());
            }
        };
        Ok(Written { id: Some(id), data: Value::Null })
    }
}
