//! Whether an object that is there equals the wanted one in every field that the plan sets.

use serde_json::Value;

/// The first difference in words; `None` when every wanted field is there with the wanted value.
/// Fields that are not wanted, or wanted as null, are not looked at.
#[must_use]
pub fn difference(wanted: &Value, found: &Value) -> Option<String> {
    walk("", wanted, found)
}

fn walk(path: &str, wanted: &Value, found: &Value) -> Option<String> {
    match (wanted, found) {
        (Value::Null, _) => None,
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().find_map(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            walk(&path, value, found.get(name).unwrap_or(&Value::Null))
        }),
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => wanted
            .iter()
            .zip(found)
            .enumerate()
            .find_map(|(at, (one, two))| walk(&format!("{path}[{at}]"), one, two)),
        (Value::Array(wanted), Value::Null) if wanted.is_empty() => None,
        _ if wanted == found => None,
        _ => Some(format!("{} is {found} instead of {wanted}", if path.is_empty() { "it" } else { path })),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::difference;

    #[test]
    fn only_wanted_fields_count() {
        let found = json!({"a": 1, "b": {"c": "x", "d": 2}, "e": [1, {"f": true, "g": 0}]});
        for same in [
            json!({}),
            json!({"a": 1}),
            json!({"a": null, "b": {"c": "x"}}),
            json!({"e": [1, {"f": true}]}),
            json!({"absent": []}),
        ] {
            assert_eq!(difference(&same, &found), None, "{same}");
        }
        for (other, path) in [
            (json!({"a": 2}), "a is 1"),
            (json!({"b": {"c": "y"}}), "b.c is"),
            (json!({"e": [1]}), "e is"),
            (json!({"e": [1, {"f": false}]}), "e[1].f is true"),
            (json!({"absent": [1]}), "absent is null"),
        ] {
            let text = difference(&other, &found).unwrap();
            assert!(text.starts_with(path), "{text}");
        }
    }
}
