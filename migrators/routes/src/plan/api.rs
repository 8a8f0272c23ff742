//! The HTTP API that holds the routes. Names of APIs are unique in the account.

use gateshift_sdk::model::{Severity, Verb};
use serde_json::{Value, json};

use super::draft::Draft;
use gateshift_apig::wire::ApiView;

/// Adds the API.
pub(crate) fn add(draft: &mut Draft<'_>) {
    let name = draft.facts.api.trim_start_matches("api/").to_owned();
    let (key, object) = (draft.facts.api.clone(), format!("apis/{name}"));
    let origin = &draft.given.inventory.origin;
    let body = json!({
        "name": name,
        "type": "Http",
        "protocols": ["HTTP", "HTTPS"],
        "belongGatewayId": draft.given.target.gateway,
        "description": format!("routes of {} {}", origin.product, origin.gateway),
    });
    match draft.given.observed.apis.as_slice() {
        [] => draft.operate(&key, Verb::Create, "api", &name, body),
        [view] => match difference(&body, view) {
            None => draft.adopt(&key, "api", &name, body, &view.http_api_id),
            Some(difference) => draft.conflict("API-CONFLICT", object.clone(), &difference),
        },
        several => {
            let message = format!("{} APIs of this name exist in the account", several.len());
            draft.find(
                Severity::Block,
                "API-CONFLICT",
                object.clone(),
                message,
                "choose another name with the setting `api`",
            );
        }
    }
    if !draft.given.observed.other_apis.is_empty() {
        let message = format!(
            "the gateway holds other APIs ({}), whose routes are sorted together with these and may take their requests",
            draft.given.observed.other_apis.join(", ")
        );
        draft.find(
            Severity::Warn,
            "RTE-FOREIGN",
            object,
            message,
            "compare their domains and paths with the source's",
        );
    }
}

/// What an API that is there differs in.
pub(crate) fn difference(body: &Value, view: &ApiView) -> Option<String> {
    let mut protocols = view.protocols.clone();
    protocols.sort();
    let found = json!({
        "name": view.name,
        "type": if view.kind.is_empty() { "Http" } else { &view.kind },
        "protocols": protocols,
        "belongGatewayId": view.gateway_id,
        "description": view.description,
        "basePath": view.base_path,
        "deployConfigs": view.deploy_configs,
        "ingressConfig": view.ingress_info.as_ref().map(|info| {
            json!({
                "sourceId": info["sourceId"],
                "environmentId": info["environmentInfo"]["environmentId"],
                "ingressClass": info["ingressClass"],
                "watchNamespace": info["watchNamespace"],
                "overrideIngressIp": info["overrideIngressIp"].as_bool().unwrap_or(false),
            })
        }),
    });
    gateshift_apig::compare::difference(body, &found)
}
