//! Plugin classes: those of the platform, and an account's own, which take time to be published.

use std::sync::LazyLock;

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::reply;
use super::state::{Cx, State};
use crate::params::{fits, fits_part, flag, int, string, text};

/// A plugin class.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PluginClass {
    pub(crate) name: String,
    pub(crate) alias: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) stage: String,
    pub(crate) priority: i64,
    #[serde(skip, default = "first_version")]
    pub(crate) version: String,
    /// What an account's own class has beside that.
    #[serde(skip)]
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    description: Option<String>,
    language: String,
    url: String,
    published_ms: i64,
}

/// An account's own class.
#[derive(Debug)]
pub(crate) struct Custom(pub(crate) PluginClass);

/// Version of every class of the platform.
fn first_version() -> String {
    "1.0.0".to_owned()
}

/// The class about which the provider's pages contradict each other.
const GEO_IP: &str = "geo-ip";
const LANGUAGES: [&str; 5] = ["TinyGo", "Cpp", "Rust", "AssemblyScript", "Zig"];
const STAGES: [&str; 4] = ["AUTHN", "AUTHZ", "STATS", "UNSPECIFIED_PHASE"];

static CLASSES: LazyLock<Vec<PluginClass>> = LazyLock::new(|| {
    // The table is part of the crate and a test reads it, so an unreadable one cannot be shipped.
    let mut classes: Vec<PluginClass> =
        serde_json::from_str(include_str!("../data/plugin_classes.json")).unwrap_or_default();
    classes.push(PluginClass {
        name: GEO_IP.to_owned(),
        alias: "geography of addresses".to_owned(),
        kind: "Security".to_owned(),
        stage: "AUTHN".to_owned(),
        priority: 440,
        version: first_version(),
        own: None,
    });
    classes
});

impl PluginClass {
    /// Where it comes from.
    pub(crate) fn source(&self) -> &'static str {
        if self.own.is_some() { "Custom" } else { "HigressOfficial" }
    }

    /// Whether it can be installed yet.
    pub(crate) fn publish_status(&self, cx: &Cx<'_>) -> &'static str {
        match &self.own {
            Some(own) if cx.now < own.published_ms => "Publishing",
            Some(_) if cx.options.publishing_fails => "Failed",
            _ => "Success",
        }
    }

    /// What was uploaded, for comparing accounts by content.
    pub(crate) fn content(&self) -> Value {
        json!({
            "name": self.name, "alias": self.alias, "stage": self.stage, "priority": self.priority,
            "version": self.version,
            "description": self.own.as_ref().and_then(|own| own.description.as_ref()),
            "language": self.own.as_ref().map(|own| &own.language),
            "url": self.own.as_ref().map(|own| &own.url),
        })
    }
}

/// All classes that the account sees, with their ids.
fn all<'a>(cx: &Cx<'_>, state: &'a State) -> impl Iterator<Item = (String, &'a PluginClass)> + use<'a> {
    let (geo_ip, unlisted) = (cx.options.list_geo_ip, cx.options.unlisted_plugin.clone());
    let listed =
        move |one: &&PluginClass| (geo_ip || one.name != GEO_IP) && unlisted.as_ref() != Some(&one.name);
    let platform = CLASSES.iter().filter(listed);
    let own = state.classes.iter().map(|(id, one)| (id.to_owned(), &one.0));
    platform.map(|one| (format!("pls-{}", one.name), one)).chain(own)
}

/// The class with this name.
pub(crate) fn named<'a>(state: &'a State, name: &str) -> Option<&'a PluginClass> {
    let own = state.classes.iter().map(|(_, one)| &one.0);
    CLASSES.iter().chain(own).find(|one| one.name == name)
}

/// Id of the class with this name.
pub(crate) fn id_of(state: &State, name: &str) -> String {
    let own = state.classes.iter().find(|(_, one)| one.0.name == name);
    own.map_or_else(|| format!("pls-{name}"), |(id, _)| id.to_owned())
}

/// The class with this id.
pub(crate) fn by_id<'a>(cx: &Cx<'_>, state: &'a State, id: &str) -> Result<&'a PluginClass, ApiError> {
    let found = all(cx, state).find(|(known, _)| known == id).map(|(_, one)| one);
    found.ok_or_else(|| reply::gone("PluginClass", id))
}

