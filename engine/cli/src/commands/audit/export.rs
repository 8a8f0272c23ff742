//! `audit export`: a run's history in a file of its own.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use gateshift_audit::{AuditKey, Bundle};
use gateshift_executor::system_clock;
use serde_json::json;

use super::read::whole;
use super::{damaged, file_error};
use crate::args::Export;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{Store, find_run};

pub(super) async fn run(given: &Export, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let key = given.key.as_deref().map(super::key::read).transpose()?;
    let store = Store::of(store, None)?;
    let journal = store.read().await?;
    let run = find_run(&*journal, given.run.as_deref()).await?;
    let whole = whole(&*journal, run).await?;
    let (events, artifacts) = (whole.sound.events, whole.artifacts.len());
    let bundle = Bundle::new(run, whole.events, whole.artifacts).map_err(|damage| damaged(run, &damage))?;
    let text = bundle.text(env!("CARGO_PKG_VERSION"), system_clock()(), key.as_ref());
    if given.output == Path::new("-") {
        output.line(text.trim_end());
        return Ok(Exit::Done);
    }
    write(&given.output, &text)?;
    let path = given.output.display();
    let signed = key.as_ref().map(AuditKey::public);
    let vouched = match &signed {
        Some(key) => format!("signed by {key}"),
        None => "not signed: without `--key` nobody vouches for it".to_owned(),
    };
    let value = json!({
        "run": run, "file": given.output, "events": events, "artifacts": artifacts,
        "bytes": text.len(), "signed": signed,
        "last": {"seq": events, "hash": bundle.sound().last},
    });
    let check = gateshift_audit::shell(&path.to_string());
    let text = format!(
        "run {run}: {events} events and {artifacts} artifacts are in {path}, {vouched}\n\
         check it with: gateshift audit verify --bundle {check}"
    );
    output.data(&value, &text);
    Ok(Exit::Done)
}

/// Writes a new file, whole or not at all.
fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let failed = |cause: std::io::Error| file_error("write", path, &cause);
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a bundle would only pass for a damaged one.
        let _ = std::fs::remove_file(path);
    }
    written.map_err(failed)
}
