//! A JSON value that is kept as its text. A plan for a large gateway has tens of thousands of operations: as
//! trees, their objects take four times the room.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::canonical_json;

/// A JSON value as canonical text; `null` until something is given.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Document(Option<Arc<str>>);

impl Document {
    /// The value as a tree.
    #[must_use]
    pub fn value(&self) -> Value {
        // The text was written from a value; the round trip is exact.
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    /// The string in a field of an object; `None` when there is no such field or it holds something else.
    #[must_use]
    pub fn string(&self, field: &str) -> Option<String> {
        match self.value().get_mut(field).map(Value::take) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0.is_none()
    }

    /// Its canonical text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.as_deref().unwrap_or("null")
    }
}

impl From<&Value> for Document {
    fn from(value: &Value) -> Self {
        Self((!value.is_null()).then(|| canonical_json(value).into()))
    }
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(self.text()) {
            Ok(raw) => raw.serialize(serializer),
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::Document;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(|one| json!(one)),
            any::<i64>().prop_map(|one| json!(one)),
            any::<f64>().prop_map(|one| json!(one)),
            ".{0,8}".prop_map(|one| json!(one)),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
                proptest::collection::btree_map(".{0,4}", inner, 0..4).prop_map(|map| json!(map)),
            ]
        })
    }

    #[test]
    fn a_string_is_found_by_its_field() {
        let document = Document::from(json!({"a": "b", "c": 1}));
        assert_eq!(document.string("a").as_deref(), Some("b"));
        assert_eq!((document.string("c"), document.string("d")), (None, None));
        assert_eq!((Document::default().string("a"), Document::default().text()), (None, "null"));
    }

    proptest! {
        #[test]
        fn a_value_comes_back_as_it_was(value in values()) {
            let document = Document::from(&value);
            prop_assert_eq!(&document.value(), &value);
            prop_assert_eq!(document.is_null(), value.is_null());
            prop_assert_eq!(&serde_json::to_value(&document).unwrap(), &value);
            let written = serde_json::to_string(&document).unwrap();
            prop_assert_eq!(serde_json::from_str::<Document>(&written).unwrap(), document);
        }
    }
}