/// `ListPluginClasses`.
pub(crate) fn list(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let query = &call.query;
    let installed = |name: &str| {
        let gateway = text(query, "gatewayId")?;
        let found = state.plugins.iter().find(|(_, one)| one.class == name && one.gateway_id == gateway);
        found.map(|(id, _)| id.to_owned())
    };
    let items: Vec<Value> = all(cx, state)
        .filter(|(_, one)| {
            fits_part(query, "nameLike", &one.name)
                && fits_part(query, "aliasLike", &one.alias)
                && fits(query, "source", one.source())
                && fits(query, "type", &one.kind)
                && flag(query, "installed").is_none_or(|wanted| wanted == installed(&one.name).is_some())
        })
        .map(|(id, one)| {
            json!({
                "pluginClassId": id,
                "name": one.name,
                "alias": one.alias,
                "description": one.own.as_ref().and_then(|own| own.description.as_ref()).unwrap_or(&one.alias),
                "type": one.kind,
                "source": one.source(),
                "version": one.version,
                "publishStatus": one.publish_status(cx),
                "installed": installed(&one.name).is_some(),
                "pluginId": installed(&one.name),
            })
        })
        .collect();
    reply::page(call, &items)
}

/// `GetPluginClass`.
pub(crate) fn get(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let one = by_id(cx, state, reply::path(call, "pluginClassId")?)?;
    let own = one.own.as_ref();
    reply::ok(json!({
        "name": one.name,
        "alias": one.alias,
        "description": own.and_then(|own| own.description.as_ref()).unwrap_or(&one.alias),
        "type": one.kind,
        "publishStatus": one.publish_status(cx),
        "wasmLanguage": own.map(|own| &own.language),
    }))
}

/// `CreatePluginClass`: it can be installed once it is published.
pub(crate) fn create(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let body = &call.body;
    let need = |name: &str| string(body, name).ok_or_else(|| reply::missing(name));
    let (name, stage, language) = (need("name")?, need("executeStage")?, need("wasmLanguage")?);
    if !STAGES.contains(&stage.as_str()) {
        return Err(reply::bad("executeStage", format!("{stage} is not one of {}", STAGES.join(", "))));
    }
    if !LANGUAGES.contains(&language.as_str()) {
        return Err(reply::bad("wasmLanguage", format!("{language} is not one of {}", LANGUAGES.join(", "))));
    }
    let priority = int(body, "executePriority").ok_or_else(|| reply::missing("executePriority"))?;
    if !(1..=1000).contains(&priority) {
        return Err(reply::bad("executePriority", format!("{priority} is not within 1 to 1000")));
    }
    if named(state, &name).is_some() {
        return Err(reply::conflict("PluginClassExisted", format!("plugin class {name} exists already")));
    }
    let class = PluginClass {
        alias: need("alias")?,
        kind: "Custom".to_owned(),
        version: need("version")?,
        own: Some(Own {
            description: Some(need("description")?),
            url: need("wasmUrl")?,
            language,
            published_ms: cx.now + cx.options.timing.publishing_ms,
        }),
        name,
        stage,
        priority,
    };
    need("versionDescription")?;
    let id = state.classes.add(Custom(class));
    state.count("pluginClass");
    reply::ok(json!({ "pluginClassId": id }))
}

/// `DeletePluginClass`: only one's own, and only when it is installed nowhere.
pub(crate) fn delete(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "pluginClassId")?;
    let class = by_id(cx, state, id)?;
    if class.own.is_none() {
        return Err(reply::detail(format!("{} belongs to the platform", class.name)));
    }
    if state.plugins.iter().any(|(_, one)| one.class == class.name) {
        return Err(reply::conflict(
            "PluginClassInUse",
            format!("{} is installed; uninstall it", class.name),
        ));
    }
    state.classes.remove(id);
    reply::done()
}

#[cfg(test)]
mod tests {
    use super::{CLASSES, GEO_IP};

    #[test]
    fn the_table_of_classes_can_be_read() {
        // Twenty-six of the guide's table, Lua, and the one that is listed on demand.
        assert_eq!(CLASSES.len(), 28);
        for absent in ["edas-service-auth", "try-path", "http2-misdirect"] {
            assert!(CLASSES.iter().all(|one| one.name != absent), "{absent}");
        }
        assert!(CLASSES.iter().any(|one| one.name == GEO_IP));
    }
}
