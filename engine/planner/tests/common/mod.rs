//! A catalogue of made-up migrators and kinds of connection, and a workflow that fits it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test may fail that way")]

use std::collections::BTreeMap;

use gateshift_model::{Finding, MigratorName, Severity, UndoScope};
use gateshift_planner::{Catalogue, Checked, ConnectionKindInfo, Diagnostics, WorkflowSource, check};
use gateshift_step_api::{ConnectionUse, Manifest, ProbeUse};
use serde_json::{Value, json};

/// Three migrators: `read`, `build` and `shift`; four kinds: `cloud/old`, `cloud/new`, `names`, `numbers`.
pub struct Made;

/// A workflow without mistakes.
pub const GOOD: &str = "\
apiVersion: gateshift/v1
name: good
inputs:
  region: { type: string, default: here }
  hold: { type: duration, default: 5m }
  size: { type: integer, default: 3 }
  label: { type: string }
connections:
  source: { uses: cloud/old, with: { region: \"${{ inputs.region }}\" } }
  target:
    uses: cloud/new
    credentials: { profile: main }
  dir: { uses: names }
steps:
  shift:
    uses: shift
    needs: [build]
    with:
      stages: [1%, 50%, 100%]
      hold: ${{ inputs.hold }}
    retry: { attempts: 3, backoff: fixed, initial: 2s, max: 1m }
    timeout: 12h
    onFailure: rollback
  read:
    uses: read
    with: { gateway: \"gw-${{ inputs.region }}-${{ inputs.size }}\" }
  build:
    uses: build
    needs: [read]
    with:
      size: ${{ inputs.size }}
      name: ${{ inputs.label }}
";

fn text() -> Value {
    json!({"type": "string"})
}

fn manifest(
    name: &str,
    settings: Value,
    connections: &[(&str, ConnectionUse)],
    reads: &[&str],
    undo: UndoScope,
) -> Manifest {
    Manifest {
        name: MigratorName::new(name).unwrap(),
        version: "1.2.3".to_owned(),
        contract: 1,
        description: String::new(),
        settings,
        output: json!({}),
        connections: connections.iter().map(|(role, used)| ((*role).to_owned(), used.clone())).collect(),
        reads: reads.iter().map(|name| MigratorName::new(*name).unwrap()).collect(),
        probes: ProbeUse::default(),
        undo,
    }
}

fn read() -> Manifest {
    let settings = json!({"type": "object", "required": ["gateway"], "properties": {
        "gateway": {"type": "string", "minLength": 1, "description": "id of the gateway"},
        "allowEdited": {"type": "boolean", "default": false},
    }});
    let source = ConnectionUse::new("cloud/old", &["Get"], &[]);
    let output = json!({"type": "object", "additionalProperties": false, "required": ["id"], "properties": {
        "id": text(), "size": {"type": "integer"}, "list": {"type": "array"},
    }});
    Manifest { output, ..manifest("read", settings, &[("source", source)], &[], UndoScope::Nothing) }
}

fn build() -> Manifest {
    let settings = json!({"type": "object", "additionalProperties": false, "properties": {
        "name": text(),
        "spec": {"enum": ["small", "medium", "large"]},
        "size": {"type": "integer", "minimum": 1, "maximum": 10},
        "zones": {"type": "array", "items": text(), "uniqueItems": true},
        "network": {"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
            "id": text(), "kind": {"type": "string", "default": "private"},
        }},
        "plan": {"anyOf": [{"type": "string", "pattern": "^p-"}, {"type": "object", "required": ["limit"], "properties": {"limit": {"type": "integer"}}}]},
        "wait": {"anyOf": [{"type": "integer"}, {"type": "string", "format": "duration"}]},
    }});
    let target = ConnectionUse::new("cloud/new", &["Get"], &["Create"]);
    let output = json!({"type": "object", "required": ["id"]});
    Manifest { output, ..manifest("build", settings, &[("target", target)], &["read"], UndoScope::Config) }
}

fn shift() -> Manifest {
    let settings = json!({"type": "object", "properties": {
        "stages": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "percent"}, "default": ["100%"]},
        "hold": {"type": "string", "format": "duration", "default": "10m"},
        "ttl": {"type": "string", "format": "duration"},
    }});
    let mut numbers = ConnectionUse::new("numbers", &["Query"], &[]);
    numbers.optional = true;
    let names = ConnectionUse::new("names", &["Get"], &["Set"]);
    manifest("shift", settings, &[("dir", names), ("metrics", numbers)], &["build"], UndoScope::Traffic)
}

impl Catalogue for Made {
    fn never_waived(&self) -> Vec<String> {
        vec!["SRC-UNKNOWN-FIELD".to_owned()]
    }

    fn migrator(&self, name: &MigratorName) -> Option<Manifest> {
        match name.as_str() {
            "read" => Some(read()),
            "build" => Some(build()),
            "shift" => Some(shift()),
            _ => None,
        }
    }

    fn migrators(&self) -> Vec<MigratorName> {
        ["read", "build", "shift"].map(|name| MigratorName::new(name).unwrap()).to_vec()
    }

    fn connection_kind(&self, name: &str) -> Option<ConnectionKindInfo> {
        let settings = match name {
            "cloud/old" | "cloud/new" => {
                json!({"type": "object", "properties": {"region": text(), "endpoint": text(), "rate": {"type": "integer"}}})
            }
            "names" => json!({"type": "object", "properties": {}}),
            "numbers" => json!({"type": "object", "required": ["url"], "properties": {"url": text()}}),
            _ => return None,
        };
        Some(ConnectionKindInfo { name: name.to_owned(), settings })
    }

    fn kinds(&self) -> Vec<String> {
        ["cloud/old", "cloud/new", "names", "numbers"].map(str::to_owned).to_vec()
    }

    fn check_settings(&self, migrator: &MigratorName, settings: &Value) -> Vec<Finding> {
        let stages: Vec<&str> =
            settings["stages"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let share = |text: &str| gateshift_model::parse_percent(text).unwrap_or_default();
        let falls = stages.windows(2).position(|pair| share(pair[0]) >= share(pair[1]));
        falls
            .filter(|_| migrator.as_str() == "shift")
            .map(|at| {
                Finding::new(
                    Severity::Block,
                    "SHIFT-STAGES",
                    format!("stages/{}", at + 1),
                    "a stage has to be above the one before",
                )
                .with_action("let the stages rise")
            })
            .into_iter()
            .collect()
    }
}

/// Checks a text with the values of `inputs`.
pub fn check_text(text: &str, inputs: &[(&str, &str)]) -> Result<Checked, Diagnostics> {
    let inputs: BTreeMap<String, String> =
        inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    check(&WorkflowSource::new("file.yaml", text), &inputs, &Made)
}
