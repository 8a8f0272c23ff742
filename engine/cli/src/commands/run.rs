//! `run` and `resume`.

use std::collections::BTreeMap;
use std::path::Path;

use gateshift_executor::{Driven, Engine, EngineError, state_of};
use gateshift_model::{RunDefinition, RunId, Severity};

use crate::args::{Endpoints, OneRun, Run};
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, watcher};
use crate::wiring::{BuiltIn, Store, check_connections, engine, find_run, from_file, of_run};

use super::drive::{Course, drive, report};
use super::load;

pub(super) async fn run(given: &Run, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let checked = load::workflow(&given.workflow, output)?;
    let rehearsal = from_file(given.endpoints.endpoints.as_deref())?;
    let store = Store::of(store, Some(&given.workflow.workflow))?;
    let journal = store.open().await?;
    let (engine, hosts) = engine(journal.clone(), &BuiltIn::new(), &rehearsal, store.seal_key_file())?;
    check_connections(&hosts, &checked.definition)?;
    let id = engine.submit(RunDefinition { rehearsal: rehearsal.frozen(), ..checked.definition }).await?;
    output.say(&format!("run {id}"));
    let driven = drive(&engine, id, Course::Begin, watcher(output)).await;
    finish(&engine, id, driven, &store, Severity::Decide, output).await
}

pub(super) async fn resume(given: &OneRun, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let (store, engine, id) = existing(given.run.as_deref(), &given.endpoints, store).await?;
    let driven = drive(&engine, id, Course::Resume, watcher(output)).await;
    finish(&engine, id, driven, &store, Severity::Decide, output).await
}

/// A run that is in the journal already, with an engine over it.
pub(super) async fn existing(
    run: Option<&str>,
    endpoints: &Endpoints,
    store: Option<&str>,
) -> Result<(Store, Engine, RunId), CliError> {
    let store = Store::of(store, None)?;
    must_exist(&store)?;
    let journal = store.open().await?;
    let id = find_run(&*journal, run).await?;
    let state = state_of(&*journal, id).await?;
    let rehearsal = of_run(&state.definition, endpoints.endpoints.as_deref())?;
    let (engine, _) = engine(journal, &BuiltIn::new(), &rehearsal, store.seal_key_file())?;
    Ok((store, engine, id))
}

/// A command that goes on with a run has nothing to do with a new, empty journal.
fn must_exist(store: &Store) -> Result<(), CliError> {
    if store.path().exists() {
        return Ok(());
    }
    Err(CliError::new("GS-JOURNAL-OPEN", format!("there is no journal at {}", store.path().display()))
        .hint("give the journal of the run with `--store`, or go to the folder of its workflow"))
}

pub(super) async fn finish(
    engine: &Engine,
    id: RunId,
    driven: Result<Driven, EngineError>,
    store: &Store,
    from: Severity,
    output: &Output,
) -> Result<Exit, CliError> {
    let result = match driven {
        Ok(driven) => report(engine, id, &driven, &store.path().display().to_string(), from, output).await,
        Err(error) => Err(CliError::from(error)),
    };
    // What is still on its way (relaxed events) belongs into the journal before the process ends.
    let flushed = engine.journal().flush().await;
    let exit = result?;
    flushed?;
    Ok(exit)
}

/// Runs a workflow that comes with the binary, and shows every finding of it.
pub(super) async fn embedded(
    name: &str,
    text: &str,
    inputs: &BTreeMap<String, String>,
    store: Option<&str>,
    endpoints: Option<&Path>,
    output: &Output,
) -> Result<Exit, CliError> {
    let source = gateshift_planner::WorkflowSource::new(name, text);
    let checked = load::checked(&source, inputs, output)?;
    let rehearsal = from_file(endpoints)?;
    let store = Store::of(store, None)?;
    let journal = store.open().await?;
    let (engine, hosts) = engine(journal.clone(), &BuiltIn::new(), &rehearsal, store.seal_key_file())?;
    check_connections(&hosts, &checked.definition)?;
    let id = engine.submit(RunDefinition { rehearsal: rehearsal.frozen(), ..checked.definition }).await?;
    let driven = drive(&engine, id, Course::Begin, watcher(output)).await;
    finish(&engine, id, driven, &store, Severity::Info, output).await
}
