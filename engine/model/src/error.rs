//! The envelope in which a step's failure is stored: it outlives the process that wrote it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What may be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Trying again unchanged may help: throttling, a lost connection, a busy lock.
    Retryable,
    /// Trying again unchanged cannot help.
    Permanent,
    /// The world is not as the plan saw it; plan anew.
    Conflict,
    /// A person has to decide or to do something first.
    NeedsOperator,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepError {
    /// Stable code such as `GS-VPC-DIFFERS`; has a page behind `gateshift explain`.
    pub code: String,
    /// The cause in one sentence, a lower-case fragment.
    pub message: String,
    /// What may be done about it.
    pub class: ErrorClass,
    /// Not before this many milliseconds, when the other side said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// What the operator should do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Facts for programs; redacted.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub details: Value,
}

/// Code of the failure of a step whose checkpoints only a person can bring about: it holds the run,
/// whatever the step's policy for failures says, because nothing went wrong.
pub const CHECKPOINT_MANUAL: &str = "GS-CHECKPOINT-MANUAL";

/// Code of the failure of a step that was found to make things worse: it is not begun again before somebody
/// says that the cause is removed.
pub const GATE_FAILED: &str = "GS-GATE-FAILED";
/// Code of the failure of a step that was not approved in time, when that only holds the run: who approves later
/// still counts.
pub const APPROVAL_LATE: &str = "GS-APPROVAL-LATE";

impl StepError {
    /// A failure of the given class.
    pub fn new(class: ErrorClass, code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            class,
            retry_after_ms: None,
            hint: None,
            details: Value::Null,
        }
    }

    /// Trying again cannot help.
    pub fn permanent(code: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Permanent, code, message)
    }

    /// Trying again may help.
    pub fn retryable(code: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Retryable, code, message)
    }

    /// A person is needed.
    pub fn needs_operator(code: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::NeedsOperator, code, message)
    }

    /// Says what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds facts for programs.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for StepError {}
