//! The rule pack: the guide's support tables as dated data. What is supported, and what to do with the
//! rest, is decided by rows, never by code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gateshift_sdk::model::{Digest, digest_json};
use serde::Deserialize;
use serde_json::Value;

/// The tables, with the digest of all they were read from.
#[derive(Debug, Clone)]
pub struct Compat {
    pack: Pack,
    digest: Digest,
}

#[derive(Debug, Clone, Deserialize)]
struct Pack {
    guide: Guide,
    tables: Tables,
    /// What operators bring along, by kind: modules, and scripts for the platform's own plugin of that name.
    #[serde(default)]
    custom_plugins: BTreeMap<String, Custom>,
    parameters: Parameters,
    annotations: Annotations,
}

#[derive(Debug, Clone, Deserialize)]
struct Guide {
    last_updated: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Tables {
    sources: Table,
    services: Table,
    global_authentication: Table,
    official_plugins: Table,
}

#[derive(Debug, Clone, Deserialize)]
struct Table {
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Deserialize)]
struct Row {
    id: String,
    name: String,
    source_supported: bool,
    target_supported: bool,
    target_name: Option<String>,
    note: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Custom {
    target_supported: bool,
    note: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Annotations {
    sources: BTreeMap<String, Note>,
    services: BTreeMap<String, Note>,
    global_authentication: BTreeMap<String, Note>,
    official_plugins: BTreeMap<String, Note>,
    parameters: ParameterNotes,
}

/// What research adds to a row; the tokens are the source product's own.
#[derive(Debug, Clone, Deserialize)]
struct Note {
    #[serde(default, alias = "mse_source", alias = "mse_source_type")]
    tokens: Vec<String>,
    #[serde(default)]
    mse_type: Option<String>,
    action: String,
    #[serde(default)]
    substitute: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Parameters {
    unsupported: Vec<Row>,
}

#[derive(Debug, Clone, Deserialize)]
struct ParameterNotes {
    unsupported_effect: BTreeMap<String, Effect>,
}

/// What a parameter without a counterpart costs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Effect {
    /// What changes.
    pub risk: String,
    /// What to use instead.
    pub substitute: String,
    /// `block`, or `warn` when nothing depends on it but records.
    pub action: String,
}

/// What the tables say of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The guide's name of the kind.
    pub name: String,
    /// The target's name of it.
    pub target: Option<String>,
    /// The target takes it.
    pub supported: bool,
    /// It need not be made on the target at all.
    pub dropped: bool,
    /// What to use instead.
    pub substitute: Option<String>,
    /// The guide's note.
    pub note: String,
}

static BUILT_IN: LazyLock<Option<Compat>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/compat.json"))
        .ok()
        .and_then(|value| Compat::given(&value).ok())
});

impl Compat {
    /// The tables that come with this version; `None` only when they are damaged, which a test excludes.
    #[must_use]
    pub fn built_in() -> Option<&'static Self> {
        BUILT_IN.as_ref()
    }

    /// Tables that an operator gives instead.
    pub fn given(value: &Value) -> Result<Self, String> {
        let pack = Pack::deserialize(value).map_err(|error| error.to_string())?;
        Ok(Self { pack, digest: digest_json(value) })
    }

    /// The day on which the guide was last changed.
    #[must_use]
    pub fn updated(&self) -> &str {
        &self.pack.guide.last_updated
    }

    /// Digest of the whole rule pack.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The verdict on a source by the product's token for its kind; `None` for an unknown token.
    #[must_use]
    pub fn source(&self, token: &str) -> Option<Verdict> {
        by_token(&self.pack.tables.sources, &self.pack.annotations.sources, token)
    }

    /// The verdict on a service by the product's token for its kind; `None` for an unknown token.
    #[must_use]
    pub fn service(&self, token: &str) -> Option<Verdict> {
        by_token(&self.pack.tables.services, &self.pack.annotations.services, token)
    }

    /// The verdict on a kind of authentication for the whole gateway, by the product's token.
    #[must_use]
    pub fn authentication(&self, token: &str) -> Option<Verdict> {
        let table = &self.pack.tables.global_authentication;
        by_token(table, &self.pack.annotations.global_authentication, token)
    }

    /// The verdict on a plugin of the platform by its name; `None` when the guide does not list it.
    #[must_use]
    pub fn plugin(&self, name: &str) -> Option<Verdict> {
        let row = self.pack.tables.official_plugins.rows.iter().find(|row| row.id == name);
        let official = row.map(|row| verdict(row, self.pack.annotations.official_plugins.get(name)));
        official.or_else(|| {
            let scripts = self.pack.custom_plugins.get(name)?;
            Some(Verdict {
                name: name.to_owned(),
                target: None,
                supported: scripts.target_supported,
                dropped: false,
                substitute: None,
                note: scripts.note.clone(),
            })
        })
    }

    /// Parameters without a counterpart, with what they cost.
    pub fn unsupported_parameters(&self) -> impl Iterator<Item = (&str, Option<&Effect>)> {
        let effects = &self.pack.annotations.parameters.unsupported_effect;
        self.pack
            .parameters
            .unsupported
            .iter()
            .filter(|row| row.source_supported && !row.target_supported)
            .map(move |row| (row.name.as_str(), effects.get(&row.id)))
    }
}

