//! Reading of parameters. Types were checked against the contract before, so a value of another type
//! is treated like an absent one; empty text counts as absent, as it does at the real services.

use gateshift_lab_kernel::ApiError;
use serde_json::{Map, Value};

/// Text, unless absent or empty.
pub(crate) fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    map.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Text as an owned string.
pub(crate) fn string(map: &Map<String, Value>, name: &str) -> Option<String> {
    text(map, name).map(str::to_owned)
}

/// An integer.
pub(crate) fn int(map: &Map<String, Value>, name: &str) -> Option<i64> {
    map.get(name).and_then(Value::as_i64)
}

/// A boolean.
pub(crate) fn flag(map: &Map<String, Value>, name: &str) -> Option<bool> {
    map.get(name).and_then(Value::as_bool)
}

/// The texts of an array; empty when absent.
pub(crate) fn texts(map: &Map<String, Value>, name: &str) -> Vec<String> {
    let items = map.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// True when no filter is given or when it says exactly this.
pub(crate) fn fits(map: &Map<String, Value>, name: &str, actual: &str) -> bool {
    text(map, name).is_none_or(|wanted| wanted == actual)
}

/// True when no filter is given or when it occurs inside this.
pub(crate) fn fits_part(map: &Map<String, Value>, name: &str, actual: &str) -> bool {
    text(map, name).is_none_or(|wanted| actual.contains(wanted))
}

/// Which page of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// From 1.
    pub(crate) number: usize,
    /// Items a page.
    pub(crate) size: usize,
}

impl Page {
    /// Reads the two parameters; `largest` is the greatest page size the product allows.
    pub(crate) fn read(
        query: &Map<String, Value>,
        names: (&str, &str),
        default: usize,
        largest: usize,
        code: &str,
    ) -> Result<Self, ApiError> {
        let read = |name: &str, default: usize, largest: usize| match int(query, name) {
            None => Ok(default),
            Some(value) => {
                usize::try_from(value).ok().filter(|value| (1..=largest).contains(value)).ok_or_else(|| {
                    ApiError::new(400, code, format!("{name} must be 1 to {largest}, not {value}"))
                })
            }
        };
        Ok(Self { number: read(names.0, 1, 1_000_000)?, size: read(names.1, default, largest)? })
    }

    /// The part of `items` on this page.
    pub(crate) fn of<T>(self, items: &[T]) -> &[T] {
        let from = ((self.number - 1) * self.size).min(items.len());
        &items[from..(from + self.size).min(items.len())]
    }
}
