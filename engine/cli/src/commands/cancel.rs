//! `cancel`: ends a run, and lists what stays of it.

use gateshift_executor::Command;
use gateshift_model::{Outcome, RunId, RunOutcome, RunState, RunStatus, UndoScope};
use serde_json::{Value, json};

use crate::args::Cancel;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;

use super::run::existing;
use super::through::{Done, at_rest, tell, through};

pub(super) async fn run(given: &Cancel, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let (store, engine, id) = existing(given.run.as_deref(), &given.endpoints, store).await?;
    let command = Command::Cancel { undo: given.undo, reason: given.reason.clone() };
    if let Done::Here(driven) = through(&engine, id, &command, output).await? {
        driven?;
    }
    engine.journal().flush().await?;
    let state = at_rest(&engine, id).await?;
    let canceled = state.status == RunStatus::Finished(RunOutcome::Canceled);
    let exit = if canceled { Exit::Done } else { Exit::Error };
    let left = left(&state);
    let said = text(id, &state, &left, &store.to_string());
    Ok(tell(id, &state, ("cancel", &said), &json!({ "left": left }), exit, output))
}

/// What the run made or changed that was not taken back.
fn left(state: &RunState) -> Vec<Value> {
    let steps = state.definition.steps.iter().filter_map(|step| Some((step, state.step(&step.name)?)));
    let steps = steps.filter(|(_, own)| own.is_touched());
    let made = |outcome| matches!(outcome, Outcome::Created | Outcome::Updated | Outcome::Deleted);
    steps
        .flat_map(|(step, own)| {
            let settled = own.settled().filter(|(_, settled)| made(settled.outcome)).map(|(key, settled)| {
                json!({"step": step.name, "operation": key, "outcome": settled.outcome, "id": settled.id})
            });
            let unclear = own
                .unsettled()
                .map(|key| json!({"step": step.name, "operation": key, "outcome": "unclear", "id": null}));
            settled.chain(unclear).collect::<Vec<_>>()
        })
        .collect()
}

fn text(id: RunId, state: &RunState, left: &[Value], store: &str) -> String {
    let mut text = super::super::show::describe::run_status(state.status).to_owned();
    if let Some(reason) = &state.reason {
        text.push_str(&format!(": {reason}"));
    }
    if left.is_empty() {
        text.push_str("\nnothing of it is left");
        return text;
    }
    text.push_str(&format!("\n{} of its operations stay:", left.len()));
    for one in left {
        let word = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let id = one["id"].as_str().map(|id| format!(" ({id})")).unwrap_or_default();
        text.push_str(&format!("\n  {}: {} {}{id}", word("step"), word("outcome"), word("operation")));
    }
    let traffic = state.definition.steps.iter().any(|step| {
        UndoScope::Traffic.covers(step.undo) && state.step(&step.name).is_some_and(|own| own.is_touched())
    });
    if traffic {
        text.push_str("\nthe traffic stays where it is");
    }
    text.push_str(&format!("\ntake it back with: gateshift rollback {id} --scope all --store {store}"));
    text
}
