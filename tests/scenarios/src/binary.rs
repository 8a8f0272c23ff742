//! The binary under test: the one that `GATESHIFT_BIN` names, else one that is built now.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The top of the source tree.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The binary, built once in a process.
///
/// # Panics
/// When it cannot be built.
#[must_use]
pub fn gateshift() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("GATESHIFT_BIN") {
        Some(path) => PathBuf::from(path),
        None => build(),
    })
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "gateshift", "--message-format=json"]).current_dir(root());
    let built = command.output().unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "the binary under test cannot be built: {said}");
    let messages = String::from_utf8(built.stdout).unwrap();
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let executable = |message: serde_json::Value| message["executable"].as_str().map(PathBuf::from);
    artifacts.filter_map(executable).next_back().unwrap()
}
