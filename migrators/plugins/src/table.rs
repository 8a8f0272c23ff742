//! The guide's table of the provider's plugins, as data, with what is known of their order on the target.

use std::sync::LazyLock;

use serde::Deserialize;

/// The table.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Table {
    /// Date of the guide it was taken from.
    pub(crate) dated: String,
    /// Plugins of the provider.
    pub(crate) official: Vec<Official>,
}

/// A plugin of the provider.
#[derive(Debug, Deserialize)]
pub(crate) struct Official {
    /// Name at the source.
    pub(crate) name: String,
    /// The guide says that the target has it.
    pub(crate) supported: bool,
    /// The guide's name of it on the target.
    pub(crate) alias: Option<String>,
    /// Stage on the target, as far as documents tell.
    pub(crate) stage: Option<String>,
    /// Order inside the stage.
    pub(crate) priority: Option<i64>,
    /// What to use instead.
    pub(crate) substitute: Option<String>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/plugins.json")).unwrap_or_default());

/// The table that comes with this version.
pub(crate) fn table() -> &'static Table {
    &TABLE
}

/// The platform's plugin that runs scripts.
pub(crate) const LUA: &str = "lua";

/// Plugins that know callers: `consumers` and `global_auth` belong to the gateway, `allow` below it.
pub(crate) const CALLERS: &[&str] = &["key-auth", "basic-auth", "hmac-auth", "jwt-auth", "oauth"];

impl Table {
    /// The plugin of that name.
    pub(crate) fn find(&self, name: &str) -> Option<&Official> {
        self.official.iter().find(|one| one.name == name)
    }
}

/// Place of a target's stage in the order of execution.
pub(crate) fn stage_rank(stage: &str) -> Option<u8> {
    match stage {
        "AUTHN" => Some(0),
        "AUTHZ" => Some(1),
        "STATS" => Some(2),
        "UNSPECIFIED_PHASE" => Some(3),
        _ => None,
    }
}
