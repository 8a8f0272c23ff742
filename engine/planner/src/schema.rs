//! The JSON Schema of workflow files, with which editors complete and check them.

use serde_json::{Map, Value, json};

use crate::catalogue::Catalogue;
use crate::connections::CREDENTIALS;
use crate::document::API_VERSION;
use crate::inputs::TYPES;
use crate::isolation::ISOLATION;
use crate::retry::{BACKOFF, ON_FAILURE};
use crate::{approvals, windows};

const NAME: &str = "^[a-z][a-z0-9_-]{0,62}$";
const DURATION: &str = "^([0-9]+(ms|d|h|m|s))+$";
const PERCENT: &str = r"^[0-9]+(\.[0-9]{1,3})?%$";
const EXPRESSION: &str = r"\$\{\{.*\}\}";

/// The schema of the workflow document, with the settings of every migrator and kind of connection.
#[must_use]
pub fn schema(catalogue: &dyn Catalogue) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gateshift workflow",
        "type": "object",
        "required": ["apiVersion", "name", "steps"],
        "additionalProperties": false,
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "version of the format"},
            "name": {"type": "string", "pattern": NAME, "description": "name of the workflow"},
            "inputs": inputs(),
            "connections": connections(catalogue),
            "windows": windows::schema(NAME),
            "groups": approvals::groups_schema(NAME),
            "steps": steps(catalogue),
            "waivers": waivers(),
        },
    })
}

fn waivers() -> Value {
    let said = |description: &str| json!({"type": "string", "minLength": 1, "description": description});
    json!({
        "description": "findings and checkpoints that somebody answers for: a list, or the path of a file with one",
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": {
                "type": "object",
                "required": ["code", "object", "owner", "reason", "expires"],
                "additionalProperties": false,
                "properties": {
                    "code": said("code of the finding, or name of the checkpoint"),
                    "object": said("object it is for, `routes/orders`; `*` stands for any letters; of a checkpoint: its step"),
                    "owner": said("who takes the responsibility"),
                    "reason": said("why that is right"),
                    "expires": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "the last day it holds (UTC)"},
                },
            }},
            {"type": "null"},
        ],
    })
}

fn inputs() -> Value {
    json!({
        "description": "values given with --set NAME=VALUE, used as ${{ inputs.NAME }}",
        "type": ["object", "null"],
        "propertyNames": {"pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$"},
        "additionalProperties": {
            "type": "object",
            "required": ["type"],
            "additionalProperties": false,
            "properties": {
                "type": {"enum": TYPES},
                "default": {"type": ["string", "number", "boolean", "array"], "items": {"type": "string"}},
                "required": {"type": "boolean", "default": false},
                "description": {"type": "string"},
                "enum": {"type": "array", "items": {"type": ["string", "number", "boolean"]}},
            },
        },
    })
}

fn connections(catalogue: &dyn Catalogue) -> Value {
    let mut kinds = catalogue.kinds();
    kinds.sort();
    let branches = kinds.iter().filter_map(|name| {
        let kind = catalogue.connection_kind(name)?;
        Some(branch(name, &kind.settings))
    });
    let references: Map<String, Value> =
        CREDENTIALS.iter().map(|key| ((*key).to_owned(), json!({"type": "string"}))).collect();
    json!({
        "description": "the systems that steps talk to",
        "type": ["object", "null"],
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {
            "type": "object",
            "required": ["uses"],
            "additionalProperties": false,
            "properties": {
                "uses": {"enum": kinds, "description": "kind of connection"},
                "with": {"description": "settings of the kind"},
                "credentials": {
                    "description": "where the key comes from; never the key itself",
                    "type": "object",
                    "additionalProperties": false,
                    "properties": references,
                },
            },
            "allOf": branches.collect::<Vec<_>>(),
        },
    })
}

