//! `demo`: the whole job against the built-in lab, while an independent client sends requests through
//! DNS all the time.

mod summary;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use gateshift_executor::Engine;
use gateshift_lab::{Lab, LabOptions, LoadClient};
use gateshift_model::{RunDefinition, RunId};
use gateshift_planner::WorkflowSource;

use crate::args::Demo;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, watcher};
use crate::wiring::{BuiltIn, Store, engine, from_lab};

use super::drive::{Course, drive};
use super::load;
use summary::Summary;

const WORKFLOW: &str = include_str!("../../../../../workflows/quickstart.yaml");
/// How long the client goes on after the last step, so that late failures show.
const AFTERWARDS: Duration = Duration::from_millis(500);

pub(super) async fn run(given: &Demo, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let started = Instant::now();
    let workflow = workflow(given)?;
    let options = LabOptions {
        account: super::lab::account(given.scenario.as_deref(), given.seed, given.routes)?,
        speed: given.speed,
        record: given.record.clone(),
        person: true,
        ..LabOptions::default()
    };
    let lab = Lab::start(options).await?;
    let endpoints = lab.endpoints();
    let mut inputs = BTreeMap::from([
        ("gateway".to_owned(), endpoints.gateway.clone()),
        ("region".to_owned(), endpoints.region.clone()),
        ("metrics".to_owned(), endpoints.endpoints.get("prometheus").cloned().unwrap_or_default()),
        ("allowEdited".to_owned(), "true".to_owned()),
    ]);
    // A workflow of one's own may look after its logs otherwise.
    if workflow.text.contains("logProject:") {
        inputs.insert("logProject".to_owned(), endpoints.log_project.clone());
    }
    output.say(&format!(
        "a gateway of the lab, {} times faster than real time: {}",
        given.speed, endpoints.gateway
    ));
    output
        .say("the demo plays the person at the console, too: tracing of the target is set like the source's");
    let folder = given.workflow.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let migrators = BuiltIn::beside(folder.to_owned());
    let checked = load::checked(&workflow, &inputs, &migrators, output)?;

    let store = store_of(store)?;
    let journal = store.store.open().await?;
    let rehearsal = from_lab(endpoints)?;
    let (engine, _) =
        engine(journal.clone(), &BuiltIn::on(store.store.shelf()), &rehearsal, store.store.seal_key_file())?;
    store.store.shelf().keep_all(&checked.definition)?;
    let client = lab
        .load_client(given.rate)
        .map_err(|error| CliError::new("GS-LAB", format!("the load client cannot start: {error}")))?;
    let id = engine.submit(RunDefinition { rehearsal: rehearsal.frozen(), ..checked.definition }).await?;
    let driven = drive(&engine, id, Course::Begin, watcher(output)).await;
    tokio::time::sleep(AFTERWARDS).await;
    let result = report(&engine, id, &lab, client, started).await;
    let flushed = journal.flush().await;
    lab.shutdown().await;
    driven?;
    let (summary, exit) = result?;
    flushed?;
    output.data(&summary, &summary.text(store.kept.then_some(&store.store)));
    let exit = if exit == Exit::Done && !summary.is_clean() { Exit::Error } else { exit };
    if exit != Exit::Done {
        let state = engine.state(id).await?;
        output.say(&crate::show::describe::run(&state, state.updated));
    }
    Ok(exit)
}

fn workflow(given: &Demo) -> Result<WorkflowSource, CliError> {
    let Some(path) = &given.workflow else { return Ok(WorkflowSource::new("quickstart.yaml", WORKFLOW)) };
    let text = std::fs::read_to_string(path).map_err(|error| {
        CliError::new("GS-WF-UNREADABLE", format!("cannot read {}: {error}", path.display()))
            .hint("check the path of the workflow file")
    })?;
    Ok(WorkflowSource::new(path.display().to_string(), text))
}

/// Where the demo's journal is; one that nobody asked to keep goes with the demo.
struct DemoStore {
    store: Store,
    kept: bool,
    folder: Option<std::path::PathBuf>,
}

fn store_of(option: Option<&str>) -> Result<DemoStore, CliError> {
    if option.is_some() {
        return Ok(DemoStore { store: Store::of(option, None)?, kept: true, folder: None });
    }
    let folder = std::env::temp_dir().join(format!("gateshift-demo-{}", uuid::Uuid::now_v7()));
    let file = folder.join("journal.db");
    Ok(DemoStore {
        store: Store::of(Some(&file.display().to_string()), None)?,
        kept: false,
        folder: Some(folder),
    })
}

impl Drop for DemoStore {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // A leftover in the temporary folder is no reason to fail.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

async fn report(
    engine: &Engine,
    id: RunId,
    lab: &Lab,
    client: LoadClient,
    started: Instant,
) -> Result<(Summary, Exit), CliError> {
    let load = client.stop().await;
    let state = engine.state(id).await?;
    let driven = super::status::driven(&state);
    let exit = super::drive::exit(&state, &driven);
    let summary = Summary::new(id, &state, lab, &load, started.elapsed());
    Ok((summary, exit))
}
