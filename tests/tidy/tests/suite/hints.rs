//! Messages and documents name only commands that exist.

use std::collections::BTreeSet;

use regex::Regex;

use crate::source::{is_test, shipped};
use crate::tree::{files, no_complaints, root};

/// Commands, as the command line declares them.
fn commands() -> BTreeSet<String> {
    let args = std::fs::read_to_string(root().join("engine/cli/src/args.rs")).unwrap();
    let (_, rest) = args.split_once("pub(crate) enum Command {").unwrap();
    let (body, _) = rest.split_once("\n}").unwrap();
    let variant = Regex::new(r"(?m)^    ([A-Z][A-Za-z]*)(?:\(|,| \{)").unwrap();
    let commands: BTreeSet<String> =
        variant.captures_iter(body).map(|found| found[1].to_ascii_lowercase()).collect();
    assert!(commands.contains("run") && commands.contains("rollback"), "{commands:?}");
    commands
}

#[test]
fn only_commands_that_exist_are_named() {
    let (commands, named) = (commands(), Regex::new(r"`gateshift ([a-z]+)").unwrap());
    let mut complaints = Vec::new();
    for file in files().iter().filter(|file| matches!(file.ending(), "rs" | "md") && !is_test(&file.path)) {
        let text = if file.ending() == "rs" { shipped(&file.text) } else { &file.text };
        for (number, line) in (1..).zip(text.lines()) {
            for found in named.captures_iter(line).filter(|found| !commands.contains(&found[1])) {
                complaints.push(format!(
                    "{}:{number} names `gateshift {}`, which does not exist",
                    file.path, &found[1]
                ));
            }
        }
    }
    no_complaints(complaints);
}
