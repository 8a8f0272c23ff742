//! Plugin attachments: a plugin's configuration on a gateway, a domain, an API or a route.

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde_json::{Value, json};

use super::mounted::{Written, written};
use super::state::{Cx, State};
use super::{environment, plugin_class, reply};
use crate::params::{fits, flag, string, text, texts};

/// A plugin attachment.
#[derive(Debug)]
pub(crate) struct Mount {
    pub(crate) plugin_id: String,
    pub(crate) gateway_id: String,
    pub(crate) environment_id: Option<String>,
    pub(crate) kind: String,
    pub(crate) resource_ids: Vec<String>,
    pub(crate) enable: bool,
    /// Base64 of YAML, kept byte for byte.
    pub(crate) config: String,
    /// The same, read.
    pub(crate) written: Written,
}

/// `CreatePluginAttachment`: off unless `enable` is given.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let body = &call.body;
    let plugin_id = text(body, "pluginId").ok_or_else(|| reply::missing("pluginId"))?;
    let gateway = text(body, "gatewayId").ok_or_else(|| reply::missing("gatewayId"))?;
    state.gateway(gateway)?;
    let installed = state.plugins.get(plugin_id).is_some_and(|one| one.gateway_id == gateway);
    if !installed {
        return Err(reply::gone("Plugin", plugin_id));
    }
    let kind = text(body, "attachResourceType").ok_or_else(|| reply::missing("attachResourceType"))?;
    let ids = texts(body, "attachResourceIds");
    check_resources(state, kind, &ids, gateway)?;
    let environment = string(body, "environmentId");
    if matches!(kind, "HttpApi" | "GatewayRoute") {
        let given = environment.as_deref().ok_or_else(|| reply::missing("environmentId"))?;
        state.gateway_of_environment(given)?;
    }
    let clash = state.mounts.iter().find(|(_, one)| {
        one.plugin_id == plugin_id && one.kind == kind && one.resource_ids.iter().any(|id| ids.contains(id))
    });
    if let Some((mount, _)) = clash {
        return Err(reply::conflict(
            "PluginAttachmentExisted",
            format!("{kind} has this plugin already, by {mount}"),
        ));
    }
    state.write_to(cx, gateway)?;
    let config = string(body, "pluginConfig").unwrap_or_default();
    let id = state.mounts.add(Mount {
        plugin_id: plugin_id.to_owned(),
        gateway_id: gateway.to_owned(),
        environment_id: environment,
        kind: kind.to_owned(),
        resource_ids: ids,
        enable: flag(body, "enable").unwrap_or(false),
        written: written(&config),
        config,
    });
    state.count("pluginAttachment");
    reply::ok(json!({ "pluginAttachmentId": id }))
}

fn check_resources(state: &State, kind: &str, ids: &[String], gateway: &str) -> Result<(), ApiError> {
    if ids.is_empty() {
        return Err(reply::missing("attachResourceIds"));
    }
    for id in ids {
        let (found, name) = match kind {
            "GatewayRoute" => (state.routes.get(id).is_some(), "Route"),
            "HttpApi" => (state.apis.get(id).is_some(), "HttpApi"),
            "Operation" => (state.operations.get(id).is_some(), "Operation"),
            "GatewayDomain" => (state.domains.get(id).is_some(), "Domain"),
            "Gateway" => (id == gateway, "Gateway"),
            other => {
                return Err(reply::bad(
                    "attachResourceType",
                    format!("{other} is not one of Gateway, GatewayDomain, HttpApi, GatewayRoute, Operation"),
                ));
            }
        };
        if !found {
            return Err(reply::gone(name, id));
        }
    }
    Ok(())
}

