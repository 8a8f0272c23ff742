//! How services look in answers, health included.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_lab_kernel::{Answer, Call};
use serde_json::{Value, json};

use super::reply;
use super::service::Service;
use super::state::{Cx, State};
use crate::params::{fits, fits_part, text};

/// `GetService`.
pub(crate) fn get(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "serviceId")?;
    let service = state.services.get(id).ok_or_else(|| reply::gone("Service", id))?;
    reply::ok(view(cx, state, id, service))
}

/// `ListServices`.
pub(crate) fn list(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let kinds: Vec<&str> =
        text(query, "sourceTypes").map(|list| list.split(',').collect()).unwrap_or_default();
    let found: Vec<(&str, &Service)> = state
        .services
        .iter()
        .filter(|(_, one)| {
            fits(query, "gatewayId", &one.gateway_id)
                && fits_part(query, "name", &one.name)
                && fits(query, "sourceType", &one.kind)
                && (kinds.is_empty() || kinds.contains(&one.kind.as_str()))
                && fits(query, "resourceGroupId", one.resource_group_id.as_deref().unwrap_or_default())
        })
        .collect();
    reply::page_of(call, &found, |(id, one)| view(cx, state, id, one))
}

fn view(cx: &Cx<'_>, state: &State, id: &str, one: &Service) -> Value {
    let world = cx.cloud.world.lock();
    let upstream = world.upstreams.get(&one.upstream(state));
    let alive = upstream.is_some_and(|upstream| upstream.alive);
    let labels = upstream.map(|upstream| label_details(&upstream.instances)).unwrap_or_default();
    let versions: Vec<Value> = one
        .versions
        .iter()
        .map(|(name, labels)| {
            let labels: Vec<Value> =
                labels.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
            json!({"name": name, "labels": labels})
        })
        .collect();
    json!({
        "serviceId": id,
        "name": one.name,
        "gatewayId": one.gateway_id,
        "sourceType": one.kind,
        "namespace": one.namespace,
        "groupName": one.group_name,
        "qualifier": one.qualifier,
        "addresses": one.addresses,
        "dnsServers": one.dns_servers,
        "protocol": one.protocol,
        "ports": ports(one),
        "healthCheck": health_check(one),
        "healthStatus": if alive { "Healthy" } else { "Unhealthy" },
        "unhealthyEndpoints": if alive { json!([]) } else { json!(one.addresses) },
        "outlierDetection": one.outlier_detection,
        "outlierEndpoints": [],
        "healthyPanicThreshold": one.healthy_panic_threshold,
        "labelDetails": labels,
        "versions": versions,
        "resourceGroupId": one.resource_group_id,
        "createTimestamp": one.created_ms,
        "updateTimestamp": one.updated_ms,
    })
}

/// Answers leave out `expectedStatuses`, which requests have.
fn health_check(one: &Service) -> Value {
    let mut check = one.health_check.clone().unwrap_or_else(|| json!({"enable": false}));
    if let Some(check) = check.as_object_mut() {
        check.remove("expectedStatuses");
    }
    check
}

fn ports(one: &Service) -> Vec<Value> {
    if !one.ports.is_empty() {
        return one.ports.clone();
    }
    let numbers: BTreeSet<u16> =
        one.addresses.iter().filter_map(|address| address.rsplit_once(':')?.1.parse().ok()).collect();
    numbers
        .into_iter()
        .map(|port| json!({"name": format!("port-{port}"), "port": port, "protocol": "TCP"}))
        .collect()
}

fn label_details(instances: &[BTreeMap<String, String>]) -> Vec<Value> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, value) in instances.iter().flatten() {
        found.entry(key).or_default().insert(value);
    }
    found.into_iter().map(|(key, values)| json!({"key": key, "values": values})).collect()
}
