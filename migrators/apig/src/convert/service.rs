//! Services, their settings and versions.

use gateshift_gateway_model::{HealthCheck, Service, ServiceKind, ServiceVersion};
use serde_json::{Value, json};

use super::compact;
use crate::wire::{ServiceView, VersionView};

/// The body of `CreateService` for one service; `source` is what its source is referred to by. `None`
/// when the target has no such kind.
#[must_use]
pub fn body(service: &Service, gateway: &str, source: Option<&str>) -> Option<Value> {
    let (kind, config) = match &service.kind {
        ServiceKind::Kubernetes { namespace } => {
            ("K8S", json!({"name": service.name, "namespace": namespace, "sourceId": source}))
        }
        ServiceKind::Nacos { namespace, group } => (
            "MSE_NACOS",
            json!({"name": service.name, "namespace": namespace, "groupName": group, "sourceId": source}),
        ),
        ServiceKind::ServerlessKubernetes { namespace } => {
            ("SAE_K8S_SERVICE", json!({"name": service.name, "namespace": namespace}))
        }
        ServiceKind::Fixed { addresses } => ("VIP", json!({"name": service.name, "addresses": addresses})),
        ServiceKind::Dns { addresses, servers } => {
            let servers = (!servers.is_empty()).then_some(servers);
            ("DNS", json!({"name": service.name, "addresses": addresses, "dnsServers": servers}))
        }
        ServiceKind::Function { service: Some(_), .. } | ServiceKind::Other { .. } => return None,
        ServiceKind::Function { function, qualifier, service: None } => {
            ("FC3", json!({"name": function, "qualifier": qualifier}))
        }
    };
    Some(json!({"gatewayId": gateway, "sourceType": kind, "serviceConfigs": [compact(config)]}))
}

/// The body of `UpdateService`: protocol and health checks, both always said, since the target's own
/// defaults are not documented.
#[must_use]
pub fn settings(service: &Service) -> Value {
    json!({
        "protocol": service.protocol,
        "healthCheckConfig": service.health_check.as_ref().map_or_else(|| json!({"enable": false}), health),
    })
}

fn health(check: &HealthCheck) -> Value {
    let statuses: Option<Vec<String>> =
        (!check.statuses.is_empty()).then(|| check.statuses.iter().map(u16::to_string).collect());
    compact(json!({
        "enable": true,
        "protocol": check.protocol,
        "interval": check.interval,
        "timeout": check.timeout,
        "healthyThreshold": check.healthy_threshold,
        "unhealthyThreshold": check.unhealthy_threshold,
        "httpHost": check.host,
        "httpPath": check.path,
        "expectedStatuses": statuses,
    }))
}

/// The body of `CreateServiceVersion`.
#[must_use]
pub fn version(version: &ServiceVersion) -> Value {
    let labels: Vec<Value> =
        version.labels.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    json!({"name": version.name, "labels": labels})
}

