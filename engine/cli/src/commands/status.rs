//! `status`: where runs stand, from the journal alone.

use std::time::Duration;

use gateshift_executor::{Driven, state_of, system_clock};
use gateshift_journal::{Journal, RunFilter, history};
use gateshift_model::{RunId, RunState, RunStatus};
use serde_json::json;

use crate::args::Status;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, describe, shift};
use crate::wiring::{Store, find_run};

/// How often a run is looked at while somebody watches it.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn run(given: &Status, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let store = Store::of(store, None)?;
    let journal = store.read().await?;
    if given.watch {
        return watch(&*journal, given.run.as_deref(), output).await;
    }
    if given.run.is_none() {
        let runs = journal.runs(RunFilter::default()).await?;
        let mut lines = Vec::new();
        for run in &runs {
            let state = state_of(&*journal, run.run).await?;
            lines.push(format!(
                "{}  {:<16} {:<12} {}",
                run.run,
                run.name,
                describe::run_status(state.status),
                run.created
            ));
        }
        let text = if lines.is_empty() { "no runs yet".to_owned() } else { lines.join("\n") };
        output.data(&json!({ "runs": runs }), &text);
        return Ok(Exit::Done);
    }
    let id = find_run(&*journal, given.run.as_deref()).await?;
    let state = state_of(&*journal, id).await?;
    let exit = super::drive::exit(&state, &driven(&state));
    output.data(&super::drive::summary(id, &state, exit), &text(&*journal, id, &state).await?);
    Ok(Exit::Done)
}

async fn text(journal: &dyn Journal, id: RunId, state: &RunState) -> Result<String, CliError> {
    let mut text = describe::run(state, system_clock()());
    for shifted in
        state.steps.values().filter_map(|step| step.output.as_ref()?.get("stages")?.as_array().cloned())
    {
        for stage in shifted {
            text.push_str(&format!(
                "  stage {}%: answered {}, measured {}\n",
                stage["share"], stage["answered"], stage["measured"]
            ));
        }
    }
    for course in shift::courses(&history(journal, id).await?)? {
        text.push_str(&shift::lines(&course));
    }
    text.push_str(&format!("run {id}"));
    Ok(text)
}

/// Shows a run whenever something was written to it, until it comes to its end or to a rest.
async fn watch(journal: &dyn Journal, run: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let id = find_run(journal, run).await?;
    let mut seen = None;
    loop {
        let state = state_of(journal, id).await?;
        let exit = super::drive::exit(&state, &driven(&state));
        let ended = matches!(state.status, RunStatus::Finished(_) | RunStatus::Interrupted);
        if seen != Some(state.updated) || ended {
            seen = Some(state.updated);
            output.again(&super::drive::summary(id, &state, exit), &text(journal, id, &state).await?);
        }
        if ended {
            return Ok(exit);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = super::drive::signalled() => return Ok(exit),
        }
    }
}

/// How the run would be reported if it had just been driven.
pub(super) fn driven(state: &RunState) -> Driven {
    match state.status {
        RunStatus::Finished(outcome) => Driven::Finished { outcome, reason: state.reason.clone() },
        _ => Driven::Interrupted { reason: state.reason.clone().unwrap_or_default() },
    }
}
