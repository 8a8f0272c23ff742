//! `audit`: is a history whole, and may a stranger have it.

mod export;
mod key;
mod read;
mod verify;

#[cfg(test)]
mod tests;

pub(super) use key::read as read_key;

use std::path::Path;

use gateshift_audit::{BundleError, Damage};

use crate::args::Audit;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;

pub(super) async fn run(given: &Audit, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    match given {
        Audit::Verify(verify) => verify::run(verify, store, output).await,
        Audit::Export(export) => export::run(export, store, output).await,
        Audit::Key { file } => key::run(file, output),
    }
}

/// A file that cannot be read or written.
fn file_error(what: &str, path: &Path, cause: &std::io::Error) -> CliError {
    let hint = if cause.kind() == std::io::ErrorKind::AlreadyExists {
        "give another path, or move the older file away: nothing is written over"
    } else {
        "check the path, and that you may read and write there"
    };
    CliError::new("GS-AUDIT-FILE", format!("cannot {what} {}: {cause}", path.display())).hint(hint)
}

fn damaged(run: impl std::fmt::Display, damage: &Damage) -> CliError {
    CliError::new(damage.code(), format!("run {run}: {damage}")).hint(damage.hint())
}

impl From<BundleError> for CliError {
    fn from(error: BundleError) -> Self {
        Self::new(error.code(), error.to_string()).hint(error.hint())
    }
}
