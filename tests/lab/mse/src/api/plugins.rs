//! Plugins. The list holds all that the product offers, installed or not; the rules of one are in
//! its detail, whose levels are numbered in one of two contradictory ways and whose times are
//! milliseconds written as text.

use gateshift_lab_kernel::ACCOUNT;
use serde_json::{Value, json};

use super::reply::{Refusal, Reply, data};
use super::request::Request;
use crate::scenario::{Level, PluginLanguage, PluginLevels, PluginPhase};
use crate::state::{Gateway, Plugin, PluginRule, State};

pub(crate) fn list(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let rows = gateway.plugins.iter().filter(|plugin| {
        request.integer("Category").is_none_or(|want| want == plugin.category)
            && request.text("Name").is_none_or(|want| plugin.spec.name.contains(want))
            && (request.flag("EnableOnly") != Some(true) || plugin.spec.enabled)
    });
    let rows = rows.map(|plugin| {
        let mut row = common(plugin);
        row["MaxVersion"] = plugin.spec.version.as_str().into();
        row["NewVersionPublishingFlag"] = false.into();
        if !plugin.spec.wasm_url.is_empty() {
            row["WasmFile"] = plugin.spec.wasm_url.as_str().into();
        }
        row
    });
    data(rows.collect::<Vec<_>>())
}

fn common(plugin: &Plugin) -> Value {
    let spec = &plugin.spec;
    json!({
        "Category": plugin.category,
        "ConfigCheck": "",
        "Id": plugin.id,
        "Mode": 0,
        "Name": spec.name,
        "Phase": phase(plugin.phase),
        "PrimaryUser": if spec.custom { ACCOUNT } else { "" },
        "Priority": plugin.priority,
        "PublishState": 1,
        "Status": if spec.enabled { "1" } else { "0" },
        "Summary": plugin.summary,
        "SummaryEn": plugin.summary,
        "Version": spec.version,
        "WasmLang": language(spec.language),
    })
}

fn phase(phase: PluginPhase) -> i64 {
    match phase {
        PluginPhase::Default => 0,
        PluginPhase::Authz => 1,
        PluginPhase::Authn => 2,
        PluginPhase::Stats => 3,
    }
}

fn language(language: PluginLanguage) -> i64 {
    match language {
        PluginLanguage::Cpp => 0,
        PluginLanguage::TinyGo => 1,
        PluginLanguage::Rust => 2,
        PluginLanguage::AssemblyScript => 3,
        PluginLanguage::Zig => 4,
    }
}

pub(crate) fn config(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let id = request.id("PluginId")?;
    let plugin = gateway.plugins.iter().find(|plugin| plugin.id == id).ok_or_else(|| no_plugin(id))?;
    let mut row = common(plugin);
    row["ConfigExample"] = plugin.example.as_str().into();
    row["ImageName"] = plugin.spec.name.as_str().into();
    row["Readme"] = plugin.summary.as_str().into();
    row["ReadmeEn"] = plugin.summary.as_str().into();
    row["Type"] = 0.into();
    row["VersionJson"] = json!([{ "id": 1, "version": plugin.spec.version }]).to_string().into();
    // Rules of routes come first, then those of domains, then that of the gateway.
    let mut rules = Vec::new();
    let levels = [
        (Level::Route, "RouteConfigStartIndex"),
        (Level::Domain, "DomainConfigStartIndex"),
        (Level::Gateway, "GatewayConfigStartIndex"),
    ];
    for (level, index) in levels {
        row[index] = rules.len().into();
        let of_level = plugin.rules.iter().filter(|rule| rule.level == level);
        rules.extend(of_level.map(|rule| rule_row(gateway, plugin, rule)));
    }
    row["GatewayConfigList"] = rules.into();
    data(row)
}

fn rule_row(gateway: &Gateway, plugin: &Plugin, rule: &PluginRule) -> Value {
    let resources: Vec<Value> = rule
        .resources
        .iter()
        .filter_map(|id| {
            let name = match rule.level {
                Level::Gateway => return None,
                Level::Domain => &gateway.domain(*id)?.spec.name,
                Level::Route => &gateway.route(*id)?.name,
            };
            Some(json!({ "Id": id, "Name": name }))
        })
        .collect();
    json!({
        "Config": rule.config,
        "ConfigLevel": level(rule.level, gateway.answers.plugin_levels),
        "Enable": rule.enabled,
        "GatewayId": gateway.id,
        "GatewayUniqueId": gateway.spec.id,
        "GmtCreate": rule.created_ms.to_string(),
        "GmtModified": rule.modified_ms.to_string(),
        "Id": rule.id,
        "PluginId": plugin.id,
        "ResourceList": resources,
    })
}

fn level(level: Level, numbering: PluginLevels) -> i64 {
    match (level, numbering) {
        (Level::Gateway, _) => 0,
        (Level::Domain, PluginLevels::DomainFirst) | (Level::Route, PluginLevels::RouteFirst) => 1,
        (Level::Route, PluginLevels::DomainFirst) | (Level::Domain, PluginLevels::RouteFirst) => 2,
    }
}

/// Changes the text of a rule, whether it is on, or both. Where it applies stays as it is.
pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Reply {
    let id = request.id("Id")?;
    let gateway = request.gateway_mut(state)?;
    let rule = gateway
        .plugins
        .iter_mut()
        .flat_map(|plugin| &mut plugin.rules)
        .find(|rule| rule.id == id)
        .ok_or_else(|| Refusal::missing(format!("rule {id} does not exist")).quietly())?;
    if let Some(config) = request.body_text("Config") {
        config.clone_into(&mut rule.config);
    }
    if let Some(enable) = request.flag("Enable") {
        rule.enabled = enable;
    }
    rule.modified_ms = request.now_ms;
    request.cloud.touch();
    data(id)
}

fn no_plugin(id: i64) -> Refusal {
    Refusal::missing(format!("plugin {id} does not exist")).quietly()
}
