//! `assess`: read a source gateway and say what can be carried over. A short word for the workflow
//! `assess-only.yaml`, which comes with the binary; with a snapshot nothing is read and no run is made.

mod html;
mod junit;
mod markdown;
mod report;
#[cfg(test)]
mod testing;
mod traffic;

use std::collections::BTreeMap;
use std::path::Path;

use gateshift_assess::Snapshot;
use gateshift_executor::{Answered, Known, answered, system_clock};
use gateshift_model::{Plan, RunDefinition, Severity};
use gateshift_planner::WorkflowSource;
use serde_json::json;

use super::drive::{self, Course};
use super::load;
use super::preview::{ASSESS, failure, preview, read_bytes, write};
use super::run::finish;
use crate::args::{Assess, Format};
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, watcher};
use crate::wiring::{BuiltIn, Rehearsal, Store, check_connections, engine, from_file};
use report::Report;

const WORKFLOW: &str = include_str!("../../../../../workflows/assess-only.yaml");

pub(super) async fn run(given: &Assess, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let definition = definition(given, output)?;
    let rehearsal = from_file(given.endpoints.endpoints.as_deref())?;
    let definition = RunDefinition { rehearsal: rehearsal.frozen(), ..definition };
    let store = Store::of(store, None)?;
    match &given.snapshot {
        Some(path) => offline(given, &definition, &rehearsal, &store, path, output).await,
        None => live(given, definition, &rehearsal, &store, output).await,
    }
}

/// The frozen workflow of the command, with what the command line adds to it.
fn definition(given: &Assess, output: &Output) -> Result<RunDefinition, CliError> {
    let kept = given.snapshot.as_deref().map(read_bytes).transpose()?;
    let kept = kept.as_deref().map(Snapshot::parse).transpose()?;
    let of = |wanted: Option<String>, kept: Option<String>| wanted.or(kept).unwrap_or_default();
    let gateway = of(given.gateway.clone(), kept.as_ref().map(|kept| kept.gateway.clone()));
    let region = of(kept.map(|kept| kept.region), Some(given.region.clone()));
    let mut definition = frozen(&gateway, &region, given.allow_edited, output)?;
    if let Some(path) = &given.waivers {
        definition.waivers = load::waivers(path, output)?;
    }
    if let Some(path) = &given.traffic {
        let counts = traffic::count(path)?;
        for step in &mut definition.steps {
            step.with["traffic"] = json!(counts);
        }
    }
    Ok(definition)
}

/// The workflow that comes with the binary, for one gateway.
pub(super) fn frozen(
    gateway: &str,
    region: &str,
    allow_edited: bool,
    output: &Output,
) -> Result<RunDefinition, CliError> {
    let inputs = BTreeMap::from([
        ("gateway".to_owned(), gateway.to_owned()),
        ("region".to_owned(), region.to_owned()),
        ("allowEdited".to_owned(), allow_edited.to_string()),
    ]);
    let source = WorkflowSource::new("assess-only.yaml", WORKFLOW);
    Ok(load::checked(&source, &inputs, &BuiltIn::new(), output)?.definition)
}

async fn live(
    given: &Assess,
    definition: RunDefinition,
    rehearsal: &Rehearsal,
    store: &Store,
    output: &Output,
) -> Result<Exit, CliError> {
    let journal = store.open().await?;
    let (engine, hosts) =
        engine(journal.clone(), &BuiltIn::on(store.shelf()), rehearsal, store.seal_key_file())?;
    check_connections(&hosts, &definition)?;
    let id = engine.submit(definition.clone()).await?;
    let driven = drive::drive(&engine, id, Course::Begin, watcher(output)).await;
    let flushed = engine.journal().flush().await;
    let driven = driven?;
    flushed?;
    let state = engine.state(id).await?;
    let planned = state.steps.values().find_map(|step| step.plan.clone());
    let blocked = drive::exit(&state, &driven);
    let Some(planned) = planned.filter(|_| matches!(blocked, Exit::Done | Exit::Blocked)) else {
        // It came to no verdict: the run itself is what there is to tell.
        return finish(&engine, id, Ok(driven), store, Severity::Info, output).await;
    };
    let bytes = journal.get_artifact(&planned.digest).await?;
    let plan: Plan = serde_json::from_slice(&bytes)
        .map_err(|error| CliError::new("GS-PLAN-LOST", format!("the stored plan cannot be read: {error}")))?;
    let answered = judged(&definition, &plan);
    let report = Report::of(&plan, answered, Some(id));
    let plain = given.format.is_none() && given.output.is_none();
    if plain && output.json {
        output.data(&drive::summary(id, &state, blocked), "");
    } else {
        tell(given, &report, output)?;
        if plain {
            output.line(&format!("run {id}\n{}", report.account()));
        }
    }
    Ok(report.exit(given.fail_on.map(Severity::from)))
}

async fn offline(
    given: &Assess,
    definition: &RunDefinition,
    rehearsal: &Rehearsal,
    store: &Store,
    snapshot: &Path,
    output: &Output,
) -> Result<Exit, CliError> {
    let seen = preview(definition, rehearsal, store, Some(snapshot), output).await?;
    if let Some(error) = failure(&seen) {
        return Err(error);
    }
    let planned = seen.steps.iter().find_map(|one| match &one.known {
        Known::Planned { plan, answered, .. } => Some((plan, answered)),
        _ => None,
    });
    let Some((plan, answered)) = planned else {
        return Err(CliError::new("GS-PLAN-LOST", "the snapshot gave no verdict"));
    };
    let report = Report::of(plan, answered.clone(), None);
    tell(given, &report, output)?;
    if given.format.is_none() && given.output.is_none() && !output.json {
        output.line(&report.account());
    }
    Ok(report.exit(given.fail_on.map(Severity::from)))
}

fn judged(definition: &RunDefinition, plan: &Plan) -> Answered {
    let never = BuiltIn::new().never_waived_by(ASSESS);
    answered(&plan.findings, &definition.waivers, never, system_clock()())
}

/// Prints or writes the report in the form that was asked for.
fn tell(given: &Assess, report: &Report, output: &Output) -> Result<(), CliError> {
    let format = given.format.unwrap_or_else(|| match &given.output {
        Some(path) => by_name(path),
        None if output.json => Format::Json,
        None => Format::Table,
    });
    let text = match format {
        Format::Table => report.table(),
        Format::Json => serde_json::to_string_pretty(&report.json()).unwrap_or_default(),
        Format::Md => markdown::page(report),
        Format::Html => html::page(report),
        Format::Junit => junit::document(report, given.fail_on.map_or(Severity::Decide, Severity::from)),
    };
    // Whoever asked for a form gets the account in it; a table ends with it.
    let text = match (format, given.format.is_some() || given.output.is_some()) {
        (Format::Table, true) => format!("{}\n{}\n", text.trim_end(), report.account()),
        _ => format!("{}\n", text.trim_end()),
    };
    match &given.output {
        Some(path) => {
            write(path, text.as_bytes())?;
            output.say(&format!("the report is in {}; {}", path.display(), report.account()));
        }
        None => output.line(text.trim_end()),
    }
    Ok(())
}

/// The form that the name of a file asks for.
fn by_name(path: &Path) -> Format {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => Format::Json,
        Some("md") => Format::Md,
        Some("html" | "htm") => Format::Html,
        Some("xml") => Format::Junit,
        _ => Format::Table,
    }
}
