//! Words that the products of this crate share.

use gateshift_lab_kernel::ApiError;
use serde_json::{Map, Value};

/// A parameter is not allowed.
pub(crate) fn invalid(parameter: &str, why: impl std::fmt::Display) -> ApiError {
    ApiError::new(400, "ParameterInvalid", format!("The parameter {parameter} is invalid: {why}."))
}

/// A text parameter that was given.
pub(crate) fn text<'a>(given: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    given.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A whole number that was given.
pub(crate) fn number(given: &Map<String, Value>, name: &str) -> Option<i64> {
    given.get(name).and_then(Value::as_i64)
}

/// The wanted page of a list. Page numbers begin at 1.
pub(crate) fn page<'a, T>(
    all: &'a [T],
    given: &Map<String, Value>,
    (number_name, size_name): (&str, &str),
) -> Result<(&'a [T], usize, usize), ApiError> {
    let read = |name: &str, usual: i64, most: i64| match number(given, name).unwrap_or(usual) {
        number if (1..=most).contains(&number) => Ok(number as usize),
        number => Err(invalid(name, format!("{number} is not from 1 to {most}"))),
    };
    let (page, size) = (read(number_name, 1, i64::from(u32::MAX))?, read(size_name, 10, 100)?);
    let from = (page - 1).saturating_mul(size).min(all.len());
    Ok((&all[from..(from + size).min(all.len())], page, size))
}
