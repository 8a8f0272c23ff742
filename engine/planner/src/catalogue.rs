//! What the planner asks of the outside: which migrators and which kinds of connection there are.

use gateshift_model::{Finding, MigratorName};
use gateshift_step_api::Manifest;
use serde_json::Value;

/// A kind of connection, as `uses:` of a connection names it.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionKindInfo {
    /// Its name.
    pub name: String,
    /// JSON Schema (2020-12) of its settings (`with:`).
    pub settings: Value,
}

/// All that a workflow may refer to.
pub trait Catalogue {
    /// The manifest of that migrator.
    fn migrator(&self, name: &MigratorName) -> Option<Manifest>;

    /// The names of all migrators.
    fn migrators(&self) -> Vec<MigratorName>;

    /// The kind of connection of that name.
    fn connection_kind(&self, name: &str) -> Option<ConnectionKindInfo>;

    /// The names of all kinds of connection.
    fn kinds(&self) -> Vec<String>;

    /// The migrator's own check of settings that fit its schema. A finding's object is a path inside
    /// the settings, `stages/2`.
    fn check_settings(&self, migrator: &MigratorName, settings: &Value) -> Vec<Finding>;

    /// Codes of findings that nobody can answer for.
    fn never_waived(&self) -> Vec<String> {
        Vec::new()
    }
}
