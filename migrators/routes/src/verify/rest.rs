//! REST APIs read back as planned, with operations that serve and their policies.

use gateshift_apig::convert::policy::ON_OPERATION;
use gateshift_sdk::model::StepError;

use super::{Applied, policies};

/// What they differ in.
pub(super) async fn differences(applied: &Applied<'_>) -> Result<Vec<String>, StepError> {
    let mut wrong = Vec::new();
    for fact in &applied.facts.rest {
        let name = fact.api.trim_start_matches("api/");
        let planned = applied.of_kind("api").find(|one| one.key.as_str() == fact.api);
        let views = applied.client.apis_named(name, "Rest").await?;
        let Some(view) = views.first() else {
            wrong.push(format!("{name}: it is not there"));
            continue;
        };
        // The API's own id is not in the output: its body refers to domains and services only.
        let wanted = planned.and_then(|operation| applied.wanted(operation));
        let difference = wanted.and_then(|wanted| crate::plan::api_difference(&wanted.body, view));
        wrong.extend(difference.map(|difference| format!("{name}: {difference}")));
        let operations = applied.client.operations(&view.http_api_id).await?;
        for key in fact.routes.values().flatten() {
            let id = applied.ids.get(key.as_str()).copied();
            let found = operations.iter().find(|one| Some(one.operation_id.as_str()) == id);
            let planned = applied.of_kind("operation").find(|one| one.key.as_str() == key);
            let difference = match (planned, found) {
                (Some(_), None) | (None, _) => Some("it is not there".to_owned()),
                (Some(_), Some(view)) if view.status != "Deployed" => {
                    Some(format!("its state is {} and it shall be published", view.status))
                }
                (Some(planned), Some(view)) => {
                    let mut body = planned.after.value();
                    if let Some(fields) = body.as_object_mut() {
                        fields.remove(crate::references::PARENT);
                    }
                    view.difference(&body)
                }
            };
            wrong.extend(difference.map(|difference| format!("{key}: {difference}")));
        }
    }
    if policies::planned(applied, ON_OPERATION).next().is_some() {
        let attached = applied.client.policies(ON_OPERATION, None).await?;
        wrong.extend(policies::differences(applied, ON_OPERATION, &attached));
    }
    Ok(wrong)
}
