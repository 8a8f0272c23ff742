//! `run`, `submit`, `resume` and `restart`.

use std::path::Path;

use gateshift_executor::{Driven, Engine, EngineError, state_of};
use gateshift_journal::NewArtifact;
use gateshift_model::{RunDefinition, RunId, Severity};
use serde_json::json;

use crate::args::{Begin, Endpoints, Restart, Resume, Run};
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, watcher};
use crate::wiring::{BuiltIn, Rehearsal, Store, check_connections, engine, find_run, from_file, of_run};

use super::drive::{Course, drive, report};
use super::load;
use super::plan::PlanFile;
use super::preview::preview;

/// Most of what has moved that a message names.
const NAMED: usize = 8;

pub(super) async fn run(given: &Begin, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let wanted = Wanted::read(&given.run, store, output).await?;
    let Wanted { definition, rehearsal, store, .. } = &wanted;
    let (engine, hosts) =
        engine(store.open().await?, &BuiltIn::on(store.shelf()), rehearsal, store.seal_key_file())?;
    let engine = engine.patient(!given.patience.no_wait);
    check_connections(&hosts, definition)?;
    let id = wanted.submit(&engine).await?;
    output.say(&format!("run {id}"));
    let driven = drive(&engine, id, Course::Begin, watcher(output)).await;
    finish(&engine, id, driven, &wanted.store, Severity::Decide, output).await
}

/// Records a run and offers it to the workers. What it needs besides the journal is theirs to have.
pub(super) async fn submit(given: &Run, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let wanted = Wanted::read(given, store, output).await?;
    let Wanted { rehearsal, store, .. } = &wanted;
    let journal = store.open_to_submit().await?;
    let (engine, _) = engine(journal, &BuiltIn::on(store.shelf()), rehearsal, store.seal_key_file())?;
    let id = wanted.submit(&engine).await?;
    engine.journal().offer(id).await?;
    engine.journal().flush().await?;
    let text = format!("{id}\n");
    output.say("the next free `gateshift worker` of this journal drives it");
    output.data(&json!({ "run": id }), &text);
    Ok(Exit::Done)
}

/// A run that is asked for, checked as far as that is possible before it is recorded.
struct Wanted {
    definition: RunDefinition,
    rehearsal: Rehearsal,
    store: Store,
    approved: Option<NewArtifact>,
}

impl Wanted {
    async fn read(given: &Run, store: Option<&str>, output: &Output) -> Result<Self, CliError> {
        let checked = load::workflow(&given.workflow, output)?;
        let rehearsal = from_file(given.endpoints.endpoints.as_deref())?;
        let store = Store::of(store, Some(&given.workflow.workflow))?;
        let definition = RunDefinition { rehearsal: rehearsal.frozen(), ..checked.definition };
        let approved = match &given.plan {
            Some(path) => Some(approved(path, &definition, &rehearsal, &store, output).await?),
            None => None,
        };
        Ok(Self { definition, rehearsal, store, approved })
    }

    async fn submit(&self, engine: &Engine) -> Result<RunId, CliError> {
        // Whoever goes on with it needs the very files it began with.
        self.store.shelf().keep_all(&self.definition)?;
        let definition = self.definition.clone();
        Ok(match &self.approved {
            Some(plan) => engine.submit_pinned(definition, plan.clone()).await?,
            None => engine.submit(definition).await?,
        })
    }
}

/// The approved plan, after it has been held against the world as it is.
async fn approved(
    path: &Path,
    definition: &RunDefinition,
    rehearsal: &Rehearsal,
    store: &Store,
    output: &Output,
) -> Result<NewArtifact, CliError> {
    let plan = PlanFile::read(path)?;
    let seen = preview(definition, rehearsal, store, None, output).await?;
    let now = PlanFile::of(definition, seen)?;
    let moved = plan.moved(&now);
    if moved.is_empty() {
        return Ok(NewArtifact::new("approved-plan", "application/json", plan.bytes()));
    }
    let more = match moved.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let named = moved[..moved.len().min(NAMED)].join("; ");
    Err(CliError::new("GS-PLAN-STALE", format!("the approved plan does not hold any more: {named}{more}"))
        .hint("nothing was run; look at what moved with `gateshift diff`, plan again, and have the new plan approved")
        .details(json!({ "moved": moved }))
        .exit(Exit::Blocked))
}

pub(super) async fn resume(given: &Resume, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    if let Some(connection) = &given.connection {
        return super::pause::lift(given, connection, store, output).await;
    }
    let (store, engine, id) = existing(given.run.as_deref(), &given.endpoints, store).await?;
    let engine = engine.patient(!given.patience.no_wait);
    super::swap::swap(given, &store, &engine, id, output).await?;
    let course = Course::Resume(given.cause_resolved.clone());
    let driven = drive(&engine, id, course, watcher(output)).await;
    finish(&engine, id, driven, &store, Severity::Decide, output).await
}

pub(super) async fn restart(given: &Restart, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let (store, engine, old) = existing(given.run.as_deref(), &given.endpoints, store).await?;
    let engine = engine.patient(!given.patience.no_wait);
    let id = engine.restart(old).await?;
    output.say(&format!("run {id}, from the definition of run {old}"));
    let driven = drive(&engine, id, Course::Begin, watcher(output)).await;
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
    let (engine, _) = engine(journal, &BuiltIn::on(store.shelf()), &rehearsal, store.seal_key_file())?;
    Ok((store, engine, id))
}

/// A command that goes on with a run has nothing to do with a new, empty journal.
pub(super) fn must_exist(store: &Store) -> Result<(), CliError> {
    if store.may_exist() {
        return Ok(());
    }
    Err(CliError::new("GS-JOURNAL-OPEN", format!("there is no journal at {store}"))
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
        Ok(driven) => report(engine, id, &driven, &store.to_string(), from, output).await,
        Err(error) => Err(CliError::from(error)),
    };
    // What is still on its way (relaxed events) belongs into the journal before the process ends.
    let flushed = engine.journal().flush().await;
    let exit = result?;
    flushed?;
    Ok(exit)
}
