//! The documentation points at things that exist.

use std::collections::BTreeSet;

use regex::Regex;

use crate::crates::workspace;
use crate::tree::{File, files, no_complaints, root};

fn pages() -> Vec<File> {
    let mut files = files();
    files.retain(|file| file.ending() == "md");
    files
}

/// A page's text without its code blocks.
fn prose(text: &str) -> String {
    let mut inside = false;
    let plain = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    plain.collect::<Vec<_>>().join("\n")
}

/// Targets of links below the root, without anchors and addresses of the web.
fn links(text: &str) -> Vec<String> {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let prose = prose(text);
    let targets = link.captures_iter(&prose).map(|found| found[1].to_owned());
    targets
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .map(|target| target.split('#').next().unwrap_or_default().to_owned())
        .collect()
}

/// Paths in backticks that begin at the root of the tree.
fn paths(text: &str) -> Vec<String> {
    let path = Regex::new(r"`((?:engine|migrators|workflows|tests|docs)/[A-Za-z0-9_./-]*)`").unwrap();
    path.captures_iter(&prose(text)).map(|found| found[1].to_owned()).collect()
}

#[test]
fn links_and_paths_lead_somewhere() {
    let mut complaints = Vec::new();
    for page in pages() {
        let folder = root().join(&page.path).parent().unwrap().to_owned();
        let links = links(&page.text).into_iter().map(|link| (folder.join(&link), link));
        let paths = paths(&page.text).into_iter().map(|path| (root().join(&path), path));
        for (target, text) in links.chain(paths).filter(|(target, _)| !target.exists()) {
            complaints.push(format!("{} points at {text}, and {} is not there", page.path, target.display()));
        }
    }
    no_complaints(complaints);
}

#[test]
fn the_map_shows_every_crate_and_every_invariant() {
    let pages = pages();
    let map = &pages.iter().find(|page| page.path == "docs/ARCHITECTURE.md").unwrap().text;
    let crates = workspace();
    let missing = crates
        .iter()
        .filter(|one| !map.contains(&format!("`{}`", one.folder)))
        .map(|one| format!("the map does not show {}", one.folder));
    let names = [
        "truth",
        "host",
        "read-only source",
        "decide, then act",
        "full account",
        "twice is once",
        "ours only",
        "doubt holds",
        "way back",
        "one word",
        "engine is blind",
    ];
    let unnamed = names
        .iter()
        .filter(|name| !map.contains(&format!("**{name}**")))
        .map(|name| format!("the map does not name the invariant {name}"));
    no_complaints(missing.chain(unnamed).collect());
}

#[test]
fn invariants_in_comments_have_their_names_from_the_map() {
    let map = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let form = Regex::new(r"(?s)\(invariants?\s+([^)]*)\)").unwrap();
    let name = Regex::new(r"(?s)\*\*([^*]+)\*\*").unwrap();
    let comment = Regex::new(r"\s*\n\s*//[/!]?\s*").unwrap();
    let mut complaints = Vec::new();
    for file in files().iter().filter(|file| file.ending() == "rs") {
        for found in form.captures_iter(&file.text) {
            for one in name.captures_iter(&found[1]) {
                let plain = comment.replace_all(&one[1], " ").into_owned();
                if !map.contains(&format!("**{plain}**")) {
                    complaints.push(format!(
                        "{} speaks of an invariant **{plain}**, which the map does not have",
                        file.path
                    ));
                }
            }
        }
    }
    no_complaints(complaints);
}

#[test]
fn every_workflow_and_every_decision_is_listed() {
    let files = files();
    let text = |path: &str| {
        files.iter().find(|file| file.path == path).map(|file| file.text.as_str()).unwrap_or_default()
    };
    let unlisted = |folder: &str, ending: &str, list: &str| -> Vec<String> {
        let of_folder = files
            .iter()
            .filter(|file| file.path.starts_with(folder) && file.ending() == ending && file.path != list);
        of_folder
            .filter(|file| !text(list).contains(&format!("({})", file.name())))
            .map(|file| format!("{list} does not list {}", file.path))
            .collect()
    };
    let mut complaints = unlisted("workflows/", "yaml", "workflows/README.md");
    complaints.extend(unlisted("docs/decisions/", "md", "docs/decisions/README.md"));
    no_complaints(complaints);
}

#[test]
fn decisions_are_numbered_and_dated() {
    let date = Regex::new(r"(?m)^Date: \d{4}-\d{2}-\d{2}$").unwrap();
    let number = Regex::new(r"^\d{4}-[a-z0-9-]+\.md$").unwrap();
    let mut numbers = BTreeSet::new();
    let mut complaints = Vec::new();
    for page in
        pages().iter().filter(|page| page.path.starts_with("docs/decisions/") && page.name() != "README.md")
    {
        if !number.is_match(page.name()) || !numbers.insert(page.name()[..4].to_owned()) {
            complaints.push(format!("{} has no number of its own", page.path));
        }
        if !date.is_match(&page.text) {
            complaints.push(format!("{} has no line `Date: YYYY-MM-DD`", page.path));
        }
    }
    assert!(!numbers.is_empty(), "there is no decision at all");
    no_complaints(complaints);
}

#[test]
fn links_are_found() {
    let text =
        "see [a](b.md#c), [d](https://e), [f](#g), `tests/run.sh` and `engine/x y`\n```\n[h](i.md)\n```\n";
    assert_eq!(links(text), ["b.md"]);
    assert_eq!(paths(text), ["tests/run.sh"]);
}
