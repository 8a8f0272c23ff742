//! What the migrator declares: settings, output, connection and actions.

use std::collections::BTreeMap;

use gateshift_apig::calls::{PLUGIN_READS, PLUGIN_WRITES};
use gateshift_apig::{KIND, ROLE};
use gateshift_sdk::api::{ConnectionUse, Manifest, ProbeUse};
use gateshift_sdk::migrator_name;
use gateshift_sdk::model::{Finding, Severity, UndoScope};
use serde_json::{Value, json};

use crate::settings::Settings;

/// The declaration.
pub(crate) fn manifest() -> Manifest {
    let reads: Vec<&str> = PLUGIN_READS.iter().copied().chain(["GetGateway"]).collect();
    Manifest {
        name: migrator_name("plugins"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        contract: 1,
        description: "installs the source's plugins on the target and attaches their rules".to_owned(),
        settings: settings(),
        output: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["plugins", "attachments"],
            "properties": {
                "plugins": {"type": "object", "additionalProperties": {"type": "string"}},
                "attachments": {"type": "integer"},
            },
        }),
        connections: BTreeMap::from([(ROLE.to_owned(), ConnectionUse::new(KIND, &reads, PLUGIN_WRITES))]),
        reads: vec![migrator_name("assess"), migrator_name("instance"), migrator_name("routes")],
        probes: ProbeUse::default(),
        undo: UndoScope::Config,
    }
}

fn settings() -> Value {
    let names = |description: &str| json!({"type": "array", "description": description, "items": {"type": "string", "minLength": 1}});
    let url = json!({"type": "string", "pattern": "^https?://"});
    let hashed = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["url", "sha256"],
        "properties": {"url": url, "sha256": {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}},
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "allow": names("plugins to take although the guide does not list them, although their class exists already, or although their configuration cannot be read"),
            "exclude": names("plugins that stay behind"),
            "binaries": {
                "type": "object",
                "description": "where binaries of own plugins are, by the plugin's name: an address, or an address with its SHA-256",
                "additionalProperties": {"anyOf": [url, hashed]},
            },
        },
    })
}

/// Findings about settings beyond the schema.
pub(crate) fn check(settings: &Value) -> Vec<Finding> {
    let found = |object: &str, text: String| Finding::new(Severity::Block, "GS-SETTINGS", object, text);
    match serde_json::from_value::<Settings>(settings.clone()) {
        Err(error) => vec![found("settings", error.to_string())],
        Ok(settings) => settings
            .allow
            .intersection(&settings.exclude)
            .map(|name| found("settings/allow", format!("`{name}` is both allowed and excluded")))
            .collect(),
    }
}
