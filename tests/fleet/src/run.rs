//! Runs for workers to do.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateshift_executor::system_clock;
use gateshift_journal::{Journal, NewRun};
use gateshift_model::{
    Actor, OnFailure, RetryPolicy, RunDefinition, RunId, StepDefinition, StepName, UndoScope, digest_bytes,
};
use serde_json::{Value, json};

use crate::builder::Builder;

/// Steps one after another, each making things.
#[must_use]
pub fn definition(steps: usize, things: u64, rests: u64, pause: u64) -> RunDefinition {
    let name = |number: usize| StepName::new(format!("step-{number}")).unwrap();
    let step = |number: usize| StepDefinition {
        name: name(number),
        uses: Builder::name(),
        version: "1".into(),
        code: None,
        needs: number.checked_sub(1).map(name).into_iter().collect(),
        with: json!({"things": things, "rests": rests, "pause": pause}),
        connections: BTreeMap::new(),
        retry: RetryPolicy::default(),
        timeout: None,
        on_failure: OnFailure::Hold,
        undo: UndoScope::Nothing,
        conditions: gateshift_model::Conditions::default(),
    };
    RunDefinition {
        format: 1,
        name: "fleet".into(),
        source_digest: digest_bytes(b"fleet"),
        inputs: BTreeMap::new(),
        connections: BTreeMap::new(),
        steps: (0..steps).map(step).collect(),
        rehearsal: Value::Null,
        waivers: Vec::new(),
        pinned: None,
        restarts: None,
    }
}

/// Records a run and offers it.
pub async fn submit(journal: &Arc<dyn Journal>, run: RunId, definition: RunDefinition) {
    let at = system_clock()();
    let new = NewRun { run, definition, engine: "0".into(), actor: Actor("user:test".into()), at };
    journal.create_run(new).await.unwrap();
    journal.offer(run).await.unwrap();
}
