//! What a trial found.

use serde::Serialize;

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was tried, in words.
    pub name: String,
    /// What went wrong; nothing when it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Why it could not be tried; nothing when it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
}

/// Everything that was tried, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The checks.
    pub checks: Vec<Check>,
}

impl Report {
    pub(crate) fn add(&mut self, name: &str, result: Result<(), String>) {
        self.checks.push(Check { name: name.to_owned(), failed: result.err(), left_out: None });
    }

    pub(crate) fn leave_out(&mut self, name: &str, why: &str) {
        self.checks.push(Check { name: name.to_owned(), failed: None, left_out: Some(why.to_owned()) });
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.failed.is_none())
    }

    /// A line a check, for people.
    #[must_use]
    pub fn text(&self) -> String {
        let line = |check: &Check| match (&check.failed, &check.left_out) {
            (Some(cause), _) => format!("FAILED  {}: {cause}\n", check.name),
            (None, Some(why)) => format!("-       {}: left out, {why}\n", check.name),
            (None, None) => format!("passed  {}\n", check.name),
        };
        let failed = self.checks.iter().filter(|check| check.failed.is_some()).count();
        let lines: String = self.checks.iter().map(line).collect();
        format!("{lines}{} checks, {failed} failed\n", self.checks.len())
    }
}
