//! `drift`: what has changed at the source since a run read it.

use gateshift_executor::state_of;
use gateshift_gateway_model::{Assessed, Inventory, diff};
use gateshift_model::RunDefinition;
use serde_json::json;

use super::diff::changes;
use super::preview::{ASSESS, failure, inventory, preview};
use crate::args::Drift;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{Store, find_run, of_run};

pub(super) async fn run(given: &Drift, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let store = Store::of(store, None)?;
    let journal = store.read().await?;
    let id = find_run(&*journal, given.run.as_deref()).await?;
    let state = state_of(&*journal, id).await?;
    let unread = || {
        CliError::new("GS-NO-INVENTORY", format!("run {id} has not read a source"))
            .hint("give a run whose step `assess` is done; `gateshift status` lists them")
    };
    let assess = state.definition.steps.iter().find(|step| step.uses.as_str() == ASSESS);
    let assess = assess.ok_or_else(unread)?;
    let read = state.step(&assess.name).and_then(|found| found.output.clone()).ok_or_else(unread)?;
    let read: Assessed = serde_json::from_value(read).map_err(|_| unread())?;
    let before = Inventory::parse(&journal.get_artifact(&read.inventory.digest).await?)?;

    let rehearsal = of_run(&state.definition, given.endpoints.endpoints.as_deref())?;
    let only = RunDefinition { steps: vec![assess.clone()], ..state.definition.clone() };
    let seen = preview(&only, &rehearsal, &store, None, output).await?;
    if let Some(error) = failure(&seen) {
        return Err(error);
    }
    let after = inventory(&only, &seen)?.ok_or_else(unread)?;
    let changed = diff::compare(&before, &after);
    let text = if changed.is_empty() {
        format!("the source is as run {id} read it")
    } else {
        format!("{}since run {id} read the source, {} objects have changed", changes(&changed), changed.len())
    };
    output.data(&json!({"run": id, "changed": changed}), &text);
    Ok(if changed.is_empty() { Exit::Done } else { Exit::Changes })
}
