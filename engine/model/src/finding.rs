//! What a migrator has to tell people: findings about the source, and answers to checkpoints.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For the record.
    Info,
    /// A console step that a person does and the tool verifies.
    Manual,
    /// The run goes on and reports it.
    Warn,
    /// An answer of the operator is needed.
    Decide,
    /// Nothing is written until it is gone, excluded or waived.
    Block,
}

/// Something the operator should know before, or instead of, a write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code such as `RTE-EDITING`.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// Path of the object at the source, `routes/orders-list/timeout`.
    pub object: String,
    /// What was found and what would be lost.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

impl Finding {
    /// A finding without a proposed action.
    pub fn new(
        severity: Severity,
        code: &str,
        object: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { code: code.to_owned(), severity, object: object.into(), message: message.into(), action: None }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn with_action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }
}

/// How a checkpoint was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointResult {
    /// The evidence shows it.
    Pass,
    /// The evidence speaks against it.
    Fail,
    /// An operator took the responsibility.
    Waived,
    /// Only a person can look.
    Manual,
    /// The evidence is not enough for an answer; never taken for a pass.
    Unclear,
}

/// The answer to one checkpoint, with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Name such as `instance.running`.
    pub name: String,
    /// The answer.
    pub result: CheckpointResult,
    /// The answer in words.
    pub message: String,
    /// Facts the answer rests on.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub evidence: Value,
}

impl Checkpoint {
    /// An answer with its evidence.
    pub fn new(name: &str, result: CheckpointResult, message: impl Into<String>, evidence: Value) -> Self {
        Self { name: name.to_owned(), result, message: message.into(), evidence }
    }

    /// `Pass` when `holds`, else `Fail`.
    pub fn judge(name: &str, holds: bool, message: impl Into<String>, evidence: Value) -> Self {
        let result = if holds { CheckpointResult::Pass } else { CheckpointResult::Fail };
        Self::new(name, result, message, evidence)
    }
}
