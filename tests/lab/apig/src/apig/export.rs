//! The account by content: names instead of ids, no times, sorted.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::state::{Cx, State};
use super::{feature, service::Service, telemetry};

/// Everything the account holds.
pub(crate) fn export(cx: &Cx<'_>, state: &State) -> Value {
    let mut out = Map::new();
    out.insert("gateways".to_owned(), gateways(state));
    out.insert("domains".to_owned(), domains(state));
    out.insert("sources".to_owned(), sources(state));
    out.insert("services".to_owned(), services(state));
    out.insert("httpApis".to_owned(), apis(state));
    out.insert("routes".to_owned(), routes(cx, state));
    out.insert("operations".to_owned(), operations(cx, state));
    out.insert("policies".to_owned(), policies(state));
    out.insert("plugins".to_owned(), plugins(state));
    out.insert("pluginClasses".to_owned(), state.classes.iter().map(|(_, one)| one.0.content()).collect());
    out.insert("consumers".to_owned(), consumers(state));
    let names = names(state);
    let mut whole = Value::Object(out);
    rename(&mut whole, &names);
    if let Some(lists) = whole.as_object_mut() {
        lists
            .values_mut()
            .filter_map(Value::as_array_mut)
            .for_each(|list| list.sort_by_cached_key(Value::to_string));
    }
    whole
}

/// A label for every id, so that contents of different accounts can be compared.
fn names(state: &State) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (id, one) in state.gateways.iter() {
        names.insert(id.to_owned(), one.name.clone());
        names.insert(one.environment_id.clone(), format!("environment of {}", one.name));
        names.insert(one.security_group.clone(), format!("group of {}", one.name));
    }
    for (id, one) in state.domains.iter() {
        let owner = one.gateway_id.as_deref().and_then(|id| state.gateways.get(id));
        names.insert(
            id.to_owned(),
            owner.map_or_else(|| one.name.clone(), |one| format!("sub-domain of {}", one.name)),
        );
    }
    for (id, one) in state.sources.iter() {
        names.insert(id.to_owned(), format!("{} {}", one.kind, one.registry));
    }
    for (id, one) in state.services.iter() {
        names.insert(id.to_owned(), service_label(state, one));
    }
    names.extend(state.apis.iter().map(|(id, one)| (id.to_owned(), one.name.clone())));
    names.extend(state.routes.iter().map(|(id, one)| (id.to_owned(), one.name.clone())));
    names.extend(state.operations.iter().map(|(id, one)| (id.to_owned(), one.content.name.clone())));
    names.extend(state.consumers.iter().map(|(id, one)| (id.to_owned(), one.name.clone())));
    names
}

/// Name and upstream, since names alone are unique only within a type and a namespace.
fn service_label(state: &State, one: &Service) -> String {
    format!("{} ({})", one.name, one.upstream(state))
}

fn rename(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = names.get(text) {
                text.clone_from(name);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::Object(map) => map.values_mut().for_each(|item| rename(item, names)),
        _ => {}
    }
}

fn gateways(state: &State) -> Value {
    state
        .gateways
        .iter()
        .map(|(_, one)| {
            let mut rules: Vec<Value> = one
                .rules
                .iter()
                .map(
                    |rule| json!({"group": rule.group, "ports": rule.ports, "description": rule.description}),
                )
                .collect();
            rules.sort_by_cached_key(Value::to_string);
            json!({
                "name": one.name,
                "spec": one.spec,
                "edition": one.edition,
                "type": one.kind,
                "chargeType": one.charge_type,
                "network": one.network,
                "vpcId": one.vpc_id,
                "zones": one.zones,
                "resourceGroupId": one.resource_group_id,
                "tags": one.tags,
                "slsEnabled": one.sls_enabled,
                "tracing": telemetry::content(one),
                "deleting": one.deleting_ms.is_some(),
                "securityGroupRules": rules,
                "elasticPolicy": one.elastic,
                "features": feature::changed(&one.features),
            })
        })
        .collect()
}

fn domains(state: &State) -> Value {
    let own = state.domains.iter().filter(|(_, one)| one.gateway_id.is_none());
    own.map(|(_, one)| json!({"name": one.name, "spec": one.spec})).collect()
}

