//! The whole demo with every built-in migrator in a process of its own, and with every one replaced by its own build as
//! a library: it ends the same. The second has nine libraries to build first, so it is run when it is asked for:
//! `cargo nextest run -p gateshift-plugin-tests replaced --run-ignored all`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command_line::binary;

const STEPS: [&str; 9] = [
    "assess",
    "instance",
    "routes",
    "security",
    "plugins",
    "observability",
    "parameters",
    "verify",
    "traffic",
];

/// The demo's workflow with another `uses:` for each step; its end, and what the history says of it.
fn demo(uses: impl Fn(&str) -> String) -> String {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut text = std::fs::read_to_string(root.join("workflows/quickstart.yaml")).unwrap();
    for step in STEPS {
        let old = format!("    uses: {step}\n");
        assert_eq!(text.matches(&old).count(), 1, "{step}");
        text = text.replace(&old, &format!("    {}\n", uses(step)));
    }
    std::fs::write(folder.path().join("w.yaml"), text).unwrap();
    let run = |words: &[&str]| {
        let done = Command::new(binary()).args(words).current_dir(folder.path()).output().unwrap();
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        assert_eq!(done.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&done.stderr));
        text
    };
    run(&["demo", "--quiet", "--workflow", "w.yaml", "--routes", "20", "--store", "j.db"]);
    run(&["history", "--store", "j.db"])
}

#[test]
#[ignore = "two minutes, and nine libraries to build"]
fn the_demo_ends_the_same_with_every_migrator_from_a_file() {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "-p", "gateshift-dynamic", "--features", "all", "--examples"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.unwrap().success());
    let own: PathBuf = std::env::current_exe().unwrap();
    let folder = own.ancestors().nth(2).unwrap().join("examples");
    let history = demo(|step| format!("uses: {}/libgateshift_{step}.so", folder.display()));
    for step in STEPS {
        assert!(
            history.contains(&format!("{step}: started with {}/libgateshift_{step}.so", folder.display())),
            "{step}"
        );
    }
}

#[test]
fn the_demo_ends_the_same_with_every_migrator_in_a_process_of_its_own() {
    let history = demo(|step| format!("uses: {step}\n    isolation: process"));
    for step in STEPS {
        assert!(
            history.contains(&format!("{step}: started with built in, in a process of its own")),
            "{step}"
        );
    }
}
