//! Sources: registries bound to a gateway, and what can be imported from them.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Value, json};

use super::state::{Cx, State};
use super::{quota, reply};
use crate::params::{fits, fits_part, flag, int, string, text};

/// A registry bound to a gateway.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) gateway_id: String,
    /// `K8S` or `MSE_NACOS`.
    pub(crate) kind: String,
    /// Cluster id or Nacos instance id.
    pub(crate) registry: String,
    resource_group_id: Option<String>,
    created_ms: i64,
}

impl Source {
    /// Whether services can be imported.
    pub(crate) fn is_associated(&self, cx: &Cx<'_>) -> bool {
        cx.now >= self.created_ms + cx.options.timing.associating_ms
    }

    fn scheme(&self) -> &'static str {
        if self.kind == "K8S" { "k8s" } else { "nacos" }
    }
}

/// `CreateSource`: the association goes on after the answer.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let gateway = text(&call.body, "gatewayId").ok_or_else(|| reply::missing("gatewayId"))?;
    state.gateway(gateway)?;
    let (kind, section, field, scheme) = match text(&call.body, "type") {
        Some("K8S") => ("K8S", "k8sSourceConfig", "clusterId", "k8s"),
        Some("MSE_NACOS") => ("MSE_NACOS", "nacosSourceConfig", "instanceId", "nacos"),
        Some(other) => return Err(reply::bad("type", format!("{other} is not one of K8S, MSE_NACOS"))),
        None => return Err(reply::missing("type")),
    };
    let section = call.body.get(section).and_then(Value::as_object).ok_or_else(|| reply::missing(section))?;
    let registry = text(section, field).ok_or_else(|| reply::missing(field))?;
    if !registries(cx, scheme).contains(registry) {
        return Err(ApiError::new(
            404,
            "ErrServiceSourceNotFound",
            format!("the account has no {kind} {registry}"),
        ));
    }
    let taken = |one: &Source| one.gateway_id == gateway && one.kind == kind && one.registry == registry;
    if let Some((id, _)) = state.sources.iter().find(|(_, one)| taken(one)) {
        return Err(reply::conflict("SourceExisted", format!("{kind} {registry} is bound already as {id}")));
    }
    quota::check(state, gateway, "source")?;
    state.write_to(cx, gateway)?;
    let id = state.sources.add(Source {
        gateway_id: gateway.to_owned(),
        kind: kind.to_owned(),
        registry: registry.to_owned(),
        resource_group_id: string(&call.body, "resourceGroupId"),
        created_ms: cx.now,
    });
    state.count("source");
    reply::ok(json!({ "sourceId": id }))
}

/// First parts of the upstream names of a registry kind: cluster or instance ids.
fn registries(cx: &Cx<'_>, scheme: &str) -> BTreeSet<String> {
    let world = cx.cloud.world.lock();
    let prefix = format!("{scheme}://");
    let registry =
        |name: &String| name.strip_prefix(&prefix).and_then(|rest| rest.split('/').next()).map(str::to_owned);
    world.upstreams.keys().filter_map(registry).collect()
}

/// `GetSource`, which spells `k8SSourceInfo`.
pub(crate) fn get(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "sourceId")?;
    let source = state.sources.get(id).ok_or_else(|| reply::gone("Source", id))?;
    let mut view = view(cx, id, source, "k8SSourceInfo");
    view["gatewayId"] = json!(source.gateway_id);
    view["type"] = json!(source.kind);
    reply::ok(view)
}

/// `ListSources`, which spells `k8sSourceInfo`.
pub(crate) fn list(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let items: Vec<Value> = state
        .sources
        .iter()
        .filter(|(_, one)| {
            fits(&call.query, "gatewayId", &one.gateway_id) && fits(&call.query, "type", &one.kind)
        })
        .map(|(id, one)| view(cx, id, one, "k8sSourceInfo"))
        .collect();
    reply::page(call, &items)
}

