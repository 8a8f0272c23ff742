//! What tests of libraries share: where the samples are, the program that runs them, and a host for them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gateshift_loader::{Image, Library, Limits};
use gateshift_sdk::model::StepError;
use serde_json::{Value, json};

/// A library of an example, built by the same command as the tests.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let build = own.ancestors().find(|folder| folder.join("examples").is_dir());
    let file = build.unwrap_or(Path::new("target/debug")).join("examples").join(format!("lib{name}.so"));
    assert!(file.exists(), "{} is missing: cargo build -p gateshift-plugin-tests --examples", file.display());
    file
}

/// Bounds that a test can wait for.
#[must_use]
pub fn limits(program: &str) -> Limits {
    Limits { memory: 256 << 20, patience: Duration::from_millis(1500), ..Limits::of(PathBuf::from(program)) }
}

/// Opens a file as the loader does.
pub fn open(file: &Path, limits: Limits) -> Result<Library, StepError> {
    let bytes = std::fs::read(file)
        .map_err(|error| StepError::permanent("GS-TEST", format!("{}: {error}", file.display())))?;
    Library::open(Arc::new(Image::new(&bytes)?), limits)
}

/// Settings of the sample: what it is to do, and where.
#[must_use]
pub fn sample(mode: &str, verb: &str) -> Value {
    json!({ "mode": mode, "in": verb })
}
