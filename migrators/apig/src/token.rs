//! Idempotency tokens: the same for the same run, operation and content, so that a repeated create
//! after a crash is recognised by the other side, and another content is another request.

use gateshift_sdk::model::{OperationKey, RunId, digest_json};
use serde_json::{Value, json};

/// A token of 64 characters, the longest that is allowed.
#[must_use]
pub fn token(run: &RunId, key: &OperationKey, content: &Value) -> String {
    digest_json(&json!([run, key, content])).to_string()
}

#[cfg(test)]
mod tests {
    use gateshift_sdk::model::{OperationKey, RunId};
    use serde_json::json;

    use super::token;

    #[test]
    fn depends_on_run_key_and_content_and_on_nothing_else() {
        let (one, two) = (RunId(uuid(1)), RunId(uuid(2)));
        let key = OperationKey::new("domain/a");
        let first = token(&one, &key, &json!({"a": 1, "b": 2}));
        assert_eq!(first.len(), 64);
        assert_eq!(first, token(&one, &key, &json!({"b": 2, "a": 1})));
        assert_ne!(first, token(&two, &key, &json!({"a": 1, "b": 2})));
        assert_ne!(first, token(&one, &OperationKey::new("domain/b"), &json!({"a": 1, "b": 2})));
        assert_ne!(first, token(&one, &key, &json!({"a": 1, "b": 3})));
    }

    fn uuid<T: serde::de::DeserializeOwned>(n: u8) -> T {
        serde_json::from_value(json!(format!("00000000-0000-7000-8000-0000000000{n:02}"))).unwrap()
    }
}