/// `UpdatePluginAttachment`.
pub(crate) fn update(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "pluginAttachmentId")?;
    let one = state.mounts.get(id).ok_or_else(|| reply::gone("PluginAttachment", id))?;
    let (gateway, kind) = (one.gateway_id.clone(), one.kind.clone());
    let ids = texts(&call.body, "attachResourceIds");
    if !ids.is_empty() {
        check_resources(state, &kind, &ids, &gateway)?;
    }
    state.write_to(cx, &gateway)?;
    let Some(one) = state.mounts.get_mut(id) else { return Err(reply::gone("PluginAttachment", id)) };
    if !ids.is_empty() {
        one.resource_ids = ids;
    }
    if let Some(enable) = flag(&call.body, "enable") {
        one.enable = enable;
    }
    if let Some(config) = string(&call.body, "pluginConfig") {
        one.written = written(&config);
        one.config = config;
    }
    reply::done()
}

/// `DeletePluginAttachment`.
pub(crate) fn delete(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "pluginAttachmentId")?;
    let gateway = state.mounts.get(id).map(|one| one.gateway_id.clone());
    state.write_to(cx, &gateway.ok_or_else(|| reply::gone("PluginAttachment", id))?)?;
    state.mounts.remove(id);
    reply::done()
}

/// `GetPluginAttachment`.
pub(crate) fn get(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "pluginAttachmentId")?;
    let one = state.mounts.get(id).ok_or_else(|| reply::gone("PluginAttachment", id))?;
    let mut view = view(state, id, one);
    if let Some(gateway) = state.gateways.get(&one.gateway_id) {
        view["gatewayInfo"] = environment::gateway_info(&one.gateway_id, gateway);
    }
    reply::ok(view)
}

/// `ListPluginAttachments`.
pub(crate) fn list(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let kinds: Vec<&str> =
        text(query, "attachResourceTypes").map(|list| list.split(',').collect()).unwrap_or_default();
    let found: Vec<(&str, &Mount)> = state
        .mounts
        .iter()
        .filter(|(_, one)| {
            fits(query, "gatewayId", &one.gateway_id)
                && fits(query, "pluginId", &one.plugin_id)
                && fits(query, "attachResourceType", &one.kind)
                && fits(query, "environmentId", one.environment_id.as_deref().unwrap_or_default())
                && (kinds.is_empty() || kinds.contains(&one.kind.as_str()))
                && text(query, "attachResourceId")
                    .is_none_or(|id| one.resource_ids.iter().any(|own| own == id))
        })
        .collect();
    reply::page_of(call, &found, |(id, one)| {
        let mut view = view(state, id, one);
        view["attachResourceType"] = json!(one.kind);
        view
    })
}

fn view(state: &State, id: &str, one: &Mount) -> Value {
    let class =
        state.plugins.get(&one.plugin_id).and_then(|plugin| plugin_class::named(state, &plugin.class));
    let class = class.map(|class| {
        json!({
            "pluginClassId": plugin_class::id_of(state, &class.name),
            "name": class.name,
            "alias": class.alias,
            "type": class.kind,
            "source": class.source(),
            "version": class.version,
            "executeStage": class.stage,
            "executePriority": class.priority,
        })
    });
    let resources: Vec<Value> = one
        .resource_ids
        .iter()
        .map(|id| json!({"resourceId": id, "resourceName": resource_name(state, id), "resourceType": one.kind}))
        .collect();
    let gateway = state.gateways.get(&one.gateway_id).filter(|_| one.environment_id.is_some());
    json!({
        "pluginAttachmentId": id,
        "pluginId": one.plugin_id,
        "enable": one.enable,
        "pluginConfig": one.config,
        "pluginClassInfo": class,
        "resourceInfos": resources,
        "environmentInfo": gateway.map(|gateway| environment::full(state, &one.gateway_id, gateway)),
    })
}

fn resource_name(state: &State, id: &str) -> Option<String> {
    let route = state.routes.get(id).map(|one| &one.name);
    let api = state.apis.get(id).map(|one| &one.name);
    let operation = state.operations.get(id).map(|one| &one.content.name);
    let domain = state.domains.get(id).map(|one| &one.name);
    route.or(api).or(operation).or(domain).or(state.gateways.get(id).map(|one| &one.name)).cloned()
}
