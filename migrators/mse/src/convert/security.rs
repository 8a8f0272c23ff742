//! Who may ask: lists of addresses, authentication for the whole gateway, consumers with their grants.

mod authentication;
mod consumers;
mod lists;

pub(crate) use authentication::authentication;
pub(crate) use consumers::{consumer, guarded_route};
pub(crate) use lists::access_list;

use gateshift_sdk::model::{SEALED, Sealed};
use serde_json::Value;

/// A text; absent and null count as empty.
fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// A switch that is text in some answers; `None` when it is in no known form.
fn switch(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(on) => Some(*on),
        Value::Number(number) => number.as_i64().filter(|one| (0..=1).contains(one)).map(|one| one == 1),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "on" | "true" | "1" | "open" => Some(true),
            "off" | "false" | "0" | "close" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A switch that is off when the answer leaves it out.
fn switch_or_off(value: &Value, name: &str) -> Result<bool, String> {
    match &value[name] {
        Value::Null => Ok(false),
        other => switch(other).ok_or_else(|| format!("{name} is `{other}`, which is neither on nor off")),
    }
}

/// A secret that was sealed when it was read; `None` when the source left it out or masked it.
fn sealed(value: &Value, name: &str) -> Option<Sealed> {
    let found = &value[name];
    found.as_str().filter(|text| text.starts_with(SEALED))?;
    serde_json::from_value(found.clone()).ok()
}

/// A whole number that is text in some answers.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A list of texts.
fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
