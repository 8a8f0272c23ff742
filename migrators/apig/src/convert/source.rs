//! Service sources.

use gateshift_gateway_model::{Source, SourceKind};
use serde_json::{Value, json};

use crate::wire::SourceView;

/// The body of `CreateSource` for a gateway; `None` when the target has no such kind.
#[must_use]
pub fn body(source: &Source, gateway: &str) -> Option<Value> {
    match source.kind {
        SourceKind::Kubernetes => Some(
            json!({"gatewayId": gateway, "type": "K8S", "k8sSourceConfig": {"clusterId": source.instance}}),
        ),
        SourceKind::Nacos => Some(
            json!({"gatewayId": gateway, "type": "MSE_NACOS", "nacosSourceConfig": {"instanceId": source.instance}}),
        ),
        SourceKind::Other(_) => None,
    }
}

/// Whether a source that is there is the cluster or registry a body names.
#[must_use]
pub fn is(body: &Value, view: &SourceView) -> bool {
    let named = |info: &Option<Value>, field: &str| {
        info.as_ref().and_then(|info| info[field].as_str()).map(str::to_owned)
    };
    let same = |wanted: &Value, found: Option<String>| {
        wanted.as_str().is_some() && wanted.as_str() == found.as_deref()
    };
    match body["type"].as_str() {
        Some("K8S") => same(&body["k8sSourceConfig"]["clusterId"], named(&view.k8s_source_info, "clusterId")),
        _ => same(&body["nacosSourceConfig"]["instanceId"], named(&view.nacos_source_info, "instanceId")),
    }
}

/// How far an association is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Association {
    /// Services can be imported.
    Made,
    /// It failed.
    Failed,
    /// It is not there yet, or in a state without a known meaning.
    Open,
}

/// What the state of a source says. The good token is not documented; an unknown one is left open.
#[must_use]
pub fn association(view: &SourceView) -> Association {
    const GOOD: &[&str] = &["Associated", "Success", "Succeeded", "Normal", "Running", "Available", "Bound"];
    let status = view.association_status.as_str();
    let lower = status.to_ascii_lowercase();
    let reason = view.association_reason.as_deref().is_some_and(|reason| !reason.is_empty());
    if ["fail", "error", "invalid"].iter().any(|part| lower.contains(part))
        || (reason && !GOOD.contains(&status))
    {
        Association::Failed
    } else if GOOD.contains(&status) {
        Association::Made
    } else {
        Association::Open
    }
}

#[cfg(test)]
mod tests {
    use gateshift_gateway_model::{Source, SourceKind};
    use serde_json::json;

    use super::{Association, association, body, is};
    use crate::wire::SourceView;

    fn source(kind: SourceKind) -> Source {
        Source {
            id: "1".into(),
            name: "n".into(),
            kind,
            instance: "c-1".into(),
            usable: true,
            ingress: false,
            ingress_class: None,
            ingress_namespace: None,
        }
    }

    #[test]
    fn both_kinds_are_recognised_in_both_spellings() {
        let k8s = body(&source(SourceKind::Kubernetes), "gw").unwrap();
        let nacos = body(&source(SourceKind::Nacos), "gw").unwrap();
        assert!(body(&source(SourceKind::Other("SAE".into())), "gw").is_none());
        let listed: SourceView =
            serde_json::from_value(json!({"k8sSourceInfo": {"clusterId": "c-1"}})).unwrap();
        let detail: SourceView =
            serde_json::from_value(json!({"k8SSourceInfo": {"clusterId": "c-1"}})).unwrap();
        let registry: SourceView =
            serde_json::from_value(json!({"nacosSourceInfo": {"instanceId": "c-1"}})).unwrap();
        assert!(is(&k8s, &listed) && is(&k8s, &detail) && is(&nacos, &registry));
        assert!(!is(&k8s, &registry) && !is(&nacos, &listed) && !is(&nacos, &SourceView::default()));
    }

    #[test]
    fn only_known_words_count_as_associated() {
        for (status, reason, result) in [
            ("Associated", "", Association::Made),
            ("Associating", "", Association::Open),
            ("", "", Association::Open),
            ("Whatever", "", Association::Open),
            ("AssociateFailed", "", Association::Failed),
            ("Associating", "no permission", Association::Failed),
        ] {
            let view = SourceView {
                association_status: status.to_owned(),
                association_reason: Some(reason.to_owned()),
                ..SourceView::default()
            };
            assert_eq!(association(&view), result, "{status} {reason}");
        }
    }
}