fn view(cx: &Cx<'_>, id: &str, source: &Source, k8s_name: &str) -> Value {
    let mut view = json!({
        "sourceId": id,
        "name": source.registry,
        "associationStatus": if source.is_associated(cx) { "Associated" } else { "Associating" },
        "associationReason": "",
        "createTimestamp": source.created_ms,
        "updateTimestamp": source.created_ms,
        "resourceGroupId": source.resource_group_id,
    });
    if source.kind == "K8S" {
        view[k8s_name] = json!({"clusterId": source.registry});
    } else {
        let address = format!("{}-nacos-ans.mse.aliyuncs.com:8848", source.registry);
        view["nacosSourceInfo"] =
            json!({"instanceId": source.registry, "clusterId": source.registry, "address": address});
    }
    view
}

/// `DeleteSource`: refused while a service comes from it.
pub(crate) fn delete(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "sourceId")?;
    let source = state.sources.get(id).ok_or_else(|| reply::gone("Source", id))?;
    if let Some((_, service)) =
        state.services.iter().find(|(_, service)| service.source_id.as_deref() == Some(id))
    {
        return Err(reply::conflict(
            "SourceInUse",
            format!("source {id} is used by service {}; delete that first", service.name),
        ));
    }
    let gateway = source.gateway_id.clone();
    state.write_to(cx, &gateway)?;
    state.sources.remove(id);
    reply::done()
}

/// `ListK8sClusterSources`.
pub(crate) fn clusters(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    state.gateway(reply::path(call, "gatewayId")?)?;
    let items: Vec<Value> =
        registries(cx, "k8s").into_iter().map(|id| json!({"clusterId": id, "name": id})).collect();
    reply::ok(json!({ "items": items }))
}

/// `ListMseNacosSources`.
pub(crate) fn nacos_instances(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    state.gateway(reply::path(call, "gatewayId")?)?;
    let items: Vec<Value> =
        registries(cx, "nacos").into_iter().map(|id| json!({"instanceId": id, "name": id})).collect();
    reply::ok(json!({ "items": items }))
}

/// `ListExternalServices`: what the associated sources, and the function service, offer.
pub(crate) fn external_services(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let gateway = reply::path(call, "gatewayId")?;
    state.gateway(gateway)?;
    let kind = text(&call.query, "sourceType").ok_or_else(|| reply::missing("sourceType"))?;
    let prefixes: Vec<String> = match kind {
        "FC3" => vec!["fc3://".to_owned()],
        "SAE_K8S_SERVICE" => vec!["sae-k8s://".to_owned()],
        _ => state
            .sources
            .iter()
            .filter(|(_, one)| one.gateway_id == gateway && one.kind == kind && one.is_associated(cx))
            .map(|(_, one)| format!("{}://{}/", one.scheme(), one.registry))
            .collect(),
    };
    let mut limit =
        int(&call.query, "limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let imported = |namespace: &str, name: &str| {
        state.services.iter().any(|(_, one)| {
            one.gateway_id == gateway
                && one.kind == kind
                && one.name == name
                && one.namespace.as_deref().unwrap_or_default() == namespace
        })
    };
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let world = cx.cloud.world.lock();
    for rest in
        world.upstreams.keys().filter_map(|name| prefixes.iter().find_map(|one| name.strip_prefix(one)))
    {
        let (namespace, name) = match kind {
            "FC3" => ("", rest.split('@').next().unwrap_or(rest)),
            _ => (rest.split('/').next().unwrap_or_default(), rest.rsplit('/').next().unwrap_or_default()),
        };
        let wanted = fits_part(&call.query, "nameLike", name)
            && !(flag(&call.query, "importableOnly") == Some(true) && imported(namespace, name));
        let services = found.entry(namespace.to_owned()).or_default();
        let item = json!({"name": name, "namespace": namespace});
        if wanted && limit > 0 && !services.contains(&item) {
            services.push(item);
            limit -= 1;
        }
    }
    let items: Vec<Value> = found
        .into_iter()
        .filter(|(_, services)| !services.is_empty())
        .map(|(namespace, services)| {
            json!({"namespace": namespace, "namespaceShowName": namespace, "services": services})
        })
        .collect();
    reply::ok(json!({ "items": items }))
}
