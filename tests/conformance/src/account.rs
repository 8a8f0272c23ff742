//! The minimal source gateway, and what a variant adds to it.

use serde_json::{Map, Value, json};

use crate::Variant;

/// One domain, one service and one route: what every gateway has.
fn minimal() -> Map<String, Value> {
    let minimal = json!({
        "gateway": {"name": "matrix"},
        "domains": [{"name": "shop.example.com"}],
        "services": [{"name": "orders", "type": "vip", "addresses": ["10.1.0.7:8080"]}],
        "routes": [{"name": "shop", "domains": ["shop.example.com"], "path": "/", "to": ["orders"]}],
    });
    minimal.as_object().cloned().unwrap_or_default()
}

/// The scenario of some variants together.
#[must_use]
pub fn scenario<'a>(variants: impl IntoIterator<Item = &'a Variant>) -> Value {
    let mut scenario = minimal();
    for variant in variants {
        merge(&mut scenario, &variant.source);
    }
    Value::Object(scenario)
}

/// The settings of a step in some variants together.
#[must_use]
pub fn merged<'a>(variants: impl IntoIterator<Item = &'a Variant>, step: &str) -> Map<String, Value> {
    let mut settings = Map::new();
    for variant in variants {
        merge(&mut settings, variant.with.get(step).unwrap_or(&Map::new()));
    }
    settings
}

/// Adds to lists what they do not have, and sets the rest.
fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            (Some(Value::Array(into)), Value::Array(from)) => {
                for one in from {
                    if !into.contains(one) {
                        into.push(one.clone());
                    }
                }
            }
            _ => drop(into.insert(key.clone(), value.clone())),
        }
    }
}
