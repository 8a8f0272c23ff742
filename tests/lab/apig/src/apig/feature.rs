//! Gateway parameters ("features"): definitions from a table, values per gateway.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gateshift_lab_kernel::{Answer, ApiError, Call};
use serde::Deserialize;
use serde_json::{Value, json};

use super::reply;
use super::state::{Cx, State};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Definition {
    name: String,
    display_name: String,
    group: String,
    value_type: String,
    default: String,
    #[serde(default)]
    read_only: bool,
    min: Option<i64>,
    max: Option<i64>,
    #[serde(default)]
    options: Vec<String>,
    #[serde(default)]
    unit: Option<String>,
}

static DEFINITIONS: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    // The table is part of the crate and a test reads it, so an unreadable one cannot be shipped.
    serde_json::from_str(include_str!("../data/features.json")).unwrap_or_default()
});

/// The values of a new gateway.
pub(crate) fn defaults() -> BTreeMap<String, String> {
    DEFINITIONS.iter().map(|one| (one.name.clone(), one.default.clone())).collect()
}

/// Values that differ from the defaults, by display name.
pub(crate) fn changed(features: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    DEFINITIONS
        .iter()
        .filter_map(|one| {
            features.get(&one.name).filter(|value| **value != one.default).map(|value| (one, value))
        })
        .map(|(one, value)| (one.display_name.clone(), value.clone()))
        .collect()
}

/// `ListGatewayFeatures`.
pub(crate) fn list(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let gateway = state.gateway(reply::path(call, "gatewayId")?)?;
    let listed =
        DEFINITIONS.iter().filter(|one| cx.options.unlisted_parameter.as_ref() != Some(&one.display_name));
    let items: Vec<Value> = listed.map(|one| view(one, gateway.features.get(&one.name))).collect();
    reply::ok(json!({ "items": items }))
}

fn view(one: &Definition, value: Option<&String>) -> Value {
    let input = match (one.value_type.as_str(), one.options.is_empty()) {
        ("bool", _) => "Trigger",
        ("array", _) => "MultiSelect",
        (_, false) => "SingleSelect",
        _ => "Input",
    };
    let options: Vec<Value> =
        one.options.iter().map(|option| json!({"key": option, "label": option})).collect();
    json!({
        "value": value,
        "definition": {
            "name": one.name,
            "displayName": one.display_name,
            "description": one.display_name,
            "group": one.group,
            "inputType": input,
            "valueType": one.value_type,
            "valueUnit": one.unit,
            "defaultValue": one.default,
            "minValue": one.min.map(|limit| limit.to_string()),
            "maxValue": one.max.map(|limit| limit.to_string()),
            "valueOptions": options,
            "readOnly": one.read_only,
        },
    })
}

/// `UpdateGatewayFeature`.
pub(crate) fn update(cx: &Cx<'_>, state: &mut State, call: &Call) -> Answer {
    let id = reply::path(call, "gatewayId")?.to_owned();
    let name = reply::path(call, "name")?;
    state.gateway(&id)?;
    let definition =
        DEFINITIONS.iter().find(|one| one.name == name).ok_or_else(|| reply::gone("Feature", name))?;
    let value = call.body.get("value").and_then(Value::as_str).ok_or_else(|| reply::missing("value"))?;
    check(definition, value)?;
    state.write_to(cx, &id)?;
    if let Some(gateway) = state.gateways.get_mut(&id) {
        gateway.features.insert(name.to_owned(), value.to_owned());
        gateway.updated_ms = cx.now;
    }
    reply::done()
}

fn check(one: &Definition, value: &str) -> Result<(), ApiError> {
    if one.read_only {
        return Err(reply::detail(format!("{} cannot be changed", one.name)));
    }
    match one.value_type.as_str() {
        "bool" if !matches!(value, "true" | "false") => Err(reply::bad("value", "true or false is due")),
        "int32" | "int64" => {
            let number: i64 =
                value.parse().map_err(|_| reply::bad("value", format!("{value} is no integer")))?;
            let (low, high) = (one.min.unwrap_or(i64::MIN), one.max.unwrap_or(i64::MAX));
            if (low..=high).contains(&number) {
                return Ok(());
            }
            Err(reply::bad("value", format!("{number} is not within {low} to {high}")))
        }
        _ if one.options.is_empty() => Ok(()),
        _ => {
            let unknown =
                value.split(',').map(str::trim).find(|part| !one.options.iter().any(|option| option == part));
            match unknown {
                Some(part) if !value.is_empty() => {
                    Err(reply::bad("value", format!("{part} is not one of {}", one.options.join(", "))))
                }
                _ => Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DEFINITIONS, check};

    #[test]
    fn every_definition_accepts_its_own_default() {
        assert!(DEFINITIONS.len() >= 20, "the table could not be read");
        for one in DEFINITIONS.iter().filter(|one| !one.read_only) {
            assert_eq!(check(one, &one.default), Ok(()), "{}", one.name);
        }
    }

    #[test]
    fn values_outside_type_range_and_options_are_refused() {
        for one in DEFINITIONS.iter() {
            let wrong = match one.value_type.as_str() {
                "bool" => "yes".to_owned(),
                "int32" | "int64" => one.max.map_or("x".to_owned(), |max| (max + 1).to_string()),
                _ if !one.options.is_empty() => "nonsense".to_owned(),
                _ => continue,
            };
            assert!(check(one, &wrong).is_err(), "{} took {wrong}", one.name);
        }
    }
}
