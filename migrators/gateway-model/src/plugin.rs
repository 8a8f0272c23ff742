//! Plugins and their rules.

use gateshift_model::Sealed;
use serde::{Deserialize, Serialize};

use crate::Level;

/// When a plugin works on a request, first to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Who is it.
    Authentication,
    /// May it.
    Authorization,
    /// Counting.
    Statistics,
    /// Anything else.
    Default,
}

/// A plugin of the source gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plugin {
    /// Id at the source.
    pub id: String,
    /// Name, `key-auth`.
    pub name: String,
    /// The operator's own; otherwise the provider's.
    pub custom: bool,
    /// Category as the source numbers it.
    pub category: i64,
    /// When it works; absent when the source's number is unknown.
    #[serde(default)]
    pub stage: Option<Stage>,
    /// Order inside the stage, larger first.
    pub priority: i64,
    /// Version.
    #[serde(default)]
    pub version: String,
    /// Language as the source numbers it: 0 C++, 1 TinyGo, 2 Rust, 3 AssemblyScript, 4 Zig.
    #[serde(default)]
    pub language: Option<i64>,
    /// Where the source keeps its binary; such an address may carry a signature, so it is sealed.
    #[serde(default)]
    pub binary: Option<Sealed>,
    /// Where the source keeps its binary as an image.
    #[serde(default)]
    pub image: Option<String>,
    /// `Mode` as the source numbers it.
    #[serde(default)]
    pub mode: Option<i64>,
    /// What it does, in the source's words.
    #[serde(default)]
    pub summary: String,
    /// Switched on.
    pub enabled: bool,
    /// `PublishState` as the source numbers it.
    #[serde(default)]
    pub publish_state: Option<i64>,
    /// Its rules.
    pub rules: Vec<PluginRule>,
}

/// A rule of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginRule {
    /// Id at the source.
    pub id: String,
    /// Where it applies; absent when what the source says fits both kinds of object or neither.
    #[serde(default)]
    pub level: Option<Level>,
    /// The level as the source numbers it (its documents contradict each other).
    pub level_number: i64,
    /// What it names, as the source says: (id, name).
    #[serde(default)]
    pub resources: Vec<(String, String)>,
    /// Configuration, byte for byte: passwords and keys stand in it, so it is sealed.
    pub config: Sealed,
    /// In force.
    pub enabled: bool,
}
