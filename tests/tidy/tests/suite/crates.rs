//! Arrows between the crates of the workspace, as cargo sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::tree::{no_complaints, root};

/// A crate of the workspace.
pub(crate) struct Crate {
    /// Folder below the root, `engine/model`.
    pub(crate) folder: String,
    /// Folders of the crates of the workspace it is built on.
    uses: BTreeSet<String>,
    /// The same for its tests only.
    tests_use: BTreeSet<String>,
}

/// What a crate may be built on. A crate that is not listed may not exist.
const ARROWS: &[(&str, &[&str])] = &[
    ("engine/model", &[]),
    ("engine/step-api", &["engine/model"]),
    ("engine/windows", &["engine/model"]),
    ("engine/planner", &["engine/model", "engine/step-api", "engine/windows"]),
    ("engine/journal", &["engine/model"]),
    ("engine/journal-sqlx", &["engine/model", "engine/journal"]),
    ("engine/executor", &["engine/model", "engine/step-api", "engine/journal", "engine/windows"]),
    ("engine/audit", &["engine/model"]),
    ("engine/host", &["engine/model", "engine/step-api"]),
    // Both sides of the boundary have to read the same structs.
    ("engine/loader", &["engine/model", "engine/step-api", "migrators/abi"]),
    ("engine/trial", &["engine/model", "engine/step-api"]),
    // The one place where the two halves and the lab meet.
    ("engine/cli", &["engine/", "migrators/", "tests/lab/"]),
    ("migrators/abi", &[]),
    // The same migrators, each as a library.
    ("migrators/dynamic", &["migrators/"]),
    ("migrators/export", &["engine/model", "engine/step-api", "migrators/abi"]),
    ("migrators/sdk", &["engine/model", "engine/step-api"]),
    ("migrators/gateway-model", &["engine/model"]),
    ("migrators/mse", LIBRARY),
    ("migrators/apig", LIBRARY),
    ("migrators/assess", STEP),
    ("migrators/instance", STEP),
    ("migrators/routes", STEP),
    ("migrators/security", STEP),
    ("migrators/plugins", STEP),
    ("migrators/observability", STEP),
    ("migrators/parameters", STEP),
    ("migrators/verify", STEP),
    ("migrators/traffic", STEP),
    // The lab is built from the products' documentation and shares no line with what it tests.
    ("tests/lab/kernel", &[]),
    ("tests/lab/mse", &["tests/lab/kernel"]),
    ("tests/lab/apig", &["tests/lab/kernel"]),
    ("tests/lab/planes", &["tests/lab/kernel"]),
    ("tests/lab/telemetry", &["tests/lab/kernel"]),
    ("tests/lab/front", &["tests/lab/"]),
    // Whole-system packages: nothing is built on them.
    ("tests/bench", WHOLE),
    ("tests/cli", WHOLE),
    ("tests/conformance", WHOLE),
    ("tests/fleet", WHOLE),
    ("tests/plugins", WHOLE),
    ("tests/real", WHOLE),
    ("tests/scenarios", WHOLE),
    ("tests/tidy", &[]),
];

/// Knows one product.
const LIBRARY: &[&str] = &["migrators/sdk", "migrators/gateway-model"];
/// One kind of step. Steps do not see each other: what one hands on goes through its output.
const STEP: &[&str] = &["migrators/sdk", "migrators/gateway-model", "migrators/mse", "migrators/apig"];

/// Drives everything from outside.
const WHOLE: &[&str] = &["engine/", "migrators/", "tests/lab/", "tests/scenarios"];

/// The crates of the workspace.
pub(crate) fn workspace() -> Vec<Crate> {
    let run = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let metadata: Value = serde_json::from_slice(&run.stdout).unwrap();
    let root = root();
    let folder = |path: &str| {
        path.strip_prefix(root.to_str().unwrap())
            .map(|path| path.trim_start_matches('/').trim_end_matches("/Cargo.toml").to_owned())
    };
    let packages = metadata["packages"].as_array().unwrap();
    let crates: Vec<Crate> = packages
        .iter()
        .map(|package| {
            let own = folder(package["manifest_path"].as_str().unwrap()).unwrap();
            let (mut uses, mut tests_use) = (BTreeSet::new(), BTreeSet::new());
            for dependency in package["dependencies"].as_array().unwrap() {
                if let Some(path) = dependency["path"].as_str().and_then(folder).filter(|path| *path != own) {
                    if dependency["kind"] == "dev" {
                        tests_use.insert(path)
                    } else {
                        uses.insert(path)
                    };
                }
            }
            Crate { folder: own, uses, tests_use }
        })
        .collect();
    assert!(crates.len() > 15, "only {} crates were found", crates.len());
    crates
}

