//! What is known of the source's parameters, as data: defaults, what needs a restart, and which have no
//! counterpart.

use std::sync::LazyLock;

use serde::Deserialize;

/// The table.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Table {
    /// Date of the guide it was taken from.
    pub(crate) dated: String,
    /// Parameters with a counterpart.
    pub(crate) known: Vec<Known>,
    /// Parameters without one.
    pub(crate) unsupported: Vec<Unsupported>,
}

/// A parameter with a counterpart.
#[derive(Debug, Deserialize)]
pub(crate) struct Known {
    /// Name.
    pub(crate) name: String,
    /// Value at the source while nobody sets it, where a document tells.
    pub(crate) default: Option<String>,
    /// A change acts after a restart.
    #[serde(default)]
    pub(crate) restart: bool,
}

/// A parameter without a counterpart.
#[derive(Debug, Deserialize)]
pub(crate) struct Unsupported {
    /// Name.
    pub(crate) name: String,
    /// What it means that it is on: nothing may be written before somebody took it on, or a warning.
    pub(crate) severity: Weight,
    /// What changes without it.
    pub(crate) effect: String,
    /// What to use instead.
    pub(crate) instead: String,
}

/// How much the loss of a parameter matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weight {
    /// Traffic may go elsewhere or be let in.
    Block,
    /// Only what people see of it changes.
    Warn,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/parameters.json")).unwrap_or_default());

/// The table that comes with this version.
pub(crate) fn table() -> &'static Table {
    &TABLE
}

impl Table {
    /// The parameter of that name.
    pub(crate) fn known(&self, name: &str) -> Option<&Known> {
        self.known.iter().find(|one| one.name == name)
    }
}
