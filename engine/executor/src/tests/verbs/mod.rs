//! The verbs: each in every state a run can be in, at rest and through the process that drives it.

mod acts;
mod live;
mod table;

use std::sync::Arc;

use gateshift_model::{RunDefinition, RunId, StepError, UndoScope};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::testing::{Act, Lab, definition, name, step};
use crate::{Command, Driven, Engine, EngineError, NoWatcher};

/// `a` and `b` make objects, `share` carries traffic, `last` comes after all.
fn workflow(b: Value) -> RunDefinition {
    let mut share = step("share", &["b"], json!({"objects": 1}));
    share.undo = UndoScope::Traffic;
    definition(vec![
        step("a", &[], json!({"objects": 2})),
        step("b", &["a"], b),
        share,
        step("last", &["share"], json!({"objects": 1})),
    ])
}

fn no() -> Act {
    Act::WorkThenFail(StepError::permanent("GS-NO", "no"))
}

async fn act(engine: &Engine, run: RunId, command: &Command) -> Result<Driven, EngineError> {
    engine.act(run, command, CancellationToken::new(), Arc::new(NoWatcher)).await
}

async fn resume(lab: &Lab, run: RunId) -> Result<Driven, EngineError> {
    lab.successor().resume(run, CancellationToken::new(), Arc::new(NoWatcher)).await
}

fn why() -> String {
    "test".to_owned()
}

fn pause() -> Command {
    Command::Pause { connection: None, reason: why() }
}

fn cancel(undo: bool) -> Command {
    Command::Cancel { undo, reason: why() }
}

fn retry() -> Command {
    Command::Retry { step: None, reason: why() }
}

fn rerun(from: &str) -> Command {
    Command::Rerun { from: name(from), reason: why() }
}

fn skip(step: &str) -> Command {
    Command::Skip { step: name(step), reason: why(), risk: "nobody looked".into() }
}
