//! The account of fields: which of the fields that the source answered with are known, and what
//! becomes of them. The table is data (`data/fields.json`), made from the API contract.

use std::collections::BTreeMap;
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
    let mut seen: BTreeMap<&str, BTreeMap<String, &'static str>> = BTreeMap::new();
    for answer in &answers.answers {
        let fields = seen.entry(answer.action.as_str()).or_default();
        walk(&answer.body(), &mut String::new(), &mut |path, kind| match fields.get_mut(path) {
            // A field of several kinds is one field.
            Some(known) => *known = kind.min(known),
            None => drop(fields.insert(path.to_owned(), kind)),
        });
    }
    let (mut fields, mut unknown) = (0, Vec::new());
    for (action, seen) in seen {
        let known = TABLE.fields.get(action);
        fields += seen.len();
        let strangers = seen.into_iter().filter(|(path, _)| known.is_none_or(|all| !all.contains_key(path)));
        unknown.extend(strangers.map(|(path, kind)| UnknownField {
            action: action.to_owned(),
            path,
            kind: kind.to_owned(),
        }));
    }
    Accounting { fields: fields as u64, accounted: (fields - unknown.len()) as u64, unknown }
}

/// Calls `see` with the path and the kind of each field below `value`, whose own path is `path`. Null says
/// nothing, so it is no field.
fn walk(value: &Value, path: &mut String, see: &mut impl FnMut(&str, &'static str)) {
    let length = path.len();
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter().filter(|(_, field)| !field.is_null()) {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                see(path, kind(field));
                walk(field, path, see);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            path.push_str("[]");
            for item in items.iter().filter(|item| !item.is_null()) {
                see(path, kind(item));
                walk(item, path, see);
            }
            path.truncate(length);
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
