//! `audit key`: a key pair of the operator, and key files in general.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use gateshift_audit::AuditKey;
use serde_json::json;

use super::file_error;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;

pub(super) fn run(path: &Path, output: &Output) -> Result<Exit, CliError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|cause| CliError::new("GS-RUNTIME", format!("the system gives no random bytes: {cause}")))?;
    let key = AuditKey::from_seed(&seed);
    let failed = |cause: std::io::Error| file_error("write", path, &cause);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(key.to_file().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    let public = key.public();
    output.say(&format!(
        "the secret half is in {}; give this public half to those who check bundles:",
        path.display()
    ));
    output.data(&json!({ "file": path, "public": public }), &public.to_string());
    Ok(Exit::Done)
}

/// Reads a key file.
pub(in crate::commands) fn read(path: &Path) -> Result<AuditKey, CliError> {
    let text = std::fs::read_to_string(path).map_err(|cause| file_error("read", path, &cause))?;
    AuditKey::parse(&text).map_err(|error| {
        CliError::new("GS-AUDIT-KEY", format!("{}: {error}", path.display()))
            .hint("`gateshift audit key FILE` makes one")
    })
}
