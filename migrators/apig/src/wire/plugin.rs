//! Answers about plugins and about features of the gateway, as types.

use serde::Deserialize;
use serde_json::Value;

/// A class of plugins. The list knows source and version, the detail the language.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PluginClassView {
    /// Id.
    pub plugin_class_id: String,
    /// Name.
    pub name: String,
    /// Name for people.
    pub alias: String,
    /// Free text.
    pub description: String,
    /// `HigressOfficial`, `HigressCommunity`, `Custom`.
    pub source: String,
    /// Newest version.
    pub version: String,
    /// `Publishing`, `Success`, `Failed`.
    pub publish_status: String,
    /// Language; only in the detail.
    pub wasm_language: Option<String>,
}

/// A class installed on a gateway.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PluginView {
    /// Id.
    pub plugin_id: String,
    /// Its class.
    pub plugin_class_info: InstalledClass,
}

/// The class of an installed plugin.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InstalledClass {
    /// Id.
    pub plugin_class_id: String,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// `AUTHN`, `AUTHZ`, `STATS`, `UNSPECIFIED_PHASE`.
    pub execute_stage: String,
    /// Order inside the stage; text in this answer, a number in another.
    pub execute_priority: Value,
}

impl InstalledClass {
    /// The order inside the stage as a number.
    #[must_use]
    pub fn priority(&self) -> Option<i64> {
        let value = &self.execute_priority;
        value.as_i64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
    }
}

/// A plugin's configuration somewhere.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PluginAttachmentView {
    /// Id.
    pub plugin_attachment_id: String,
    /// Plugin.
    pub plugin_id: String,
    /// In force.
    pub enable: bool,
    /// Base64 of the configuration.
    pub plugin_config: String,
    /// Kind of resource.
    pub attach_resource_type: String,
    /// Resources.
    pub resource_infos: Vec<ResourceInfo>,
}

/// A resource a plugin is attached to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceInfo {
    /// Id.
    pub resource_id: String,
}

/// A parameter of the gateway.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct FeatureView {
    /// Its value, always text; absent while it was never set.
    pub value: Option<String>,
    /// What it is.
    pub definition: FeatureDefinition,
}

/// What a parameter is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FeatureDefinition {
    /// Name on the wire, `enable-gzip`.
    pub name: String,
    /// Name for people, `EnableGzip`.
    pub display_name: String,
    /// `bool`, `string`, `int32`, `int64`, `json`, `array`, `float`.
    pub value_type: String,
    /// Value while it was never set.
    pub default_value: Option<String>,
    /// Smallest value, as text.
    pub min_value: Option<String>,
    /// Largest value, as text.
    pub max_value: Option<String>,
    /// Shortest text.
    pub min_length: Option<u64>,
    /// Longest text.
    pub max_length: Option<u64>,
    /// Form of the value.
    pub regex: Option<String>,
    /// Values it takes; none means any.
    pub value_options: Vec<FeatureOption>,
    /// It cannot be changed.
    pub read_only: bool,
}

/// A value a parameter takes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct FeatureOption {
    /// The value.
    pub key: String,
}

impl FeatureView {
    /// The value in force.
    #[must_use]
    pub fn effective(&self) -> &str {
        self.value.as_deref().or(self.definition.default_value.as_deref()).unwrap_or_default()
    }
}

/// The gateway itself.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayView {
    /// Id.
    pub gateway_id: String,
    /// `Running`, `Restarting` ...
    pub status: String,
    /// Version of its engine.
    pub version: String,
}