/// What is wrong with a crate's arrows.
fn forbidden(arrows: &BTreeMap<&str, &[&str]>, one: &Crate) -> Vec<String> {
    let Some(allowed) = arrows.get(one.folder.as_str()) else {
        return vec![format!("{} is not in the list of crates", one.folder)];
    };
    let fits = |path: &str| {
        allowed.iter().any(|prefix| path == *prefix || (prefix.ends_with('/') && path.starts_with(prefix)))
    };
    let built = one
        .uses
        .iter()
        .filter(|path| !fits(path))
        .map(|path| format!("{} must not be built on {path}", one.folder));
    // Tests may stand on anything but: those of the engine know no gateway either.
    let blind = one.folder.starts_with("engine/") && one.folder != "engine/cli";
    let tested = one.tests_use.iter().filter(|path| blind && !path.starts_with("engine/"));
    built.chain(tested.map(|path| format!("tests of {} must not use {path}", one.folder))).collect()
}

#[test]
fn arrows_between_crates_are_as_the_map_says() {
    let arrows = ARROWS.iter().copied().collect();
    no_complaints(workspace().iter().flat_map(|one| forbidden(&arrows, one)).collect());
}

#[test]
fn a_wrong_arrow_is_seen() {
    let arrows = ARROWS.iter().copied().collect();
    let one = |folder: &str, uses: &[&str], tests_use: &[&str]| Crate {
        folder: folder.to_owned(),
        uses: uses.iter().map(|path| (*path).to_owned()).collect(),
        tests_use: tests_use.iter().map(|path| (*path).to_owned()).collect(),
    };
    for (bad, wrong) in [
        (one("engine/host", &["migrators/sdk"], &[]), 1),
        (one("engine/host", &[], &["migrators/sdk"]), 1),
        (one("migrators/verify", &["migrators/routes"], &[]), 1),
        (one("migrators/routes", &["tests/lab/apig"], &[]), 1),
        (one("migrators/routes", &["migrators/apig"], &["tests/lab/apig"]), 0),
        (one("engine/cli", &["tests/lab/front", "migrators/mse", "engine/host"], &[]), 0),
        (one("tests/lab/front", &["tests/lab/mse"], &[]), 0),
        (one("tests/lab/mse", &["migrators/mse"], &[]), 1),
        (one("migrators/new", &[], &[]), 1),
    ] {
        assert_eq!(forbidden(&arrows, &bad).len(), wrong, "{}", bad.folder);
    }
}

/// Crates that may say `unsafe`: the boundary to libraries, and samples of what goes wrong there. They repeat
/// the lints of the workspace without the one that forbids it.
const UNSAFE: [&str; 5] =
    ["engine/loader", "migrators/abi", "migrators/dynamic", "migrators/export", "tests/plugins"];

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    let lacks = |one: &Crate| {
        if UNSAFE.contains(&one.folder.as_str()) {
            return false;
        }
        let manifest = std::fs::read_to_string(root().join(&one.folder).join("Cargo.toml")).unwrap();
        !manifest.split("\n[").any(|part| part.starts_with("lints]") && part.contains("workspace = true"))
    };
    no_complaints(
        workspace()
            .iter()
            .filter(|one| lacks(one))
            .map(|one| format!("{}/Cargo.toml has no `[lints] workspace = true`", one.folder))
            .collect(),
    );
}

#[test]
fn versions_are_declared_once() {
    let mut complaints = Vec::new();
    for one in workspace() {
        let manifest = std::fs::read_to_string(root().join(&one.folder).join("Cargo.toml")).unwrap();
        let mut section = "";
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.contains("dependencies")
                && line.contains('=')
                && !line.starts_with('#')
                && !line.contains("workspace = true")
                && !line.contains("path = \".\"")
            {
                complaints.push(format!(
                    "{}/Cargo.toml: `{line}` does not take its version from the workspace",
                    one.folder
                ));
            }
        }
    }
    no_complaints(complaints);
}
