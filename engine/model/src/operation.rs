//! A plan as data: ordered operations with stable keys, and what became of each.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Digest, Document, Finding, OperationKey, digest_json};

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Make it.
    Create,
    /// Change one that this run made, or that the operator named.
    Update,
    /// Remove one that this run made.
    Delete,
    /// Bind one object to another.
    Attach,
    /// Make a configuration effective.
    Deploy,
    /// Take an identical object that already exists as it is.
    Adopt,
}

impl Verb {
    /// The word for it, `create`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Attach => "attach",
            Self::Deploy => "deploy",
            Self::Adopt => "adopt",
        }
    }
}

/// An object, by kind and natural name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// Kind such as `route`.
    pub kind: String,
    /// Natural name.
    pub name: String,
}

/// One operation of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Stable key inside the step, `route/orders-list`.
    pub key: OperationKey,
    /// What is done.
    pub verb: Verb,
    /// To what.
    pub object: ObjectRef,
    /// The object as it was when the plan was made, if it was there.
    #[serde(default, skip_serializing_if = "Document::is_null")]
    pub before: Document,
    /// The object as it shall be. Ids of objects this plan makes are written as their keys.
    #[serde(default, skip_serializing_if = "Document::is_null")]
    pub after: Document,
    /// Operations whose results this one needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<OperationKey>,
}

/// What a step will do, complete: `apply` makes no choice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// In the order in which they run.
    #[serde(default)]
    pub operations: Vec<Operation>,
    /// What the operator should know.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// Facts `apply` and `verify` need that are no operations (maps of names, sizes, stages).
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub facts: Value,
    /// One or two sentences for people.
    #[serde(default)]
    pub summary: String,
}

impl Plan {
    /// Digest of the whole plan: what was approved is what runs.
    #[must_use]
    pub fn digest(&self) -> Digest {
        digest_json(&serde_json::to_value(self).unwrap_or_default())
    }

    /// Findings that forbid every write.
    pub fn blocking(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity >= crate::Severity::Decide)
    }
}

/// What an operation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was made by this run.
    Created,
    /// It was changed by this run.
    Updated,
    /// It was removed by this run.
    Deleted,
    /// It was there already and is the same.
    Unchanged,
    /// It existed, is the same, and is not ours to remove.
    Adopted,
}

/// The settled result of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// What it came to.
    pub outcome: Outcome,
    /// The object's id on the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Facts later operations or `undo` need.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
}
