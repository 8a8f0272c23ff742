//! What differs between two JSON values, by path.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Path of the field, `backend/services/0/weight`; empty for the whole value.
    pub path: String,
    /// The value on the one side; null where there is none.
    pub before: Value,
    /// The value on the other side; null where there is none.
    pub after: Value,
}

/// Every difference, in the order of the paths. What is null counts as absent.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(before, after, &mut String::new(), &mut found, &|one, other| one == other);
    found
}

/// As [`differences`], with a word of the caller on which single values are the same.
pub fn differences_by(
    before: &Value,
    after: &Value,
    same: &dyn Fn(&Value, &Value) -> bool,
) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(before, after, &mut String::new(), &mut found, same);
    found
}

fn walk(
    before: &Value,
    after: &Value,
    path: &mut String,
    found: &mut Vec<Difference>,
    same: &dyn Fn(&Value, &Value) -> bool,
) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let of = |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                below(path, name, |path| walk(&of(one), &of(other), path, found, same));
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (place, (one, other)) in one.iter().zip(other).enumerate() {
                below(path, &place.to_string(), |path| walk(one, other, path, found, same));
            }
        }
        _ if same(before, after) => {}
        _ => found.push(Difference { path: path.clone(), before: before.clone(), after: after.clone() }),
    }
}

fn below(path: &mut String, part: &str, go: impl FnOnce(&mut String)) {
    let length = path.len();
    if length > 0 {
        path.push('/');
    }
    path.push_str(part);
    go(path);
    path.truncate(length);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::differences;

    #[test]
    fn every_difference_has_its_path() {
        let before = json!({"a": {"b": [1, 2]}, "c": 1, "gone": true, "none": null});
        let after = json!({"a": {"b": [1, 3]}, "c": 1, "new": [1]});
        let found = differences(&before, &after);
        let paths: Vec<_> = found.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(paths, ["a/b/1", "gone", "new"]);
        assert_eq!((&found[0].before, &found[0].after), (&json!(2), &json!(3)));
        assert_eq!(differences(&json!([1]), &json!([1, 2]))[0].path, "");
        assert!(differences(&after, &after).is_empty());
    }
}
