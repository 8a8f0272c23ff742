//! The account of fields: which of the fields that the source answered with are known, and what
//! becomes of them. The table is data (`data/fields.json`), made from the API contract.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use gateshift_gateway_model::{Accounting, UnknownField};
use serde::Deserialize;
use serde_json::Value;

use crate::Answers;

/// Version of the table of known fields.
pub const KNOWN_FIELDS_VERSION: u32 = 1;

#[derive(Debug, Deserialize)]
struct Table {
    fields: BTreeMap<String, BTreeMap<String, String>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/fields.json"))
        .unwrap_or_else(|_| Table { fields: BTreeMap::new() })
});

/// Accounts for every field of every answer. Fields are counted once for each action and path.
#[must_use]
pub fn account(answers: &Answers) -> Accounting {
    let mut seen: BTreeSet<(&str, String, &'static str)> = BTreeSet::new();
    for answer in &answers.answers {
        walk(&answer.body, String::new(), &mut |path, kind| {
            seen.insert((answer.action.as_str(), path, kind));
        });
    }
    let mut known: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut unknown: BTreeMap<(&str, &str), UnknownField> = BTreeMap::new();
    for (action, path, kind) in &seen {
        if TABLE.fields.get(*action).is_some_and(|fields| fields.contains_key(path)) {
            known.insert((action, path));
        } else {
            unknown.entry((action, path)).or_insert_with(|| UnknownField {
                action: (*action).to_owned(),
                path: path.clone(),
                kind: (*kind).to_owned(),
            });
        }
    }
    Accounting {
        fields: (known.len() + unknown.len()) as u64,
        accounted: known.len() as u64,
        unknown: unknown.into_values().collect(),
    }
}

/// Calls `see` with the path and the kind of each field below `value`. Null says nothing, so it is
/// no field.
fn walk(value: &Value, path: String, see: &mut impl FnMut(String, &'static str)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter().filter(|(_, field)| !field.is_null()) {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                see(inner.clone(), kind(field));
                walk(field, inner, see);
            }
        }
        Value::Array(items) => {
            let inner = format!("{path}[]");
            for item in items.iter().filter(|item| !item.is_null()) {
                see(inner.clone(), kind(item));
                walk(item, inner.clone(), see);
            }
        }
        _ => {}
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{TABLE, account};
    use crate::{ACTIONS, Answers};

    #[test]
    fn the_table_covers_every_action() {
        for action in ACTIONS {
            assert!(TABLE.fields.get(*action).is_some_and(|fields| !fields.is_empty()), "{action}");
        }
    }

    #[test]
    fn a_planted_field_is_found_wherever_it_is() {
        let mut answers = Answers::default();
        answers.push("GetGatewayRouteDetail", "1", json!({"Success": true, "Data": {"Id": 1, "Name": "a"}}));
        let before = account(&answers);
        assert!(before.unknown.is_empty());
        assert_eq!(before.fields, before.accounted);
        for planted in [
            json!({"Data": {"Surprise": 1}}),
            json!({"Data": {"RouteServices": [{"Name": "x"}, {"Surprise": true}]}}),
            json!({"Surprise": {"a": 1}}),
        ] {
            let mut more = answers.clone();
            more.push("GetGatewayRouteDetail", "2", planted.clone());
            let account = account(&more);
            assert!(account.unknown.iter().any(|field| field.path.ends_with("Surprise")), "{planted}");
            assert!(account.fields > account.accounted);
        }
    }
}
