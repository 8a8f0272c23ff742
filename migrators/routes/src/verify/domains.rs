//! Domains: each is there, in every field as planned.

use gateshift_apig::convert;
use gateshift_sdk::model::{Checkpoint, StepError};
use serde_json::json;

use super::{Applied, some_of};

const NAME: &str = "routing.domains_created_and_resolve";

/// The answer. That the names are answered on the target is measured by the `verify` step.
pub(super) async fn check(applied: &Applied<'_>) -> Result<Checkpoint, StepError> {
    let (mut equal, mut wrong) = (Vec::new(), Vec::new());
    for operation in applied.of_kind("domain") {
        let name = operation.object.name.clone();
        let view = match applied.id(&operation.key) {
            Some(id) => applied.client.domain(id).await?,
            None => None,
        };
        match view.map(|view| convert::domain::difference(&operation.after.value(), &view)) {
            Some(None) => equal.push(name),
            Some(Some(difference)) => wrong.push(format!("{name}: {difference}")),
            None => wrong.push(format!("{name}: it is not there")),
        }
    }
    let message = if wrong.is_empty() {
        format!("{} domains read back as planned", equal.len())
    } else {
        format!(
            "{} of {} domains are not as planned: {}",
            wrong.len(),
            wrong.len() + equal.len(),
            some_of(&wrong)
        )
    };
    Ok(Checkpoint::judge(NAME, wrong.is_empty(), message, json!({"equal": equal, "different": wrong})))
}
