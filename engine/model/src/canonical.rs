//! One byte form for a JSON value, so that equal values have equal digests wherever they were made.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A SHA-256, written as 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// A digest from its hex text; `None` when it is not 64 lower-case hex digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let fits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(text.to_owned()))
    }

    /// The hex text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// SHA-256 of bytes.
#[must_use]
pub fn digest_bytes(bytes: &[u8]) -> Digest {
    Digest(hex::encode(Sha256::digest(bytes)))
}

/// SHA-256 of the canonical form.
#[must_use]
pub fn digest_json(value: &Value) -> Digest {
    digest_bytes(canonical_json(value).as_bytes())
}

/// SHA-256 of the canonical form of a list, made item by item: as one tree, the operations of a large plan
/// would be there a second time.
#[must_use]
pub fn digest_list<'a, T: Serialize + 'a>(items: impl IntoIterator<Item = &'a T>) -> Digest {
    let (mut hash, mut text) = (Sha256::new(), vec![b'[']);
    for item in items {
        write_canonical(&serde_json::to_value(item).unwrap_or_default(), &mut text);
        hash.update(&text);
        text.clear();
        text.push(b',');
    }
    // An empty list has an opening bracket to be hashed, another one a comma too many.
    if text != b"," {
        hash.update(&text);
    }
    hash.update(b"]");
    Digest(hex::encode(hash.finalize()))
}

/// Compact JSON with the keys of every object sorted by their bytes.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    let mut text = Vec::new();
    write_canonical(value, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Appends the canonical form to a text.
pub(crate) fn write_canonical(value: &Value, text: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            text.push(b'{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                write_plain(key, text);
                text.push(b':');
                write_canonical(value, text);
            }
            text.push(b'}');
        }
        Value::Array(items) => {
            text.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                write_canonical(item, text);
            }
            text.push(b']');
        }
        scalar => write_plain(scalar, text),
    }
}

/// Appends a value without keys as JSON. Writing to memory does not fail.
pub(crate) fn write_plain(value: &(impl Serialize + ?Sized), text: &mut Vec<u8>) {
    drop(serde_json::to_writer(text, value));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{canonical_json, digest_json, digest_list};

    #[test]
    fn a_list_by_its_items_is_the_list() {
        let items = [json!({"b": 1, "a": [","]}), json!(","), json!(null), json!([])];
        for length in 0..=items.len() {
            assert_eq!(digest_list(&items[..length]), digest_json(&json!(items[..length])), "{length}");
        }
    }

    #[test]
    fn key_order_does_not_matter() {
        let value = json!({"b": [1, {"d": null, "c": "é\"\n"}], "a": 1.5});
        assert_eq!(canonical_json(&value), r#"{"a":1.5,"b":[1,{"c":"é\"\n","d":null}]}"#);
        let other: serde_json::Value =
            serde_json::from_str(r#"{"a":1.5,"b":[1,{"c":"é\"\n","d":null}]}"#).unwrap();
        assert_eq!(digest_json(&value), digest_json(&other));
    }
}
