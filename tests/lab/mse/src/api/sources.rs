//! Registries: those the gateway is connected to, those it could be, and what they hold.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::reply::{Refusal, Reply, data};
use super::request::Request;
use crate::scenario::SourceType;
use crate::state::{Gateway, Source, State};
use crate::times;

pub(crate) fn list(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let rows: Vec<Value> = gateway
        .sources
        .iter()
        .filter(|source| request.text("Source").is_none_or(|want| want == token(source.spec.kind)))
        .map(|source| row(gateway, source))
        .collect();
    data(rows)
}

fn row(gateway: &Gateway, source: &Source) -> Value {
    let mut row = json!({
        "Address": address(source),
        "BindingWithGateway": i64::from(!source.spec.unbound),
        "GatewayId": gateway.id,
        "GatewayUniqueId": gateway.spec.id,
        "GmtCreate": times::local(source.created_ms),
        "GmtModified": times::local(source.created_ms),
        "GroupList": source.groups,
        "Id": source.id,
        "Invalid": source.spec.invalid,
        "Name": source.spec.name,
        "PathList": [],
        "Source": token(source.spec.kind),
        "SourceUniqueId": source.spec.id,
        "Type": kind(source.spec.kind),
    });
    if source.spec.kind == SourceType::K8s {
        let ingress = source.spec.ingress.clone().unwrap_or_default();
        row["IngressOptions"] = json!({
            "EnableIngress": source.spec.ingress.is_some(),
            "EnableStatus": ingress.status,
            "IngressClass": ingress.class,
            "WatchNamespace": ingress.namespace,
        });
    }
    row
}

/// Clusters that could be sources. The lab has those that are.
pub(crate) fn clusters(state: &State, request: &Request<'_>) -> Reply {
    let rows: Vec<Value> = candidates(state, request)?
        .filter(|source| source.spec.kind == SourceType::K8s)
        .map(|source| json!({ "Cluster": source.spec.id, "Name": source.spec.name }))
        .collect();
    data(rows)
}

/// Registry instances that could be sources. The lab has those that are.
pub(crate) fn registries(state: &State, request: &Request<'_>) -> Reply {
    let wanted = match request.text("Type") {
        None | Some("NACOS") => SourceType::Nacos,
        Some("ZOOKEEPER") => SourceType::Zookeeper,
        Some(other) => return Err(Refusal::invalid(format!("Type cannot be {other}"))),
    };
    let rows: Vec<Value> = candidates(state, request)?
        .filter(|source| source.spec.kind == wanted)
        .map(|source| {
            json!({
                "Address": address(source),
                "ClusterId": source.spec.id,
                "InstanceId": source.spec.id,
                "Name": source.spec.name,
                "Type": kind(wanted),
            })
        })
        .collect();
    data(rows)
}

/// Only registries in the VPC asked for can be connected.
fn candidates<'s>(
    state: &'s State,
    request: &Request<'_>,
) -> Result<impl Iterator<Item = &'s Source> + use<'s>, Refusal> {
    let gateway = request.gateway(state)?;
    let here = request.text("VpcId").is_none_or(|want| want == gateway.spec.vpc);
    Ok(gateway.sources.iter().filter(move |_| here))
}

/// What the registries hold, by namespace and group: whether the gateway uses it or not.
pub(crate) fn pull(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let source_id = request.integer("SourceId");
    let world = request.cloud.world.lock();
    let mut groups: BTreeMap<(&str, &str), Vec<Value>> = BTreeMap::new();
    for (instance, namespace, group, name) in
        world.upstreams.keys().filter_map(|upstream| registered(upstream))
    {
        let Some(source) = gateway.sources.iter().find(|source| source.spec.id == instance) else { continue };
        let token = token(source.spec.kind);
        let wanted = source_id.is_none_or(|id| id == source.id)
            && request.text("SourceType").is_none_or(|want| want.eq_ignore_ascii_case(token))
            && request.text("Namespace").is_none_or(|want| want == namespace);
        if wanted {
            groups.entry((namespace, group)).or_default().push(json!({
                "GroupName": group,
                "Name": name,
                "Namespace": namespace,
                "SourceId": source.id.to_string(),
                "SourceIdList": [source.id],
                "SourceType": token,
            }));
        }
    }
    let rows: Vec<Value> = groups
        .into_iter()
        .map(|((namespace, group), services)| {
            json!({
                "GroupName": group,
                "Namespace": namespace,
                "NamespaceShowName": namespace,
                "Services": services,
            })
        })
        .collect();
    data(rows)
}

/// Instance, namespace, group and name of an upstream that is in a registry.
fn registered(upstream: &str) -> Option<(&str, &str, &str, &str)> {
    let (_, rest) = upstream.split_once("://")?;
    let parts: Vec<&str> = rest.split('/').collect();
    match parts.as_slice() {
        [instance, namespace, name] => Some((instance, namespace, "", name)),
        [instance, namespace, group, name] => Some((instance, namespace, group, name)),
        _ => None,
    }
}

/// The API's word for a kind of registry.
pub(crate) fn token(kind: SourceType) -> &'static str {
    match kind {
        SourceType::K8s => "K8s",
        SourceType::Nacos => "MSE",
        SourceType::Zookeeper => "MSE_ZK",
        SourceType::Sae => "SAE",
        SourceType::Edas => "EDAS",
        SourceType::SaeK8s => "SAE_K8S_SERVICE",
    }
}

fn kind(kind: SourceType) -> &'static str {
    match kind {
        SourceType::K8s => "K8s",
        SourceType::Nacos => "NACOS",
        SourceType::Zookeeper => "ZOOKEEPER",
        SourceType::Sae => "SAE",
        SourceType::Edas => "EDAS",
        SourceType::SaeK8s => "SAE_K8S_SERVICE",
    }
}

/// The cluster id, or the end point of a registry.
fn address(source: &Source) -> String {
    let id = &source.spec.id;
    match source.spec.kind {
        SourceType::Nacos => format!("{id}-nacos-ans.mse.aliyuncs.com:8848"),
        SourceType::Zookeeper => format!("{id}-zk.mse.aliyuncs.com:2181"),
        SourceType::K8s | SourceType::Sae | SourceType::Edas | SourceType::SaeK8s => id.clone(),
    }
}
