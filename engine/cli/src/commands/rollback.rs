//! `rollback`: through the process that drives the run if there is one, else by this process.

use gateshift_executor::{Command, Engine, undo_order};
use gateshift_model::{RunId, Severity, UndoScope};
use serde_json::{Value, json};

use crate::args::{Rollback, Scope};
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;

use super::run::{existing, finish};
use super::through::{Done, at_rest, through};

pub(super) async fn run(given: &Rollback, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let (store, engine, id) = existing(given.run.as_deref(), &given.endpoints, store).await?;
    let scope = match given.scope {
        Scope::Traffic => UndoScope::Traffic,
        Scope::Config => UndoScope::Config,
        Scope::All => UndoScope::All,
    };
    if given.preview {
        return preview(&engine, id, scope, output).await;
    }
    let command = Command::Rollback { scope, reason: given.reason.clone() };
    let driven = match through(&engine, id, &command, output).await? {
        Done::There(_) => Ok(super::status::driven(&at_rest(&engine, id).await?)),
        Done::Here(driven) => driven,
    };
    finish(&engine, id, driven, &store, Severity::Decide, output).await
}

/// What would be taken back, in order, from the journal alone.
async fn preview(engine: &Engine, id: RunId, scope: UndoScope, output: &Output) -> Result<Exit, CliError> {
    let state = engine.state(id).await?;
    let (mut steps, mut lines): (Vec<Value>, Vec<String>) = (Vec::new(), Vec::new());
    for name in undo_order(&state, scope) {
        let Some(own) = state.step(&name) else { continue };
        let carries = state.definition.step(&name).map_or(UndoScope::Nothing, |step| step.undo);
        let word = if UndoScope::Traffic.covers(carries) || carries == UndoScope::All {
            "traffic"
        } else {
            "objects"
        };
        lines.push(format!("{name} ({word})"));
        lines.extend(own.settled().map(|(key, settled)| {
            let id = settled.id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
            let outcome = format!("{:?}", settled.outcome).to_lowercase();
            format!("  {outcome} {key}{id}")
        }));
        lines.extend(own.unsettled().map(|key| format!("  unclear {key}: it is looked up first")));
        steps.push(json!({
            "step": name,
            "carries": carries,
            "operations": own.settled().map(|(key, settled)| json!({"key": key, "outcome": settled.outcome, "id": settled.id})).collect::<Vec<_>>(),
            "unclear": own.unsettled().collect::<Vec<_>>(),
        }));
    }
    let exit = if steps.is_empty() { Exit::Done } else { Exit::Changes };
    if lines.is_empty() {
        lines.push("nothing is left to take back".to_owned());
    }
    output.data(&json!({"run": id, "scope": scope, "steps": steps}), &lines.join("\n"));
    Ok(exit)
}
