//! A folder with what an operator has before him: workflow, endpoints, journal. Nothing of the
//! machine that the tests run on shines through: no keys, no home, no settings.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::{Finished, Running, gateshift};

/// Longer than any command that is no run.
const PATIENCE: Duration = Duration::from_secs(60);

/// The folder; it goes with its owner.
#[derive(Debug)]
pub struct Desk {
    folder: TempDir,
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

impl Desk {
    /// An empty one.
    ///
    /// # Panics
    /// When there is no room for it.
    #[must_use]
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in it.
    ///
    /// # Panics
    /// When that fails.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes an endpoints file.
    pub fn endpoints(&self, endpoints: &Value) -> PathBuf {
        self.write("endpoints.json", &endpoints.to_string())
    }

    /// A command of the binary, in this folder, with `journal.db` in it as the store.
    #[must_use]
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(gateshift());
        let foreign = |name: &str| {
            ["ALIBABA_CLOUD_", "GATESHIFT_", "ALICLOUD_"].iter().any(|own| name.starts_with(own))
        };
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(foreign) {
                command.env_remove(name);
            }
        }
        command.args(arguments).current_dir(self.folder());
        command.env("HOME", self.folder()).env("USER", "operator").env("NO_COLOR", "1");
        command.env("GATESHIFT_STORE", self.path("journal.db"));
        command
    }

    /// Starts a command.
    #[must_use]
    pub fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Running {
        Running::start(&mut self.command(arguments))
    }

    /// Runs a command to its end, which is soon.
    #[must_use]
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Finished {
        self.start(arguments).wait(PATIENCE)
    }
}
