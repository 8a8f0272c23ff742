//! A scenario as YAML text, read with positions in its errors and written without its defaults.

use serde_saphyr::{Options, budget, options};

use super::Scenario;

/// Why a text is no scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The text is not YAML, or has an unknown key or a value of the wrong kind.
    #[error("{message} at line {line}, column {column} of the scenario")]
    Text {
        /// Line, from 1; 0 when the place is not known.
        line: u64,
        /// Column, from 1; 0 when the place is not known.
        column: u64,
        /// What is wrong.
        message: String,
    },
    /// The keys are fine but do not fit together.
    #[error("the scenario does not hold together: {}", .problems.join("; "))]
    Meaning {
        /// Every problem found.
        problems: Vec<String>,
    },
    /// The scenario could not be written.
    #[error("cannot write the scenario as YAML: {0}")]
    Write(String),
}

impl Scenario {
    /// Reads a scenario, fills in what it leaves out and checks that its parts fit together.
    ///
    /// # Errors
    /// [`ScenarioError::Text`] with line and column, or [`ScenarioError::Meaning`] with all problems.
    pub fn from_yaml(text: &str) -> Result<Self, ScenarioError> {
        let mut scenario: Self = serde_saphyr::from_str_with_options(text, limits()).map_err(|error| {
            let error = error.without_snippet();
            let (line, column) = error.location().map_or((0, 0), |place| (place.line(), place.column()));
            let message = with_source(&first_line(&error.to_string()), text, line);
            ScenarioError::Text { line, column, message }
        })?;
        scenario.complete();
        scenario.check()?;
        Ok(scenario)
    }

    /// Writes the scenario so that [`Scenario::from_yaml`] reads the same one back.
    ///
    /// # Errors
    /// [`ScenarioError::Write`] when a gateway parameter cannot be written as YAML.
    pub fn to_yaml(&self) -> Result<String, ScenarioError> {
        serde_saphyr::to_string(self).map_err(|error| ScenarioError::Write(error.to_string()))
    }
}

/// Room for tens of thousands of routes; the text comes from the person who runs the lab.
fn limits() -> Options {
    options! {
        budget: budget! { max_events: 20_000_000, max_nodes: 10_000_000 },
    }
}

/// The parser appends the position to its message; the error has it as fields.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let end = line.rfind(" at line ").unwrap_or(line.len());
    line[..end].trim_end_matches(':').to_owned()
}

/// The message together with what stands on the line, for messages that do not repeat it.
fn with_source(message: &str, text: &str, line: u64) -> String {
    let at = usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
    match at.and_then(|at| text.lines().nth(at)).map(str::trim) {
        Some(source) if !source.is_empty() => format!("{message} in `{source}`"),
        _ => message.to_owned(),
    }
}
