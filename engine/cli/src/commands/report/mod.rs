//! `report`: the whole migration as one page, from the journal alone: how it stands, findings, plans,
//! checkpoints, the comparison, the course of the shift, and the history.

mod chart;
mod page;

use gateshift_executor::{event_of, state_of};
use gateshift_journal::{Journal, history};
use gateshift_model::{ArtifactRef, Plan};
use serde_json::json;

use crate::args::Report;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, shift};
use crate::wiring::{Store, find_run};

pub(super) async fn run(given: &Report, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let store = Store::of(store, None)?;
    let journal = store.read().await?;
    let id = find_run(&*journal, given.run.as_deref()).await?;
    let state = state_of(&*journal, id).await?;
    let events = history(&*journal, id).await?;
    let courses = shift::courses(&events)?;
    let mut told = Vec::new();
    for envelope in &events {
        told.push((envelope.seq, envelope.at, envelope.actor.to_string(), event_of(envelope)?));
    }
    let mut plans = Vec::new();
    for step in &state.definition.steps {
        let known = state.step(&step.name).and_then(|own| own.plan.as_ref());
        plans.push((step.name.clone(), plan(&*journal, known).await));
    }
    let text = page::page(&page::Content {
        run: id,
        state: &state,
        plans: &plans,
        courses: &courses,
        events: &told,
    });
    let Some(path) = &given.output else {
        output.line(text.trim_end());
        return Ok(Exit::Done);
    };
    std::fs::write(path, &text).map_err(|error| {
        CliError::new("GS-FILE", format!("{} cannot be written: {error}", path.display()))
            .hint("give another file with `-o`")
    })?;
    let said = format!("the report is in {}", path.display());
    output.data(&json!({"run": id, "file": path, "bytes": text.len()}), &said);
    Ok(Exit::Done)
}

/// A plan that is not there any more is left out: the rest of the report is worth reading all the same.
async fn plan(journal: &dyn Journal, known: Option<&ArtifactRef>) -> Option<Plan> {
    let bytes = journal.get_artifact(&known?.digest).await.ok()?;
    serde_json::from_slice(&bytes).ok()
}