fn by_token(table: &Table, notes: &BTreeMap<String, Note>, token: &str) -> Option<Verdict> {
    let (id, note) = notes.iter().find(|(_, note)| knows(note, token))?;
    let row = table.rows.iter().find(|row| &row.id == id)?;
    Some(verdict(row, Some(note)))
}

/// Tokens in the data may carry a remark: `SAE_K8S_SERVICE (token not confirmed)`.
fn knows(note: &Note, token: &str) -> bool {
    let tokens = note.tokens.iter().chain(&note.mse_type);
    tokens.filter_map(|one| one.split_whitespace().next()).any(|one| one.eq_ignore_ascii_case(token))
}

fn verdict(row: &Row, note: Option<&Note>) -> Verdict {
    Verdict {
        name: row.name.clone(),
        target: row.target_name.clone(),
        supported: row.target_supported,
        dropped: note.is_some_and(|note| note.action == "drop"),
        substitute: note.and_then(|note| note.substitute.clone()),
        note: row.note.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Compat;

    fn data() -> Value {
        serde_json::from_str(include_str!("../data/compat.json")).unwrap()
    }

    fn rows(table: &str) -> Vec<Value> {
        data()["tables"][table]["rows"].as_array().unwrap().clone()
    }

    #[test]
    fn every_row_of_the_four_tables_answers_as_it_says() {
        let (compat, data) = (Compat::built_in().unwrap(), data());
        let mut asked = 0;
        for (table, tokens) in [
            ("sources", "mse_source"),
            ("services", "mse_source_type"),
            ("global_authentication", "mse_type"),
        ] {
            for row in rows(table) {
                let note = &data["annotations"][table][row["id"].as_str().unwrap()];
                let all = note[tokens].as_array().cloned().unwrap_or_else(|| vec![note[tokens].clone()]);
                for token in all.iter().filter_map(Value::as_str).filter_map(|one| one.split(' ').next()) {
                    let verdict = match table {
                        "sources" => compat.source(token),
                        "services" => compat.service(token),
                        _ => compat.authentication(token),
                    };
                    let verdict = verdict.unwrap_or_else(|| panic!("{table}: {token}"));
                    assert_eq!(
                        (&json!(verdict.name), &json!(verdict.supported)),
                        (&row["name"], &row["target_supported"])
                    );
                    asked += 1;
                }
            }
        }
        for row in rows("official_plugins") {
            let verdict = compat.plugin(row["id"].as_str().unwrap()).unwrap();
            assert_eq!(
                (&json!(verdict.supported), &json!(verdict.target)),
                (&row["target_supported"], &row["target_name"])
            );
            assert!(verdict.supported || verdict.substitute.is_some(), "{}: no way out", verdict.name);
            asked += 1;
        }
        assert!(asked >= 6 + 9 + 4 + 30, "{asked}");
        assert!(compat.source("SAE_K8S_SERVICE").unwrap().dropped);
        assert!(compat.service("NEW_KIND").is_none() && compat.plugin("new-plugin").is_none());
        let unsupported: Vec<_> = compat.unsupported_parameters().collect();
        assert!(unsupported.len() == 4 && unsupported.iter().all(|(_, effect)| effect.is_some()));
        assert_eq!(compat.updated(), "2026-03-04");
    }

    #[test]
    fn the_plugin_that_runs_scripts_is_judged_by_its_own_row() {
        let built_in = Compat::built_in().unwrap();
        assert!(built_in.plugin("lua").unwrap().supported);
        let mut other = data();
        other["custom_plugins"]["lua"]["target_supported"] = json!(false);
        assert!(!Compat::given(&other).unwrap().plugin("lua").unwrap().supported);
    }

    #[test]
    fn another_rule_pack_judges_otherwise_and_has_another_digest() {
        let mut other = data();
        other["guide"]["last_updated"] = json!("2027-01-01");
        for row in other["tables"]["official_plugins"]["rows"].as_array_mut().unwrap() {
            if row["id"] == "geo-ip" {
                row["target_supported"] = json!(true);
            }
        }
        let other = Compat::given(&other).unwrap();
        let built_in = Compat::built_in().unwrap();
        assert!(other.plugin("geo-ip").unwrap().supported && !built_in.plugin("geo-ip").unwrap().supported);
        assert_ne!(other.digest(), built_in.digest());
        assert!(Compat::given(&json!({"format": 1})).unwrap_err().contains("guide"));
    }
}
