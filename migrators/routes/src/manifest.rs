//! What the migrator declares: settings, output, connection and actions.

use std::collections::BTreeMap;

use gateshift_apig::{KIND, READS, ROLE, WRITES};
use gateshift_sdk::api::{ConnectionUse, Manifest, ProbeUse};
use gateshift_sdk::migrator_name;
use gateshift_sdk::model::UndoScope;
use serde_json::{Value, json};

/// The declaration.
pub(crate) fn manifest() -> Manifest {
    Manifest {
        name: migrator_name("routes"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        contract: 1,
        description: "makes domains, sources, services and routes on the target and publishes the routes"
            .to_owned(),
        settings: settings(),
        output: output(),
        connections: BTreeMap::from([(ROLE.to_owned(), ConnectionUse::new(KIND, READS, WRITES))]),
        reads: vec![migrator_name("assess"), migrator_name("instance")],
        probes: ProbeUse::default(),
        undo: UndoScope::Config,
    }
}

fn settings() -> Value {
    let globs = |description: &str| json!({"type": "array", "description": description, "items": {"type": "string", "minLength": 1}});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "api": {
                "type": "string",
                "minLength": 1,
                "maxLength": 64,
                "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
                "description": "name of the HTTP API that holds the routes; the source gateway's name when absent",
            },
            "include": globs("routes to take, by name; `*` and `?` stand for any text and any letter; all when absent"),
            "exclude": globs("routes to leave out, by name, in the same form; wins over `include`"),
            "templates": {
                "type": "object",
                "description": "keys of policy classes in the target's words, by class: our key -> the target's; a key of the target -> null may be left unwritten",
                "additionalProperties": {"type": "object", "additionalProperties": {"type": ["string", "null"], "minLength": 1}},
            },
            "functions": {
                "type": "object",
                "description": "functions of the older generation, `service/function@version`, and what the target takes in their place, `function@qualifier`",
                "additionalProperties": {"type": "string", "minLength": 3},
            },
            "clientCa": {
                "type": "object",
                "description": "certificate of the authority of client certificates (PEM), by domain; for domains that ask for them",
                "additionalProperties": {"type": "string", "minLength": 1},
            },
            "hosts": {
                "type": "array",
                "description": "hosts that stand for a domain named `*` where the target refuses it",
                "items": {"type": "string", "minLength": 1},
            },
            "rest": {
                "type": "object",
                "description": "groups of routes that become operations of a REST API each, by the API's name",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["basePath", "routes"],
                    "properties": {
                        "basePath": {"type": "string", "minLength": 1, "maxLength": 256, "description": "beginning of their paths; backends still get the whole path"},
                        "routes": globs("routes of the group, by name, with `*` and `?`"),
                    },
                },
            },
            "ingress": {
                "type": "boolean",
                "default": false,
                "description": "let the Ingress objects of the source's clusters configure the target, too; the addresses in their status stay as they are",
            },
        },
    })
}

fn output() -> Value {
    let ids = json!({"type": "object", "additionalProperties": {"type": "string"}});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["api", "domains", "sources", "services", "routes"],
        "properties": {
            "api": {"type": "string"},
            "domains": ids,
            "sources": ids,
            "services": ids,
            "routes": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["id", "name", "deployed"],
                    "properties": {
                        "id": {"type": "string"}, "name": {"type": "string"}, "deployed": {"type": "boolean"},
                    },
                },
            },
            "rest": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
        },
    })
}
