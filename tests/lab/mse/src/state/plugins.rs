//! Plugins: those that the product offers on every gateway, and those that a gateway has.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::scenario::{self, Level, PluginPhase};

/// A plugin that the product offers.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Official {
    pub(crate) name: String,
    pub(crate) category: i64,
    pub(crate) phase: PluginPhase,
    pub(crate) priority: i64,
    pub(crate) summary: String,
    pub(crate) example: String,
    /// Shown only on gateways that have it.
    #[serde(default)]
    pub(crate) unlisted: bool,
}

static OFFICIAL: LazyLock<Vec<Official>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/official_plugins.json")).unwrap_or_default()
});

/// All plugins that the product offers.
pub(crate) fn official() -> &'static [Official] {
    &OFFICIAL
}

/// One of them.
pub(crate) fn official_named(name: &str) -> Option<&'static Official> {
    OFFICIAL.iter().find(|plugin| plugin.name == name)
}

/// A plugin of a gateway, installed or only on offer.
#[derive(Debug)]
pub(crate) struct Plugin {
    pub(crate) id: i64,
    pub(crate) spec: scenario::Plugin,
    pub(crate) category: i64,
    pub(crate) phase: PluginPhase,
    pub(crate) priority: i64,
    pub(crate) summary: String,
    pub(crate) example: String,
    pub(crate) rules: Vec<PluginRule>,
}

/// A rule of a plugin.
#[derive(Debug, Clone)]
pub(crate) struct PluginRule {
    pub(crate) id: i64,
    pub(crate) level: Level,
    /// Ids of the domains or routes meant.
    pub(crate) resources: Vec<i64>,
    pub(crate) config: String,
    pub(crate) enabled: bool,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
}

const PLUGIN_IDS: i64 = 101;
const CUSTOM_IDS: i64 = 8_001;
const RULE_IDS: i64 = 70_001;

/// The plugins of a gateway: all on offer in the order of the product, then its own.
pub(crate) fn build(
    installed: &[scenario::Plugin],
    created_ms: i64,
    resources: impl Fn(Level, &[String]) -> Vec<i64>,
) -> Vec<Plugin> {
    let mut rule_ids = RULE_IDS..;
    let mut rules = |spec: &scenario::Plugin| -> Vec<PluginRule> {
        let rules = spec.rules.iter().zip(&mut rule_ids);
        rules
            .map(|(rule, id)| PluginRule {
                id,
                level: rule.level,
                resources: resources(rule.level, &rule.on),
                config: rule.config.clone(),
                enabled: rule.enabled,
                created_ms,
                modified_ms: created_ms,
            })
            .collect()
    };
    let offered = (PLUGIN_IDS..).zip(official()).filter_map(|(id, official)| {
        let spec = installed.iter().find(|plugin| !plugin.custom && plugin.name == official.name);
        let spec = match spec {
            None if official.unlisted => return None,
            None => scenario::Plugin { enabled: false, ..scenario::Plugin::named(&official.name) },
            Some(spec) => spec.clone(),
        };
        Some(Plugin {
            id,
            category: official.category,
            phase: spec.phase.unwrap_or(official.phase),
            priority: spec.priority.unwrap_or(official.priority),
            summary: official.summary.clone(),
            example: official.example.clone(),
            rules: rules(&spec),
            spec,
        })
    });
    let mut all: Vec<Plugin> = offered.collect();
    all.extend((CUSTOM_IDS..).zip(installed.iter().filter(|plugin| plugin.custom)).map(|(id, spec)| {
        Plugin {
            id,
            category: 0,
            phase: spec.phase.unwrap_or(PluginPhase::Default),
            priority: spec.priority.unwrap_or(0),
            summary: spec.name.clone(),
            example: String::new(),
            rules: rules(spec),
            spec: spec.clone(),
        }
    }));
    all
}

#[cfg(test)]
mod tests {
    #[test]
    fn thirty_plugins_are_on_offer() {
        assert_eq!(super::official().iter().filter(|plugin| !plugin.unlisted).count(), 30);
    }
}
