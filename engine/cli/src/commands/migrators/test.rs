//! `migrators test`: tries a migrator in every way that the engine will.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gateshift_executor::MigratorSet;
use gateshift_loader::Place;
use gateshift_model::{MigratorName, StepError};
use gateshift_step_api::Migrator;
use gateshift_trial::{Given, trial};
use serde::de::DeserializeOwned;

use super::info::unknown;
use crate::args::Test;
use crate::commands::preview::read_bytes;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{BuiltIn, Shelf};

pub(super) async fn run(given: &Test, shelf: &Shelf, output: &Output) -> Result<Exit, CliError> {
    let with = Given {
        settings: parsed(given.settings.as_bytes(), "--settings")?,
        answers: table(given.answers.as_deref())?,
        outputs: table(given.outputs.as_deref())?,
    };
    let file = Path::new(&given.name);
    let report = if given.name.contains('/') || file.is_file() {
        let library = shelf.read(file)?;
        trial(&|| library.migrator(Place::Process), &with).await
    } else if let Some(found) = shelf.added(&given.name)? {
        trial(&|| found.library.migrator(Place::Process), &with).await
    } else {
        let name = MigratorName::new(&*given.name).map_err(|_| unknown(&given.name))?;
        let migrator = BuiltIn::new().get(&name).ok_or_else(|| unknown(&given.name))?;
        let make = || -> Result<Arc<dyn Migrator>, StepError> { Ok(Arc::clone(&migrator)) };
        trial(&make, &with).await
    };
    output.data(&report, report.text().trim_end());
    Ok(if report.passed() { Exit::Done } else { Exit::Error })
}

fn table<T: DeserializeOwned + Ord, V: DeserializeOwned>(
    file: Option<&Path>,
) -> Result<BTreeMap<T, V>, CliError> {
    let Some(file) = file else { return Ok(BTreeMap::new()) };
    parsed(&read_bytes(file)?, &file.display().to_string())
}

fn parsed<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, CliError> {
    serde_json::from_slice(bytes).map_err(|error| {
        CliError::new("GS-FILE", format!("{what} is no JSON of the form that is needed: {error}"))
            .hint("see `gateshift migrators test --help`")
            .exit(Exit::Usage)
    })
}
