//! What the planner asks of the outside: which migrators and which kinds of connection there are.

use gateshift_model::{Finding, LibraryRef, MigratorName, StepError};
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

/// The migrator that a step uses.
#[derive(Debug, Clone, PartialEq)]
pub struct Used {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The file it comes from; none when the program has it linked in.
    pub library: Option<LibraryRef>,
    /// Whether the operator trusts it as far as the program itself.
    pub trusted: bool,
}

/// All that a workflow may refer to.
pub trait Catalogue {
    /// The manifest of that migrator.
    fn migrator(&self, name: &MigratorName) -> Option<Manifest>;

    /// The migrator that `uses:` means, by its name or by the path of its file; none when there is none. An
    /// error says why the one that is meant cannot be used.
    fn used(&self, uses: &str) -> Result<Option<Used>, StepError> {
        let manifest = MigratorName::new(uses).ok().and_then(|name| self.migrator(&name));
        Ok(manifest.map(|manifest| Used { manifest, library: None, trusted: true }))
    }

    /// As [`Catalogue::check_settings`], of the migrator that `uses:` means.
    fn check_used(&self, uses: &str, migrator: &MigratorName, settings: &Value) -> Vec<Finding> {
        let _ = uses;
        self.check_settings(migrator, settings)
    }

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
