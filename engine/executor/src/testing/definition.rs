//! Small workflows.

use std::collections::BTreeMap;

use gateshift_model::{
    OnFailure, RetryPolicy, RunDefinition, StepDefinition, StepName, UndoScope, digest_bytes,
};
use serde_json::Value;

pub(crate) fn name(text: &str) -> StepName {
    StepName::new(text).unwrap()
}

pub(crate) fn step(text: &str, needs: &[&str], with: Value) -> StepDefinition {
    StepDefinition {
        name: name(text),
        uses: gateshift_model::MigratorName::new("maker").unwrap(),
        version: "1".into(),
        code: None,
        needs: needs.iter().map(|need| name(need)).collect(),
        with,
        connections: BTreeMap::new(),
        retry: RetryPolicy::default(),
        timeout: None,
        on_failure: OnFailure::Hold,
        undo: UndoScope::Config,
        conditions: gateshift_model::Conditions::default(),
    }
}

pub(crate) fn definition(steps: Vec<StepDefinition>) -> RunDefinition {
    RunDefinition {
        format: 1,
        name: "test".into(),
        source_digest: digest_bytes(b""),
        inputs: BTreeMap::new(),
        connections: BTreeMap::new(),
        steps,
        rehearsal: Value::Null,
        waivers: Vec::new(),
        pinned: None,
        restarts: None,
    }
}
