//! What a command reports when it cannot do what it was asked.

use gateshift_executor::EngineError;
use gateshift_journal::JournalError;
use gateshift_lab::LabError;
use gateshift_model::StepError;

use crate::exit::Exit;

/// A failure with everything the reader needs: code, cause, what to do next, exit code.
#[derive(Debug)]
pub(crate) struct CliError {
    /// Stable code.
    pub(crate) code: String,
    /// The cause.
    pub(crate) message: String,
    /// What to do next.
    pub(crate) hint: Option<String>,
    /// Exit code.
    pub(crate) exit: Exit,
    /// More about it, for programs.
    pub(crate) details: serde_json::Value,
}

impl CliError {
    /// An error with exit code 1.
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            hint: None,
            exit: Exit::Error,
            details: serde_json::Value::Null,
        }
    }

    /// Says what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says more, for programs.
    pub(crate) fn details(mut self, details: serde_json::Value) -> Self {
        self.details = details;
        self
    }

    /// Another exit code.
    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

/// The whole chain of causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

impl From<JournalError> for CliError {
    fn from(error: JournalError) -> Self {
        let owned = matches!(error, JournalError::Owned { .. } | JournalError::Fenced { .. });
        Self::new(error.code(), chain(&error)).hint(error.hint()).exit(if owned {
            Exit::Owned
        } else {
            Exit::Error
        })
    }
}

impl From<EngineError> for CliError {
    fn from(error: EngineError) -> Self {
        let unknown = ["GS-STEP-UNKNOWN", "GS-CONNECTION-UNKNOWN"].contains(&error.code());
        let exit = match error.owned_elsewhere() {
            true => Exit::Owned,
            false if unknown => Exit::Usage,
            false => Exit::Error,
        };
        Self::new(error.code(), chain(&error)).hint(error.hint()).exit(exit)
    }
}

impl From<StepError> for CliError {
    fn from(error: StepError) -> Self {
        let hint = error.hint;
        let mut found = Self::new(&error.code, error.message);
        found.hint = hint;
        found
    }
}

impl From<LabError> for CliError {
    fn from(error: LabError) -> Self {
        Self::new("GS-LAB", chain(&error))
            .hint("free the port or the file it names, then start the lab again")
    }
}
