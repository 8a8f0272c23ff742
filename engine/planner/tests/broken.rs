//! Every file in `tests/broken` has its mistakes marked in comments, and gives exactly those.
//!
//! A mark stands on a line of its own below the mistake: `#   ^^^ GS-WF-UNIT: part of the fix`. The carets
//! cover the place; `#<3` marks three characters from the first column. `# --set name=value` gives
//! an input.

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::check_text;
use gateshift_planner::{CODES, Diagnostics};

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    line: usize,
    column: usize,
    length: usize,
    code: String,
    fix: String,
}

fn marks(text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut line = 0;
    for (index, content) in text.lines().enumerate() {
        let Some((column, length, note)) = mark(content) else {
            line = index + 1;
            continue;
        };
        let (code, fix) = note.split_once(": ").unwrap_or((note, ""));
        marks.push(Mark { line, column, length, code: code.trim().to_owned(), fix: fix.trim().to_owned() });
    }
    marks.sort();
    marks
}

fn mark(line: &str) -> Option<(usize, usize, &str)> {
    let after = line.strip_prefix('#')?;
    if let Some(rest) = after.strip_prefix('<') {
        let (length, note) = rest.split_once(' ')?;
        return Some((1, length.parse().ok()?, note));
    }
    let spaces = after.len() - after.trim_start_matches(' ').len();
    let carets = after[spaces..].len() - after[spaces..].trim_start_matches('^').len();
    (carets > 0).then(|| (spaces + 2, carets, &after[spaces + carets..]))
}

fn inputs(text: &str) -> Vec<(&str, &str)> {
    text.lines().filter_map(|line| line.strip_prefix("# --set ")?.split_once('=')).collect()
}

/// What differs between the marks and what was found; empty when nothing does.
fn differences(marks: &[Mark], found: &Diagnostics) -> String {
    let mut out = String::new();
    let mut left: Vec<&Mark> = marks.iter().collect();
    for one in &found.diagnostics {
        let fix = one.fix.clone().unwrap_or_default();
        let fits = |mark: &&Mark| {
            let same_fix = if mark.fix.is_empty() { fix.is_empty() } else { fix.contains(&mark.fix) };
            (mark.line, mark.column, mark.length, mark.code.as_str())
                == (one.span.line, one.span.column, one.span.length, &*one.code)
                && same_fix
        };
        match left.iter().position(fits) {
            Some(place) => drop(left.remove(place)),
            None => {
                let _ = writeln!(out, "not marked: {one:?}");
            }
        }
    }
    for mark in left {
        let _ = writeln!(out, "not found: {mark:?}");
    }
    out
}

#[test]
fn every_broken_file_gives_its_marks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut problems = String::new();
    let mut codes = BTreeSet::new();
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let marks = marks(&text);
        files += 1;
        codes.extend(marks.iter().map(|mark| mark.code.clone()));
        let found = match check_text(&text, &inputs(&text)) {
            Ok(checked) => checked.warnings,
            Err(found) => found,
        };
        let differences = differences(&marks, &found);
        if !differences.is_empty() || marks.is_empty() {
            let _ = writeln!(problems, "--- {}\n{differences}", path.display());
        }
    }
    assert!(problems.is_empty(), "{problems}");
    assert!(files > 25, "only {files} files");
    let unseen: Vec<_> = CODES.iter().map(|(code, _)| *code).filter(|code| !codes.contains(*code)).collect();
    // The first and the last have tests of their own; the other is there for mistakes of the planner itself.
    assert_eq!(unseen, ["GS-WF-TOO-LARGE", "GS-WF-INTERNAL", "GS-WF-SCHEMA"]);
}
