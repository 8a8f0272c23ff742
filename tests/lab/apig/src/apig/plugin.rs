//! Installation of plugin classes on gateways.

use gateshift_lab_kernel::{Answer, Call};
use serde_json::{Value, json};

use super::plugin_class::named;
use super::state::{Cx, State};
use super::{plugin_class, reply};
use crate::params::{fits, text, texts};

/// A class installed on a gateway.
#[derive(Debug)]
pub(crate) struct Plugin {
    pub(crate) class: String,
    pub(crate) gateway_id: String,
}

/// `InstallPlugin`.
pub(crate) fn install(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let wanted = text(&call.body, "pluginClassId").ok_or_else(|| reply::missing("pluginClassId"))?;
    let class = plugin_class::by_id(cx, state, wanted)?;
    if class.publish_status(cx) != "Success" {
        return Err(reply::conflict("PluginClassNotPublished", format!("{} is not published", class.name)));
    }
    let class = class.name.clone();
    let gateways = texts(&call.body, "gatewayIds");
    if gateways.is_empty() {
        return Err(reply::missing("gatewayIds"));
    }
    for gateway in &gateways {
        state.gateway(gateway)?;
        if state.plugins.iter().any(|(_, one)| one.class == class && one.gateway_id == *gateway) {
            return Err(reply::conflict(
                "PluginInstalled",
                format!("{class} is installed on {gateway} already"),
            ));
        }
    }
    gateways.iter().try_for_each(|gateway| state.write_to(cx, gateway))?;
    let mut results = Vec::new();
    for gateway in gateways {
        let id = state.plugins.add(Plugin { class: class.clone(), gateway_id: gateway.clone() });
        state.count("plugin");
        results.push(json!({"gatewayId": gateway, "pluginId": id}));
    }
    reply::ok(json!({ "installPluginResults": results }))
}

/// `UninstallPlugin`: refused while it is attached.
pub(crate) fn uninstall(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "pluginId")?;
    let gateway =
        state.plugins.get(id).map(|one| one.gateway_id.clone()).ok_or_else(|| reply::gone("Plugin", id))?;
    if let Some((mount, _)) = state.mounts.iter().find(|(_, one)| one.plugin_id == id) {
        return Err(reply::conflict(
            "PluginAttached",
            format!("plugin {id} is attached by {mount}; detach it first"),
        ));
    }
    state.write_to(cx, &gateway)?;
    state.plugins.remove(id);
    reply::done()
}

/// `ListPlugins`.
pub(crate) fn list(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let items: Vec<Value> = state
        .plugins
        .iter()
        .filter_map(|(id, one)| named(state, &one.class).map(|class| (id, one, class)))
        .filter(|(_, one, class)| {
            fits(query, "gatewayId", &one.gateway_id)
                && fits(query, "pluginClassId", &plugin_class::id_of(state, &class.name))
                && fits(query, "pluginClassName", &class.name)
        })
        .map(|(id, one, class)| {
            let gateway = state.gateways.get(&one.gateway_id);
            json!({
                "pluginId": id,
                "gatewayInfo": {"gatewayId": one.gateway_id, "name": gateway.map(|gateway| &gateway.name)},
                "pluginClassInfo": {
                    "pluginClassId": plugin_class::id_of(state, &class.name),
                    "name": class.name,
                    "alias": class.alias,
                    "source": class.source(),
                    "version": class.version,
                    "executeStage": class.stage,
                    "executePriority": class.priority.to_string(),
                },
            })
        })
        .collect();
    reply::page(call, &items)
}
