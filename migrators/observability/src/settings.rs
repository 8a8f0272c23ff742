//! Settings of a step.

use serde::Deserialize;

/// Settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Who is told; in place of the contact groups of the source's rules.
    pub(crate) contact_groups: Vec<String>,
    /// Logstore of the target's access logs.
    pub(crate) logstore: Option<String>,
    /// Parts that the operator leaves out.
    pub(crate) skip: Vec<Part>,
}

/// A part of the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Part {
    Tracing,
    Logs,
    Alerts,
}

impl Settings {
    /// Whether a part is left out.
    pub(crate) fn skips(&self, part: Part) -> bool {
        self.skip.contains(&part)
    }
}
