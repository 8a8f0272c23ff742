//! Sources of services: bound to the gateway, then waited for.

use gateshift_apig::convert;
use gateshift_gateway_model::{Source, SourceKind};
use gateshift_sdk::model::{Severity, Verb};
use serde_json::json;

use super::draft::Draft;

/// Adds every source that can be carried over. Services of the others are reported where they are.
pub(crate) fn add(draft: &mut Draft<'_>) {
    let all = !draft.given.settings.selects();
    for source in &draft.given.inventory.sources {
        let used = draft.services.iter().any(|service| service.source.as_deref() == Some(source.id.as_str()));
        // Its Ingress objects make routes of their own on the target.
        let follows = draft.given.settings.ingress && source.ingress;
        if used || all || follows {
            add_one(draft, source, used);
        }
    }
}

fn add_one(draft: &mut Draft<'_>, source: &Source, used: bool) {
    let object = format!("sources/{}", source.name);
    if let SourceKind::Other(kind) = &source.kind {
        let message = format!("the target has no source of kind {kind}");
        draft.find(
            Severity::Warn,
            "SRC-UNSUPPORTED",
            object,
            message,
            "routes that need its services are reported by themselves",
        );
        return;
    }
    if !source.usable {
        let severity = if used { Severity::Block } else { Severity::Warn };
        let message = "it is not bound to the source gateway or is invalid";
        draft.find(
            severity,
            "SRC-UNBOUND",
            object,
            message,
            "repair it at the source, or exclude the routes that need its services",
        );
        return;
    }
    let Some(body) = convert::source::body(source, &draft.given.target.gateway) else { return };
    let key = format!("source/{}", source.id);
    let existing = draft.given.observed.sources.iter().find(|view| convert::source::is(&body, view));
    let kind = body["type"].clone();
    match existing {
        Some(view) => draft.adopt(&key, "source", &source.name, body, &view.source_id),
        None => draft.operate(&key, Verb::Create, "source", &source.name, body),
    }
    let wait = json!({"sourceId": key, "type": kind});
    draft.operate(&format!("association/{}", source.id), Verb::Attach, "association", &source.name, wait);
    draft.facts.sources.insert(source.id.clone(), key);
}