fn steps(catalogue: &dyn Catalogue) -> Value {
    let mut migrators = catalogue.migrators();
    migrators.sort();
    let branches = migrators.iter().filter_map(|name| {
        let manifest = catalogue.migrator(name)?;
        Some(branch(name.as_str(), &manifest.settings))
    });
    let duration = editable(&json!({"type": "string", "format": "duration"}));
    json!({
        "description": "what is done; steps that do not need each other run side by side",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {
            "type": "object",
            "required": ["uses"],
            "additionalProperties": false,
            "properties": {
                "uses": {
                    "anyOf": [{"enum": migrators}, {"type": "string", "pattern": "/"}],
                    "description": "the migrator that does it, by its name or by the path of its file",
                },
                "needs": {
                    "type": ["array", "null"],
                    "items": {"type": "string", "pattern": NAME},
                    "description": "steps that must be done first",
                },
                "with": {"description": "settings of the migrator"},
                "connections": {
                    "type": ["object", "null"],
                    "additionalProperties": {"type": "string", "pattern": NAME},
                    "description": "role of the migrator: connection, where the two names differ",
                },
                "retry": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "attempts": editable(&json!({"type": "integer", "minimum": 1, "maximum": 1000, "default": 5})),
                        "backoff": {"enum": BACKOFF, "default": "exponential"},
                        "initial": duration,
                        "max": duration,
                    },
                },
                "timeout": duration,
                "onFailure": {"enum": ON_FAILURE, "default": "hold"},
                "foreach": {
                    "anyOf": [{"type": "array", "minItems": 1, "items": {"type": ["string", "number"]}}, {"type": "string", "pattern": EXPRESSION}],
                    "description": "one step for each value, named NAME[VALUE]; `${{ each.value }}` is the value",
                },
                "if": {"type": "string", "pattern": EXPRESSION, "description": "it is passed over unless this expression holds"},
                "window": {"type": "string", "pattern": NAME, "description": "it begins only while this window is open"},
                "approval": approvals::schema(&duration),
                "isolation": {
                    "enum": ISOLATION,
                    "description": "where the migrator runs; one from a file runs in a process of its own unless you say otherwise",
                },
            },
            "allOf": branches.collect::<Vec<_>>(),
        },
    })
}

/// The settings that go with one value of `uses`.
fn branch(uses: &str, settings: &Value) -> Value {
    let mut with = editable(settings);
    let needed = settings.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty());
    if let Some(map) = with.as_object_mut() {
        // References inside it are meant from its own top.
        if settings.to_string().contains("\"$ref\"") && !map.contains_key("$id") {
            map.insert("$id".to_owned(), json!(format!("gateshift:settings/{uses}")));
        }
        map.remove("$schema");
    }
    if !needed {
        with = json!({"anyOf": [with, {"type": "null"}]});
    }
    let mut then = json!({"properties": {"with": with}});
    if needed {
        then["required"] = json!(["with"]);
    }
    json!({"if": {"properties": {"uses": {"const": uses}}, "required": ["uses"]}, "then": then})
}

/// The schema as a person may write the value: our formats as patterns, because editors know
/// `duration` as something else, and an expression wherever a single value stands.
fn editable(schema: &Value) -> Value {
    let Some(map) = schema.as_object() else { return schema.clone() };
    let mut out = Map::new();
    for (key, value) in map {
        let value = match (key.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(inner)) => {
                Value::Object(inner.iter().map(|(name, inner)| (name.clone(), editable(inner))).collect())
            }
            ("items" | "additionalProperties", inner) => editable(inner),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(inner)) => {
                Value::Array(inner.iter().map(editable).collect())
            }
            ("format", Value::String(format)) if format == "duration" || format == "percent" => {
                let pattern = if format == "duration" { DURATION } else { PERCENT };
                out.insert("pattern".to_owned(), json!(pattern));
                continue;
            }
            _ => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    if is_single(map) { or_expression(out) } else { Value::Object(out) }
}

/// Whether the schema describes a number, a text or a choice, for which an expression may stand.
fn is_single(map: &Map<String, Value>) -> bool {
    let single = |name: &Value| !matches!(name.as_str(), Some("object" | "array"));
    let by_type = match map.get("type") {
        Some(Value::Array(types)) => types.iter().all(single),
        Some(name) => single(name),
        None => false,
    };
    by_type || map.contains_key("enum") || map.contains_key("const")
}

fn or_expression(mut schema: Map<String, Value>) -> Value {
    let mut outer = Map::new();
    for key in ["description", "default", "title", "examples"] {
        outer.extend(schema.remove(key).map(|value| (key.to_owned(), value)));
    }
    outer.insert("anyOf".to_owned(), json!([schema, {"type": "string", "pattern": EXPRESSION}]));
    Value::Object(outer)
}
