//! Requests by route, counted from an access log: one JSON object a line with `route_name`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use crate::error::CliError;

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    route_name: Option<String>,
}

/// Counts the lines of a file. Requests that met no route (an empty name or `-`) are counted under `-`.
pub(super) fn count(path: &Path) -> Result<BTreeMap<String, u64>, CliError> {
    let unreadable = |cause: String| {
        CliError::new("GS-FILE", format!("{} cannot be used as an access log: {cause}", path.display()))
            .hint("give one JSON object a line, each with `route_name`, as the log service exports them")
    };
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut counts = BTreeMap::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| unreadable(format!("line {}: {error}", number + 1)))?;
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line)
            .map_err(|error| unreadable(format!("line {}: {error}", number + 1)))?;
        let name = line.route_name.filter(|name| !name.is_empty()).unwrap_or_else(|| "-".to_owned());
        *counts.entry(name).or_insert(0) += 1;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn lines_are_counted_by_route_and_a_broken_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log =
            "{\"route_name\":\"a\",\"duration\":3}\n\n{\"route_name\":\"a\"}\n{\"route_name\":\"\"}\n{}\n";
        std::fs::write(&path, log).unwrap();
        let counts = count(&path).unwrap();
        assert_eq!((counts["a"], counts["-"]), (2, 2));
        std::fs::write(&path, "{}\nno json\n").unwrap();
        assert!(count(&path).unwrap_err().message.contains("line 2"));
    }
}
