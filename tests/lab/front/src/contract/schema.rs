//! The shape of a value as the contract files describe it. Reading the files is all that happens
//! here; what is done with a shape is in `check` (JSON values) and in `typed` (texts of a query).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The shape of one value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Schema {
    /// What it is.
    pub kind: Kind,
    /// Marked mandatory; in answers the mark means nothing.
    pub required: bool,
    /// How a nested value travels in a query or a form.
    pub encoding: Option<Encoding>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Text.
    String,
    /// Whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// Anything; the contract does not say.
    Any,
    /// Bytes.
    Binary,
    /// An object with these fields and no others.
    Object(Fields),
    /// An object whose inner shape repeats an outer one, so that the contract cuts it short.
    Recursive,
    /// A list.
    Array(Box<Schema>),
    /// An object with free names.
    Map(Box<Schema>),
}

/// Named shapes.
pub type Fields = BTreeMap<String, Schema>;

/// How a nested value travels in a query or a form.
#[derive(Debug, Clone, PartialEq)]
pub enum Encoding {
    /// Text that holds JSON of the given shape.
    Json(Box<Schema>),
    /// `Name.1.Sub=...`.
    Flat,
    /// Text with a separator between the items.
    Separated(char),
}

impl Kind {
    /// The word the contract files use.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Any => "any",
            Self::Binary => "binary",
            Self::Object(_) | Self::Recursive => "object",
            Self::Array(_) => "array",
            Self::Map(_) => "map",
        }
    }
}

/// A schema as it stands in the file, where `values` is a shape for a map and a list of hints for
/// anything else.
#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    required: bool,
    encoding: Option<String>,
    of: Option<Box<Schema>>,
    fields: Option<Fields>,
    items: Option<Box<Schema>>,
    values: Option<Value>,
    #[serde(default)]
    recursive: bool,
}

impl TryFrom<Raw> for Schema {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        let kind = match raw.kind.as_str() {
            "string" => Kind::String,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            "any" => Kind::Any,
            "binary" => Kind::Binary,
            "object" if raw.recursive => Kind::Recursive,
            "object" => Kind::Object(raw.fields.ok_or("an object without fields")?),
            "array" => Kind::Array(raw.items.ok_or("an array without items")?),
            "map" => {
                let values = raw.values.ok_or("a map without values")?;
                Kind::Map(serde_json::from_value(values).map_err(|error| format!("a map's values: {error}"))?)
            }
            other => return Err(format!("unknown type `{other}`")),
        };
        let encoding = match raw.encoding.as_deref() {
            None => None,
            Some("json") => Some(Encoding::Json(raw.of.ok_or("encoding json without `of`")?)),
            Some("flat") => Some(Encoding::Flat),
            Some("simple") => Some(Encoding::Separated(',')),
            Some("spaceDelimited") => Some(Encoding::Separated(' ')),
            Some("pipeDelimited") => Some(Encoding::Separated('|')),
            Some(other) => return Err(format!("unknown encoding `{other}`")),
        };
        Ok(Self { kind, required: raw.required, encoding })
    }
}