fn sources(state: &State) -> Value {
    let view = |(_, one): (&str, &super::source::Source)| json!({"gateway": one.gateway_id, "type": one.kind, "registry": one.registry});
    state.sources.iter().map(view).collect()
}

fn services(state: &State) -> Value {
    state
        .services
        .iter()
        .map(|(_, one)| {
            json!({
                "gateway": one.gateway_id,
                "type": one.kind,
                "name": one.name,
                "namespace": one.namespace,
                "group": one.group_name,
                "qualifier": one.qualifier,
                "source": one.source_id,
                "addresses": one.addresses,
                "dnsServers": one.dns_servers,
                "protocol": one.protocol,
                "ports": one.ports,
                // Never asked for and switched off are one and the same.
                "healthCheck": one.health_check.as_ref().filter(|check| check["enable"] != json!(false)),
                "outlierDetection": one.outlier_detection,
                "healthyPanicThreshold": one.healthy_panic_threshold,
                "versions": one.versions,
            })
        })
        .collect()
}

fn apis(state: &State) -> Value {
    state
        .apis
        .iter()
        .map(|(_, one)| {
            json!({
                "name": one.name,
                "protocols": one.protocols,
                "description": one.description,
                "basePath": one.base_path,
                "type": one.kind,
                "removesBasePath": one.removes_base_path,
                "version": one.version,
                "deployConfigs": one.deploy_configs,
                "ingress": one.ingress,
                "gateway": one.gateway_id,
            })
        })
        .collect()
}

fn routes(cx: &Cx<'_>, state: &State) -> Value {
    state
        .routes
        .iter()
        .map(|(_, one)| {
            json!({
                "name": one.name,
                "api": one.api_id,
                "environment": one.environment_id,
                "content": one.content,
                "deployStatus": one.deploy_status(cx.now),
                "published": one.publication.as_ref().map(|publication| &publication.content),
                "asksConsumers": one.guard(cx.now).is_some(),
            })
        })
        .collect()
}

fn operations(cx: &Cx<'_>, state: &State) -> Value {
    state
        .operations
        .iter()
        .map(|(_, one)| {
            json!({
                "api": one.api_id,
                "name": one.content.name,
                "path": one.content.path,
                "method": one.content.method,
                "description": one.content.description,
                "mock": one.content.mock,
                "status": one.status(cx.now),
                "environment": one.publication.as_ref().map(|publication| &publication.environment_id),
                "deployment": one.publication.as_ref().map(|publication| &publication.deployment),
            })
        })
        .collect()
}

fn policies(state: &State) -> Value {
    state
        .policies
        .iter()
        .map(|(id, one)| {
            let points: Vec<Value> = state
                .attachments
                .of_policy(id)
                .map(|(_, attachment)| {
                    json!({
                        "type": attachment.kind,
                        "resources": attachment.resource_ids,
                        "environment": attachment.environment_id,
                        "gateway": attachment.gateway_id,
                    })
                })
                .collect();
            json!({
                "class": one.class,
                "name": one.name,
                "description": one.description,
                "config": one.config,
                "attachments": points,
            })
        })
        .collect()
}

fn plugins(state: &State) -> Value {
    state
        .plugins
        .iter()
        .map(|(id, one)| {
            let mounted = state.mounts.iter().filter(|(_, mount)| mount.plugin_id == id);
            let points: Vec<Value> = mounted
                .map(|(_, mount)| {
                    json!({
                        "type": mount.kind,
                        "resources": mount.resource_ids,
                        "enable": mount.enable,
                        "config": mount.config,
                    })
                })
                .collect();
            json!({"class": one.class, "gateway": one.gateway_id, "attachments": points})
        })
        .collect()
}

fn consumers(state: &State) -> Value {
    state
        .consumers
        .iter()
        .map(|(id, one)| {
            let rules = state.rules.iter().filter(|(_, rule)| rule.consumer_id == id);
            let mut rules: Vec<&str> = rules.map(|(_, rule)| rule.resource_id.as_str()).collect();
            // By name: ids differ from run to run.
            rules.sort_by_key(|id| state.routes.get(id).map_or(*id, |route| route.name.as_str()));
            json!({
                "name": one.name,
                "enable": one.enable,
                "description": one.description,
                "identities": one.identities,
                "routes": rules,
            })
        })
        .collect()
}