/// Whether a service that is there has the natural key of a body.
#[must_use]
pub fn is(body: &Value, view: &ServiceView) -> bool {
    let config = &body["serviceConfigs"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    text(&body["sourceType"]) == view.source_type
        && text(&config["name"]) == view.name
        && text(&config["namespace"]) == view.namespace.clone().unwrap_or_default()
        && text(&config["groupName"]) == view.group_name.clone().unwrap_or_default()
        && (config["qualifier"].is_null() || view.qualifier.as_deref() == config["qualifier"].as_str())
}

/// What a service with the natural key of a body differs in. Its source is not answered, so it cannot
/// be compared.
#[must_use]
pub fn difference(body: &Value, view: &ServiceView) -> Option<String> {
    let sorted = |list: &Value| {
        let mut list: Vec<String> =
            list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        list.sort();
        list
    };
    let config = &body["serviceConfigs"][0];
    for (name, found) in [("addresses", &view.addresses), ("dnsServers", &view.dns_servers)] {
        let (wanted, found) = (sorted(&config[name]), sorted(&json!(found)));
        if !config[name].is_null() && wanted != found {
            return Some(format!("{name} are {found:?} instead of {wanted:?}"));
        }
    }
    None
}

/// What the settings of a service that is there differ in. Expected statuses are never answered.
#[must_use]
pub fn settings_difference(body: &Value, view: &ServiceView) -> Option<String> {
    let mut wanted = body.clone();
    if let Some(check) = wanted["healthCheckConfig"].as_object_mut() {
        check.remove("expectedStatuses");
    }
    let check = view.health_check.clone().unwrap_or_else(|| json!({"enable": false}));
    let protocol = view.protocol.as_deref().unwrap_or("HTTP");
    crate::compare::difference(&wanted, &json!({"protocol": protocol, "healthCheckConfig": check}))
}

/// What a version that is there differs in.
#[must_use]
pub fn version_difference(body: &Value, view: &VersionView) -> Option<String> {
    let mut found: Vec<(&str, &str)> =
        view.labels.iter().map(|one| (one.key.as_str(), one.value.as_str())).collect();
    let labels = body["labels"].as_array().into_iter().flatten();
    let mut wanted: Vec<(&str, &str)> =
        labels.filter_map(|one| Some((one["key"].as_str()?, one["value"].as_str()?))).collect();
    found.sort_unstable();
    wanted.sort_unstable();
    (found != wanted).then(|| format!("labels are {found:?} instead of {wanted:?}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gateshift_gateway_model::{HealthCheck, LoadBalancing, Service, ServiceKind, ServiceVersion};
    use serde_json::{Value, json};

    use super::{body, difference, is, settings, settings_difference, version, version_difference};
    use crate::wire::{ServiceView, VersionView};

    fn service(kind: ServiceKind) -> Service {
        Service {
            id: "9".into(),
            name: "orders".into(),
            kind,
            source: None,
            fqdn: None,
            protocol: "GRPC".into(),
            port: Some(80),
            ports: vec![],
            health_check: Some(HealthCheck {
                protocol: "HTTP".into(),
                interval: 5,
                timeout: 2,
                healthy_threshold: 1,
                unhealthy_threshold: 3,
                host: None,
                path: Some("/up".into()),
                statuses: vec![200, 204],
            }),
            versions: vec![],
            load_balancing: LoadBalancing::default(),
            tls: None,
            port_policies: vec![],
            traffic_policy: Value::Null,
        }
    }

    fn kinds() -> Vec<ServiceKind> {
        vec![
            ServiceKind::Kubernetes { namespace: "shop".into() },
            ServiceKind::ServerlessKubernetes { namespace: "shop".into() },
            ServiceKind::Nacos { namespace: "public".into(), group: "DEFAULT_GROUP".into() },
            ServiceKind::Fixed { addresses: vec!["10.0.0.2:80".into(), "10.0.0.1:80".into()] },
            ServiceKind::Dns { addresses: vec!["b.internal:80".into()], servers: vec!["10.0.0.53".into()] },
            ServiceKind::Function { function: "orders".into(), qualifier: "prod".into(), service: None },
        ]
    }

    /// What the product answers about a service made from a body.
    fn answer(body: &Value, settings: &Value) -> ServiceView {
        let mut view = body["serviceConfigs"][0].clone();
        view["sourceType"] = body["sourceType"].clone();
        view["protocol"] = settings["protocol"].clone();
        view["healthCheck"] = settings["healthCheckConfig"].clone();
        view["healthCheck"].as_object_mut().unwrap().remove("expectedStatuses");
        serde_json::from_value(view).unwrap()
    }

    #[test]
    fn each_kind_is_recognised_again_and_no_other_is() {
        let all: Vec<(Value, ServiceView)> = kinds()
            .into_iter()
            .map(|kind| {
                let one = service(kind);
                let body = body(&one, "gw", Some("src-1")).unwrap();
                let view = answer(&body, &settings(&one));
                (body, view)
            })
            .collect();
        for (n, (body, _)) in all.iter().enumerate() {
            for (m, (_, view)) in all.iter().enumerate() {
                assert_eq!(is(body, view), n == m, "{body}");
            }
            assert_eq!(difference(body, &all[n].1), None);
        }
    }

    #[test]
    fn differences_show() {
        let one = service(kinds().remove(3));
        let (first, wanted) = (body(&one, "gw", None).unwrap(), settings(&one));
        let view = answer(&first, &wanted);
        assert_eq!(settings_difference(&wanted, &view), None);
        let moved = ServiceView { addresses: vec!["10.0.0.9:80".into()], ..view.clone() };
        assert!(difference(&first, &moved).is_some());
        let plain = ServiceView { protocol: Some("HTTP".into()), ..view.clone() };
        assert!(settings_difference(&wanted, &plain).is_some());
        let unchecked = ServiceView { health_check: None, ..view };
        assert!(settings_difference(&wanted, &unchecked).is_some());
    }

    #[test]
    fn functions_of_the_older_generation_and_unknown_kinds_have_no_body() {
        let old =
            ServiceKind::Function { function: "f".into(), qualifier: "1".into(), service: Some("s".into()) };
        assert!(body(&service(old), "gw", None).is_none());
        assert!(body(&service(ServiceKind::Other { name: "EDAS".into() }), "gw", None).is_none());
    }

    #[test]
    fn versions_are_compared_by_labels() {
        let one = ServiceVersion {
            name: "v1".into(),
            labels: BTreeMap::from([("a".into(), "1".into()), ("b".into(), "2".into())]),
        };
        let view: VersionView = serde_json::from_value(
            json!({"name": "v1", "labels": [{"key": "b", "value": "2"}, {"key": "a", "value": "1"}]}),
        )
        .unwrap();
        assert_eq!(version_difference(&version(&one), &view), None);
        assert!(version_difference(&version(&one), &VersionView::default()).is_some());
    }
}
