//! What differs from run to run, blotted out with marks that keep the columns.

use std::path::Path;
use std::sync::OnceLock;

use regex::Regex;

/// Patterns and their marks, the longer-lived names first.
const MARKS: [(&str, &str); 9] = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[run]"),
    (r"\b[0-9a-f]{64}\b", "[digest]"),
    (r"\bgw-[0-9a-z]+\b", "[gateway]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
    (r"\b127\.\d+\.\d+\.\d+(:\d+)?\b", "[address]"),
    (r"process \d+ on [^\s:;,]+", "process [pid] on [host]"),
    (r" +\d+(\.\d+)? (s|ms)\b", " [took]"),
    (r" +\d+ m \d+ s\b", " [took]"),
    (r#""seconds": [0-9.e-]+"#, r#""seconds": [took]"#),
];

/// A text of the binary with ids, times, addresses and the folder blotted out.
///
/// # Panics
/// Never: the patterns are right.
#[must_use]
pub fn redact(text: &str, folder: &Path) -> String {
    static PATTERNS: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let patterns =
        PATTERNS.get_or_init(|| MARKS.map(|(pattern, mark)| (Regex::new(pattern).unwrap(), mark)).into());
    let text = text.replace(&folder.display().to_string(), "[folder]");
    patterns.iter().fold(text, |text, (pattern, mark)| pattern.replace_all(&text, *mark).into_owned())
}
