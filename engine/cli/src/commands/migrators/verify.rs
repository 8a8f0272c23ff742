//! `migrators verify`: is every file that was added still what it was?

use gateshift_model::{MigratorName, StepError};
use serde_json::json;

use super::info::unknown;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{Record, Shelf, Signed};

pub(super) fn run(name: Option<&MigratorName>, shelf: &Shelf, output: &Output) -> Result<Exit, CliError> {
    let mut records = shelf.records()?;
    if let Some(name) = name {
        records.retain(|record| record.name == name.as_str());
        if records.is_empty() {
            return Err(unknown(name.as_str()));
        }
    }
    let mut lines = Vec::new();
    let mut wrong = Vec::new();
    for record in &records {
        match sound(record, shelf) {
            Ok(()) => lines.push(format!("{:<12} {:<8} as it was added", record.name, record.version)),
            Err(error) => {
                lines.push(format!("{:<12} {:<8} {}", record.name, record.version, error.message));
                wrong.push(json!({ "name": record.name, "error": error }));
            }
        }
    }
    if records.is_empty() {
        lines.push("nothing was added".to_owned());
    }
    output.data(&json!({ "checked": records.len(), "wrong": wrong }), &lines.join("\n"));
    Ok(if wrong.is_empty() { Exit::Done } else { Exit::Error })
}

fn sound(record: &Record, shelf: &Shelf) -> Result<(), StepError> {
    shelf.fetch(&record.digest)?;
    // The file it came from may be gone; one that is there has to be the same.
    if record.file.exists() {
        shelf.look_at(&record.file, &record.name)?;
        if record.signer.is_some() && shelf.trusted().signer(&record.file, &record.digest)? == Signed::Not {
            return Err(StepError::permanent("GS-MIGRATOR-SIGNATURE", "its signature is gone"));
        }
    }
    Ok(())
}
