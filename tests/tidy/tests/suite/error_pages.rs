//! Every stable code has a page under `docs/errors/`, and every page a code that is still raised.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use regex::Regex;

use crate::source::product;
use crate::tree::{File, no_complaints, root, rust_files};

/// Texts in the form of a code that are none.
const NO_CODES: [(&str, &str); 2] =
    [("UTF-8", "the name of an encoding"), ("ENABLE-LUA-RECORDS", "a switch of a name server")];

/// Codes that the sources name, each with a file that does.
fn raised(files: &[File]) -> BTreeMap<String, String> {
    // A code is a string of its own, or it begins one and a colon follows.
    let form = Regex::new(r#""([A-Z]{2,6}(?:-[A-Z0-9]+)+)[":]"#).unwrap();
    let mut codes = BTreeMap::new();
    for (file, text) in product(files) {
        for found in form.captures_iter(text) {
            if !NO_CODES.iter().any(|(text, _)| *text == &found[1]) {
                codes.entry(found[1].to_owned()).or_insert_with(|| file.path.clone());
            }
        }
    }
    codes
}

fn pages() -> BTreeMap<String, String> {
    let folder = root().join("docs/errors");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let codes = raised(&rust_files());
    assert!(codes.len() > 100, "only {} codes were found: the search is broken", codes.len());
    let pages: BTreeSet<String> =
        pages().into_keys().map(|name| name.trim_end_matches(".md").to_owned()).collect();
    let without_page = codes
        .iter()
        .filter(|(code, _)| !pages.contains(*code))
        .map(|(code, path)| format!("{code} is raised in {path} and has no page docs/errors/{code}.md"));
    let without_code = pages
        .iter()
        .filter(|page| !codes.contains_key(*page))
        .map(|page| format!("docs/errors/{page}.md is about a code that nothing raises"));
    no_complaints(without_page.chain(without_code).collect());
}

/// What is wrong with the form of a page.
fn mistakes(name: &str, text: &str) -> Option<String> {
    let code = name.strip_suffix(".md")?;
    let lines: Vec<&str> = text.lines().collect();
    let [heading, blank, title, ..] = lines.as_slice() else { return Some("it has no title".to_owned()) };
    let order: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with("## ")).collect();
    let known = [vec!["## Cause", "## What to do"], vec!["## Cause", "## What to do", "## Example"]];
    if *heading != format!("# {code}") {
        Some(format!("it does not begin with `# {code}`"))
    } else if !blank.is_empty() || title.is_empty() || title.starts_with('#') {
        Some("its title does not stand in the third line".to_owned())
    } else if !title.ends_with('.') || title.len() > 118 {
        Some("its title is no single line that ends with a full stop".to_owned())
    } else if !known.contains(&order) {
        Some(format!("its sections are {order:?}"))
    } else if lines.len() > 40 {
        Some(format!("it has {} lines", lines.len()))
    } else {
        None
    }
}

#[test]
fn every_page_has_the_same_form() {
    let complaints = pages()
        .iter()
        .filter_map(|(name, text)| mistakes(name, text).map(|cause| format!("docs/errors/{name}: {cause}")))
        .collect();
    no_complaints(complaints);
}

#[test]
fn a_bad_page_is_seen() {
    let good = "# A-B\n\nIt is so.\n\n## Cause\n\nx\n\n## What to do\n\ny\n";
    assert_eq!(mistakes("A-B.md", good), None);
    for bad in [
        good.replace("A-B", "A-C"),
        good.replace("\n\nIt", "\nIt"),
        good.replace("so.", "so"),
        good.replace("## Cause", "## Why"),
    ] {
        assert!(mistakes("A-B.md", &bad).is_some(), "{bad}");
    }
}
