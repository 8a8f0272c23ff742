//! Plugins of the gateway and their rules, and in which of its contradictory forms the API answers.

use serde::{Deserialize, Serialize};

use super::{is_default, is_true, yes};

/// An installed plugin. Of an official one the name is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugin {
    /// Name.
    pub name: String,
    /// It is the account's own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub custom: bool,
    /// When it runs; an official one's own when left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub phase: Option<PluginPhase>,
    /// Larger runs earlier; an official one's own when left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: Option<i64>,
    /// Version.
    #[serde(default = "first_version")]
    pub version: String,
    /// Language it is written in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub language: PluginLanguage,
    /// Where its binary is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wasm_url: String,
    /// Switched on.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// Its rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<PluginRule>,
}

impl Plugin {
    /// An official plugin without rules.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            custom: false,
            phase: None,
            priority: None,
            version: first_version(),
            language: PluginLanguage::default(),
            wasm_url: String::new(),
            enabled: true,
            rules: Vec::new(),
        }
    }
}

/// A rule of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginRule {
    /// Where it applies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub level: Level,
    /// Names of the domains or routes meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
    /// Its configuration: YAML, or a script of the Lua plugin.
    pub config: String,
    /// Switched on.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
}

/// Where a list or a plugin's rule applies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Everywhere.
    #[default]
    Gateway,
    /// On domains.
    Domain,
    /// On routes.
    Route,
}

/// When a plugin runs. In this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginPhase {
    /// Authentication.
    Authn,
    /// Authorisation.
    Authz,
    /// Statistics.
    Stats,
    /// No particular one, after all others.
    Default,
}

/// Language of a plugin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PluginLanguage {
    Cpp,
    #[default]
    TinyGo,
    Rust,
    AssemblyScript,
    Zig,
}

/// Where the API contradicts itself or changed over time: which form this account sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// How levels of plugin rules are numbered.
    #[serde(default, skip_serializing_if = "is_default")]
    pub plugin_levels: PluginLevels,
    /// Under which name rules of traffic are listed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub traffic_rules: TrafficRules,
}

/// How levels of plugin rules are numbered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PluginLevels {
    /// 1 domain, 2 route, as the remark on the answer says.
    #[default]
    DomainFirst,
    /// 1 route, 2 domain, as the remarks on the writes say.
    RouteFirst,
}

/// Under which name rules of traffic are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrafficRules {
    /// Each in both forms.
    #[default]
    Both,
    /// Each in the old form only.
    Old,
    /// Each in the new form only.
    New,
    /// One third in both, in the old and in the new form each.
    Mixed,
}

fn first_version() -> String {
    "1.0.0".to_owned()
}
