//! `plan`: what a run would do, without doing it.

mod file;
mod text;

use std::fs::File;
use std::io::BufWriter;

use gateshift_model::RunDefinition;
use serde_json::{Value, json};

use super::load;
use super::preview::{preview, unwritable};
use crate::args::Plan;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{Store, from_file};

pub(crate) use file::PlanFile;

pub(super) async fn run(given: &Plan, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let checked = load::workflow(&given.workflow, output)?;
    let rehearsal = from_file(given.endpoints.endpoints.as_deref())?;
    let store = Store::of(store, Some(&given.workflow.workflow))?;
    let definition = RunDefinition { rehearsal: rehearsal.frozen(), ..checked.definition };
    let seen = preview(&definition, &rehearsal, &store, given.snapshot.as_deref(), output).await?;
    let file = PlanFile::of(&definition, seen)?;
    if let Some(path) = &given.output {
        let written = File::create(path).and_then(|to| file.write_to(BufWriter::new(to)));
        written.map_err(|error| unwritable(path, &error))?;
        output.say(&format!("the plan is in {}", path.display()));
    }
    let document = || json!({"summary": text::Numbers::of(&file).json(), "plan": file});
    let document = if output.json { document() } else { Value::Null };
    output.data(&document, &text::text(&file, given.full));
    Ok(exit(&file))
}

/// 3 when something stands in the way, 2 when something would be changed, else 0.
fn exit(file: &PlanFile) -> Exit {
    match (file.is_blocked(), file.has_changes()) {
        (true, _) => Exit::Blocked,
        (false, true) => Exit::Changes,
        (false, false) => Exit::Done,
    }
}
