//! The conformance suite: what is sound passes, and each defect is named.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use gateshift_loader::{Library, Place};
use gateshift_plugin_tests::{example, open, sample};
use gateshift_step_api::Migrator;
use gateshift_trial::{Given, Report, trial};
use serde_json::{Value, json};

use crate::world::bounds;

async fn tried(library: &Library, settings: Value) -> Report {
    let make = || -> Result<Arc<dyn Migrator>, _> { library.migrator(Place::Process) };
    trial(&make, &Given { settings, ..Given::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sound_passes_in_every_language() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    let hello = folder.path().join("libhello.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-I"])
        .arg(root.join("migrators/abi/include"))
        .arg("-o")
        .args([&hello, &root.join("docs/examples/hello.c")])
        .status()
        .expect("a C compiler is needed: tests/run.sh installs one");
    assert!(built.success());
    for (file, settings) in [
        (hello, json!({})),
        (example("gateshift_notify"), json!({ "text": "tonight" })),
        (root.join("docs/examples/ticket.py"), json!({ "title": "tonight" })),
        (example("gateshift_sample"), json!({})),
    ] {
        let report = tried(&open(&file, bounds()).unwrap(), settings).await;
        assert!(report.passed(), "{}:\n{}", file.display(), report.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_defect_is_named() {
    let library = open(&example("gateshift_sample"), bounds()).unwrap();
    for (mode, verb, check, cause) in [
        ("panic", "plan", "it plans", "GS-MIGRATOR-PANIC"),
        ("abort", "apply", "it applies", "GS-MIGRATOR-LOST"),
        ("undeclared", "plan", "it plans", "GS-MIGRATOR-PANIC"),
        ("segfault", "verify", "it verifies", "GS-MIGRATOR-LOST"),
        ("panic", "undo", "it undoes, twice", "GS-MIGRATOR-PANIC"),
        ("loop", "verify", "it verifies", "GS-MIGRATOR-STUCK"),
    ] {
        let report = tried(&library, sample(mode, verb)).await;
        let found = report.checks.iter().find(|one| one.name == check).unwrap();
        let failed = found.failed.clone().unwrap_or_default();
        assert!(failed.starts_with(cause), "{mode} in {verb}:\n{}", report.text());
    }
}
