//! What a step stored of what it saw, as short pairs of name and value.

use gateshift_model::Timestamp;
use serde_json::Value;

/// Most pairs that are shown; `--json` has all.
const MOST: usize = 12;
const LONGEST: usize = 80;
/// Milliseconds since 1970 look like this; nothing else that is named as a time does.
const MILLIS: i64 = 1_000_000_000_000;

/// The values in a checkpoint. Of a list only the length and the last element are shown: it is the latest.
pub(crate) fn seen(checkpoint: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect("", checkpoint, &mut found);
    found.truncate(MOST);
    found
}

fn collect(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            // What a step keeps for itself begins with an underscore.
            for (field, value) in fields.iter().filter(|(field, _)| !field.starts_with('_')) {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                collect(&name, value, found);
            }
        }
        Value::Array(items) => {
            let Some(last) = items.last() else { return };
            let count = items.len();
            match last {
                Value::Object(_) | Value::Array(_) => collect(&format!("{name}[{}]", count - 1), last, found),
                _ => found.push((name.to_owned(), format!("{} ({count} in all)", scalar(name, last)))),
            }
        }
        _ => found.push((if name.is_empty() { "value" } else { name }.to_owned(), scalar(name, value))),
    }
}

fn scalar(name: &str, value: &Value) -> String {
    let last = name.rsplit(['.', '_']).next().unwrap_or_default();
    match value {
        Value::String(text) if text.chars().count() > LONGEST => {
            format!("{}...", text.chars().take(LONGEST).collect::<String>())
        }
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_i64() {
            Some(millis) if millis > MILLIS && matches!(last, "at" | "until" | "since") => {
                Timestamp(millis).to_string()
            }
            Some(whole) => whole.to_string(),
            None => number.as_f64().map_or_else(
                || number.to_string(),
                |number| {
                    let short = format!("{number:.3}");
                    short.trim_end_matches('0').trim_end_matches('.').to_owned()
                },
            ),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::seen;

    #[test]
    fn values_are_named_and_lists_show_their_latest() {
        let checkpoint = json!({
            "answered": 6.138_107, "confirmed_at": 1_700_000_000_000_i64, "none": null, "empty": [],
            "reached": [{"share": 1}, {"share": 5.0, "at": 1_700_000_000_000_i64}], "names": ["a", "b"], "_own": {"x": 1},
        });
        let found: Vec<_> =
            seen(&checkpoint).into_iter().map(|(name, value)| format!("{name} {value}")).collect();
        let expected = [
            "answered 6.138",
            "confirmed_at 2023-11-14T22:13:20Z",
            "names b (2 in all)",
            "reached[1].at 2023-11-14T22:13:20Z",
            "reached[1].share 5",
        ];
        assert_eq!(found, expected);
        assert_eq!(seen(&json!("é".repeat(200)))[0].1.chars().count(), 83);
        assert!(seen(&json!(null)).is_empty());
    }
}
