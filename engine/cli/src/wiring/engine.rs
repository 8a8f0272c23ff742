//! The engine over the journal, the built-in migrators, and hosts.

use std::path::PathBuf;
use std::sync::Arc;

use gateshift_executor::{Engine, EngineOptions};
use gateshift_host::{EnvironmentSource, Hosts, HostsOptions};
use gateshift_journal::Journal;
use gateshift_model::{Actor, RunDefinition};

use super::{BuiltIn, Rehearsal, kinds};
use crate::error::CliError;

/// The operating system's user, on whose behalf this process acts.
pub(crate) fn actor() -> Actor {
    let name = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    Actor(format!("user:{}", name.unwrap_or_else(|| "unknown".to_owned())))
}

/// What an engine of this process is given, whatever the run.
pub(crate) fn options() -> EngineOptions {
    EngineOptions { version: env!("CARGO_PKG_VERSION").to_owned(), ..EngineOptions::new(actor()) }
}

/// An engine, and the hosts it uses.
pub(crate) fn engine(
    journal: Arc<dyn Journal>,
    migrators: &BuiltIn,
    rehearsal: &Rehearsal,
    seal_key_file: PathBuf,
) -> Result<(Engine, Hosts), CliError> {
    engine_with(options(), journal, migrators, rehearsal, seal_key_file)
}

/// As [`engine`], with other options.
pub(crate) fn engine_with(
    options: EngineOptions,
    journal: Arc<dyn Journal>,
    migrators: &BuiltIn,
    rehearsal: &Rehearsal,
    seal_key_file: PathBuf,
) -> Result<(Engine, Hosts), CliError> {
    let mut environment = EnvironmentSource::process();
    environment.variables.extend(rehearsal.keys.clone());
    let hosts = Hosts::new(HostsOptions {
        seal_key_file: Some(seal_key_file),
        overrides: rehearsal.overrides.clone(),
        environment,
        ..HostsOptions::new(kinds())
    })?;
    let options = EngineOptions { time_scale: hosts.time_scale(), ..options };
    let engine = Engine::new(journal, migrators.set(), Arc::new(hosts.clone()), options);
    Ok((engine, hosts))
}

/// Checks every connection as far as that is possible without sending anything.
pub(crate) fn check_connections(hosts: &Hosts, definition: &RunDefinition) -> Result<(), CliError> {
    for (name, connection) in &definition.connections {
        hosts.check_connection(name.as_str(), connection)?;
    }
    Ok(())
}
