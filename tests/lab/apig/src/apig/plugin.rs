//! Plugin classes and their installation on gateways.

use std::sync::LazyLock;

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::reply;
use super::state::{Cx, State};
use crate::params::{fits, fits_part, flag, text, texts};

/// A plugin class of the platform.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PluginClass {
    pub(crate) name: String,
    pub(crate) alias: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) stage: String,
    pub(crate) priority: i64,
}

/// A class installed on a gateway.
#[derive(Debug)]
pub(crate) struct Plugin {
    pub(crate) class: String,
    pub(crate) gateway_id: String,
}

/// Version of every class of the platform.
pub(crate) const VERSION: &str = "1.0.0";
/// Where every class of the platform comes from.
pub(crate) const SOURCE: &str = "HigressOfficial";

static CLASSES: LazyLock<Vec<PluginClass>> = LazyLock::new(|| {
    // The table is part of the crate and a test reads it, so an unreadable one cannot be shipped.
    serde_json::from_str(include_str!("../data/plugin_classes.json")).unwrap_or_default()
});

impl PluginClass {
    /// Id of the class.
    pub(crate) fn id(&self) -> String {
        format!("pls-{}", self.name)
    }
}

/// The class with this name.
pub(crate) fn named(name: &str) -> Option<&'static PluginClass> {
    CLASSES.iter().find(|one| one.name == name)
}

fn by_id(id: &str) -> Result<&'static PluginClass, ApiError> {
    CLASSES.iter().find(|one| one.id() == id).ok_or_else(|| reply::gone("PluginClass", id))
}

/// `ListPluginClasses`.
pub(crate) fn classes(_: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let installed = |name: &str| {
        let gateway = text(query, "gatewayId")?;
        let found = state.plugins.iter().find(|(_, one)| one.class == name && one.gateway_id == gateway);
        found.map(|(id, _)| id.to_owned())
    };
    let items: Vec<Value> = CLASSES
        .iter()
        .filter(|one| {
            fits_part(query, "nameLike", &one.name)
                && fits_part(query, "aliasLike", &one.alias)
                && fits(query, "source", SOURCE)
                && fits(query, "type", &one.kind)
                && flag(query, "installed").is_none_or(|wanted| wanted == installed(&one.name).is_some())
        })
        .map(|one| {
            json!({
                "pluginClassId": one.id(),
                "name": one.name,
                "alias": one.alias,
                "description": one.alias,
                "type": one.kind,
                "source": SOURCE,
                "version": VERSION,
                "publishStatus": "Success",
                "installed": installed(&one.name).is_some(),
                "pluginId": installed(&one.name),
            })
        })
        .collect();
    reply::page(call, &items)
}

/// `GetPluginClass`.
pub(crate) fn class(_: &Cx<'_>, _: &mut State, call: &Call) -> Answer {
    let one = by_id(reply::path(call, "pluginClassId")?)?;
    reply::ok(json!({
        "name": one.name, "alias": one.alias, "description": one.alias, "type": one.kind, "publishStatus": "Success",
    }))
}

/// `InstallPlugin`.
pub(crate) fn install(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let class = by_id(text(&call.body, "pluginClassId").ok_or_else(|| reply::missing("pluginClassId"))?)?;
    let gateways = texts(&call.body, "gatewayIds");
    if gateways.is_empty() {
        return Err(reply::missing("gatewayIds"));
    }
    for gateway in &gateways {
        state.gateway(gateway)?;
        if state.plugins.iter().any(|(_, one)| one.class == class.name && one.gateway_id == *gateway) {
            return Err(reply::conflict(
                "PluginInstalled",
                format!("{} is installed on {gateway} already", class.name),
            ));
        }
    }
    gateways.iter().try_for_each(|gateway| state.write_to(cx, gateway))?;
    let mut results = Vec::new();
    for gateway in gateways {
        let id = state.plugins.add(Plugin { class: class.name.clone(), gateway_id: gateway.clone() });
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
        .filter_map(|(id, one)| named(&one.class).map(|class| (id, one, class)))
        .filter(|(_, one, class)| {
            fits(query, "gatewayId", &one.gateway_id)
                && fits(query, "pluginClassId", &class.id())
                && fits(query, "pluginClassName", &class.name)
        })
        .map(|(id, one, class)| {
            let gateway = state.gateways.get(&one.gateway_id);
            json!({
                "pluginId": id,
                "gatewayInfo": {"gatewayId": one.gateway_id, "name": gateway.map(|gateway| &gateway.name)},
                "pluginClassInfo": {
                    "pluginClassId": class.id(),
                    "name": class.name,
                    "alias": class.alias,
                    "source": SOURCE,
                    "version": VERSION,
                    "executeStage": class.stage,
                    "executePriority": class.priority.to_string(),
                },
            })
        })
        .collect();
    reply::page(call, &items)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_of_classes_can_be_read() {
        assert!(super::CLASSES.len() >= 20);
        assert!(super::named("key-auth").is_some());
    }
}
