//! The rows that have to be shown: the guide's tables, its checkpoints, and the catalogue of findings.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The migration guide, as far as it is tables.
#[derive(Debug, Clone, Deserialize)]
pub struct Guide {
    /// Rows by table.
    pub tables: BTreeMap<String, Vec<Row>>,
    /// Levels of address lists at the target.
    pub list_levels: Vec<String>,
    /// How the target's consumers prove who they are.
    pub consumer_authentication: Vec<String>,
    /// What routes become at the target.
    pub route_targets: Vec<String>,
    /// Names of the checkpoints.
    pub checkpoints: Vec<String>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Row {
    /// Name in the rule pack.
    pub id: String,
    /// Name in the guide.
    pub name: String,
    /// The source has it.
    pub source: bool,
    /// The target has it.
    pub target: bool,
}

/// A code of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Code {
    /// The code.
    pub code: String,
    /// Severities that the reference allows it.
    pub severities: Vec<String>,
}

/// The guide.
///
/// # Panics
/// When the data is broken.
#[must_use]
pub fn guide() -> Guide {
    serde_json::from_str(include_str!("../data/guide.json")).unwrap()
}

/// The catalogue of findings.
///
/// # Panics
/// When the data is broken.
#[must_use]
pub fn codes() -> Vec<Code> {
    #[derive(Deserialize)]
    struct Catalogue {
        codes: Vec<Code>,
    }
    let catalogue: Catalogue = serde_json::from_str(include_str!("../data/findings.json")).unwrap();
    catalogue.codes
}

/// Rows and codes that no variant shows, each with the reason.
///
/// # Panics
/// When the data is broken.
#[must_use]
pub fn unprovoked() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("../data/unprovoked.json")).unwrap()
}

impl Guide {
    /// Every row as `table/id`; the lists beside the tables have rows, too.
    #[must_use]
    pub fn rows(&self) -> Vec<(String, Row)> {
        let tables = self.tables.iter();
        let rows = tables.flat_map(|(table, rows)| {
            rows.iter().map(move |row| (format!("{table}/{}", row.id), row.clone()))
        });
        let lists = [
            ("list_levels", &self.list_levels),
            ("consumer_authentication", &self.consumer_authentication),
            ("route_targets", &self.route_targets),
        ];
        let lists = lists.into_iter().flat_map(|(list, names)| {
            names.iter().map(move |name| {
                let row = Row { id: name.clone(), name: name.clone(), source: true, target: true };
                (format!("{list}/{name}"), row)
            })
        });
        rows.chain(lists).collect()
    }
}
