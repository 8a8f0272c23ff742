//! The support tables as data: which kinds of sources and services the target takes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The tables.
#[derive(Debug, Deserialize)]
pub struct Compat {
    tables: Tables,
    annotations: Annotations,
    parameters: Parameters,
}

#[derive(Debug, Deserialize)]
struct Tables {
    sources: Table,
    services: Table,
}

#[derive(Debug, Deserialize)]
struct Table {
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    name: String,
    target_supported: bool,
    note: String,
}

#[derive(Debug, Deserialize)]
struct Annotations {
    sources: BTreeMap<String, SourceNote>,
    services: BTreeMap<String, ServiceNote>,
}

#[derive(Debug, Deserialize)]
struct SourceNote {
    mse_source: Vec<String>,
    action: String,
    #[serde(default)]
    substitute: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ServiceNote {
    mse_source_type: Vec<String>,
    #[serde(default)]
    substitute: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Parameters {
    unsupported: Vec<ParameterRow>,
}

#[derive(Debug, Deserialize)]
struct ParameterRow {
    name: String,
}

/// What the tables say of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The guide's name of the kind.
    pub name: String,
    /// The target takes it.
    pub supported: bool,
    /// It need not be made on the target at all.
    pub dropped: bool,
    /// What to use instead.
    pub substitute: Option<String>,
    /// The guide's note.
    pub note: String,
}

static COMPAT: LazyLock<Option<Compat>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/compat.json")).ok());

impl Compat {
    /// The tables that come with this version; `None` only when they are damaged, which a test excludes.
    #[must_use]
    pub fn built_in() -> Option<&'static Self> {
        COMPAT.as_ref()
    }

    /// The verdict on a source by the product's token for its kind; `None` for an unknown token.
    #[must_use]
    pub fn source(&self, token: &str) -> Option<Verdict> {
        let (id, note) = self.annotations.sources.iter().find(|(_, note)| knows(&note.mse_source, token))?;
        let row = self.tables.sources.rows.iter().find(|row| &row.id == id)?;
        Some(verdict(row, note.action == "drop", note.substitute.clone()))
    }

    /// The verdict on a service by the product's token for its kind; `None` for an unknown token.
    #[must_use]
    pub fn service(&self, token: &str) -> Option<Verdict> {
        let (id, note) =
            self.annotations.services.iter().find(|(_, note)| knows(&note.mse_source_type, token))?;
        let row = self.tables.services.rows.iter().find(|row| &row.id == id)?;
        Some(verdict(row, false, note.substitute.clone()))
    }

    /// Parameters without a counterpart.
    pub fn unsupported_parameters(&self) -> impl Iterator<Item = &str> {
        self.parameters.unsupported.iter().map(|row| row.name.as_str())
    }
}

/// Tokens in the data may carry a remark: `SAE_K8S_SERVICE (token not confirmed)`.
fn knows(tokens: &[String], token: &str) -> bool {
    tokens.iter().filter_map(|one| one.split_whitespace().next()).any(|one| one.eq_ignore_ascii_case(token))
}

fn verdict(row: &Row, dropped: bool, substitute: Option<String>) -> Verdict {
    Verdict {
        name: row.name.clone(),
        supported: row.target_supported,
        dropped,
        substitute,
        note: row.note.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::Compat;

    #[test]
    fn every_row_of_both_tables_answers_by_its_tokens() {
        let compat = Compat::built_in().unwrap();
        let supported = |token: &str| compat.service(token).unwrap().supported;
        for token in ["K8s", "MSE", "VIP", "DNS", "SAE_K8S_SERVICE"] {
            assert!(supported(token), "{token}");
        }
        for token in ["MSE_ZK", "SAE", "EDAS"] {
            assert!(!supported(token), "{token}");
            assert!(!compat.source(token).unwrap().supported, "{token}");
        }
        assert!(compat.source("SAE_K8S_SERVICE").unwrap().dropped);
        assert!(compat.service("NEW_KIND").is_none());
        assert_eq!(compat.unsupported_parameters().count(), 4);
    }
}
