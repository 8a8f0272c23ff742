//! What holds for every file: headers, lengths, no notes of unfinished work, nothing of one machine.

use std::collections::BTreeSet;
use std::fs;

use regex::Regex;

use crate::tree::{File, files, no_complaints, root, rust_files};

/// Longest source; longest file of tests.
const LINES: usize = 500;
const TEST_LINES: usize = 700;
/// Sources that may be longer, each with its reason.
const LONG: [(&str, &str); 0] = [];

/// Everything at the top of the tree.
const TOP: [&str; 17] = [
    ".ci",
    ".config",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "docs",
    "engine",
    "migrators",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "tests",
    "workflows",
    ".cargo",
];
/// What may be missing there, or is there without being part of it.
const OPTIONAL: [&str; 4] = [".cargo", ".git", "target", ".gateshift"];

#[test]
fn the_top_level_is_fixed() {
    let found: BTreeSet<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let extra =
        found.iter().filter(|name| !TOP.contains(&name.as_str()) && !OPTIONAL.contains(&name.as_str()));
    let missing = TOP.iter().filter(|name| !found.contains(**name) && !OPTIONAL.contains(name));
    let complaints = extra.map(|name| format!("{name} does not belong to the top level"));
    no_complaints(complaints.chain(missing.map(|name| format!("{name} is missing"))).collect());
}

#[test]
fn every_source_says_what_it_is_for() {
    let files = rust_files();
    let silent = files.iter().filter(|file| !file.text.starts_with("//! "));
    no_complaints(silent.map(|file| format!("{} does not begin with `//! `", file.path)).collect());
}

#[test]
fn no_source_is_too_long() {
    let too_long = |file: &&File| {
        let most = if file.name() == "tests.rs" { TEST_LINES } else { LINES };
        file.text.lines().count() > most && !LONG.iter().any(|(path, _)| *path == file.path)
    };
    let files = rust_files();
    no_complaints(
        files
            .iter()
            .filter(too_long)
            .map(|file| {
                format!("{} has {} lines: look for the second idea", file.path, file.text.lines().count())
            })
            .collect(),
    );
    for (path, _) in LONG {
        let found = files.iter().find(|file| file.path == path);
        assert!(
            found.is_some_and(|file| file.text.lines().count() > LINES),
            "{path} needs no exception any more"
        );
    }
}

/// Patterns that no text may have. They are put together here so that this file has none.
fn forbidden() -> Vec<(Regex, &'static str)> {
    let pattern = |parts: &[&str]| Regex::new(&parts.concat()).unwrap();
    vec![
        (pattern(&[r"\b(TO", r"DO|FIX", r"ME|XX", r"X)\b"]), "leaves work undone"),
        (pattern(&[r"\b(to", r"do|unimple", r"mented)!\("]), "leaves work undone"),
        (
            pattern(&["(^|[^A-Za-z0-9.])/(wo", "rk|ro", r"ot|home|Users)/[A-Za-z]"]),
            "holds a path of one machine",
        ),
        (
            pattern(&["(index-", "url|trusted-", "host|replace-", "with|registry-", r"auth)\b"]),
            "sets a package registry",
        ),
    ]
}

fn scanned(file: &File) -> bool {
    // Contracts and examples of the simulated products quote the provider's own texts.
    !file.path.contains("/contract/") && file.ending() != "lock"
}

#[test]
fn no_file_holds_what_belongs_elsewhere() {
    let (patterns, mut complaints) = (forbidden(), Vec::new());
    for file in files().iter().filter(|file| scanned(file)) {
        for (number, line) in (1..).zip(file.text.lines()) {
            for (_, cause) in patterns.iter().filter(|(pattern, _)| pattern.is_match(line)) {
                complaints.push(format!("{}:{number} {cause}: {}", file.path, line.trim()));
            }
        }
    }
    no_complaints(complaints);
}

#[test]
fn what_is_forbidden_is_seen() {
    let seen = |line: &str| forbidden().iter().any(|(pattern, _)| pattern.is_match(line));
    for line in [
        ["// TO", "DO later"],
        ["to", "do!()"],
        ["see /wo", "rk/main"],
        ["\"/ro", "ot/x\""],
        ["pip --index-", "url x"],
    ] {
        assert!(seen(&line.concat()), "{line:?}");
    }
    for line in ["todos and work/main", "a/work/b", "https://example.com/root/x", "the index url"] {
        assert!(!seen(line), "{line}");
    }
}

#[test]
fn every_package_comes_from_the_public_registry() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let other: Vec<String> = lock
        .lines()
        .filter(|line| line.starts_with("source = ") && *line != public)
        .map(str::to_owned)
        .collect();
    assert!(lock.contains(public), "Cargo.lock names no source at all");
    no_complaints(other);
}
