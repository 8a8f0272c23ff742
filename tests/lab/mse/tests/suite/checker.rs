//! Values against the contract: only fields that it knows, only types that it names.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

static CONTRACT: LazyLock<Value> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../front/contract/mse.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
});

pub(crate) fn operations() -> impl Iterator<Item = &'static str> {
    CONTRACT["operations"].as_object().unwrap().keys().map(String::as_str)
}

pub(crate) fn response_schema(operation: &str) -> &'static Value {
    &CONTRACT["operations"][operation]["response"]
}

/// Panics at the first deviation of an answer.
pub(crate) fn check_answer(operation: &str, answer: &Value) {
    check(operation, response_schema(operation), answer);
}

/// Panics when a call has a parameter that the operation does not take or lacks one it needs.
pub(crate) fn check_call(operation: &str, query: &Value) {
    let request = &CONTRACT["operations"][operation]["request"]["query"];
    for (name, value) in query.as_object().unwrap() {
        let schema = &request[name];
        assert!(schema.is_object(), "{operation} takes no {name}");
        let schema = if schema["encoding"] == "json" { &schema["of"] } else { schema };
        check(&format!("{operation}({name})"), schema, value);
    }
    for (name, schema) in request.as_object().unwrap() {
        assert!(schema["required"] != true || query.get(name).is_some(), "{operation} needs {name}");
    }
}

pub(crate) fn check(place: &str, schema: &Value, value: &Value) {
    let kind = schema["type"].as_str().unwrap();
    let fits = match kind {
        "any" => true,
        "object" | "map" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        other => panic!("{place}: the contract has type {other}"),
    };
    assert!(fits, "{place}: {value} where {kind} is due");
    match (kind, value) {
        ("object", Value::Object(fields)) => {
            for (name, item) in fields {
                let field = &schema["fields"][name];
                assert!(field.is_object(), "{place}.{name}: unknown");
                check(&format!("{place}.{name}"), field, item);
            }
        }
        ("map", Value::Object(fields)) => {
            for (name, item) in fields {
                check(&format!("{place}.{name}"), &schema["values"], item);
            }
        }
        ("array", Value::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                check(&format!("{place}[{at}]"), &schema["items"], item);
            }
        }
        _ => {}
    }
}

#[test]
fn deviations_are_noticed() {
    for (operation, answer) in [
        ("GetGateway", serde_json::json!({ "Datum": {} })),
        ("GetGateway", serde_json::json!({ "Data": { "Id": "1" } })),
        ("ListGatewayDomain", serde_json::json!({ "Data": [{ "Id": null }] })),
        ("GetGatewayRouteDetail", serde_json::json!({ "Data": { "Type": "Op" } })),
    ] {
        let caught = std::panic::catch_unwind(|| check_answer(operation, &answer));
        assert!(caught.is_err(), "{operation} {answer}");
    }
}
