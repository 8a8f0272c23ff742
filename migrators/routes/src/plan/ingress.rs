//! Sources whose Ingress objects configure the gateway: with the operator's consent they configure the
//! target, too. The addresses in their status stay the source's until traffic has moved.

use gateshift_gateway_model::{ManagedBy, Source, SourceKind};
use gateshift_sdk::model::{Severity, Verb};
use gateshift_sdk::name;
use serde_json::{Value, json};

use super::draft::Draft;

/// Adds an API of Ingress objects for each cluster that has them.
pub(crate) fn add(draft: &mut Draft<'_>) {
    if !draft.given.settings.ingress {
        return;
    }
    for source in &draft.given.inventory.sources {
        let Some(key) = draft.facts.sources.get(&source.id).cloned() else { continue };
        if source.ingress && source.kind == SourceKind::Kubernetes {
            add_one(draft, source, &key);
        }
    }
}

fn add_one(draft: &mut Draft<'_>, source: &Source, source_key: &str) {
    let name =
        name::plain(&format!("{}-ingress-{}", draft.facts.api.trim_start_matches("api/"), source.instance));
    let (key, object) = (format!("api/{name}"), format!("sources/{}", source.name));
    let routes = &draft.given.inventory.routes;
    let kept = routes.iter().filter(|route| route.managed_by == ManagedBy::Ingress).count();
    let message = format!(
        "its Ingress objects configure both gateways from now on ({kept} routes of the source come from Ingress objects); the address in their status stays the source's"
    );
    draft.find(
        Severity::Warn,
        "RTE-INGRESS",
        object.clone(),
        message,
        "when the shift is over, let the target write its address into the Ingress status (`overrideIngressIp`)",
    );
    let body = json!({
        "name": name,
        "type": "HttpIngress",
        "belongGatewayId": draft.given.target.gateway,
        "description": format!("Ingress objects of {}", source.instance),
        "ingressConfig": ingress_config(draft, source, source_key),
    });
    let Some(view) = draft.given.observed.ingress_apis.iter().find(|view| view.name == name) else {
        return draft.operate(&key, Verb::Create, "api", &name, body);
    };
    let difference = match draft.resolved(&body) {
        Some(body) => super::api_difference(&body, view),
        None => Some("it takes in another source".to_owned()),
    };
    match difference {
        None => draft.adopt(&key, "api", &name, body, &view.http_api_id),
        Some(difference) => draft.conflict("API-CONFLICT", object, &difference),
    }
}

fn ingress_config(draft: &Draft<'_>, source: &Source, source_key: &str) -> Value {
    let mut config = json!({
        "sourceId": source_key,
        "environmentId": draft.given.target.environment,
        "overrideIngressIp": false,
    });
    if let Some(class) = &source.ingress_class {
        config["ingressClass"] = json!(class);
    }
    if let Some(namespace) = &source.ingress_namespace {
        config["watchNamespace"] = json!(namespace);
    }
    config
}
