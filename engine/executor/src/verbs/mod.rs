//! The verbs: what an operator may ask of a run, when it applies, and which events say so. Pure.

mod approve;
mod cause;
mod decide;
mod skip;
mod table;

use serde::Serialize;

pub(crate) use approve::answered;
pub use approve::{may_approve, open_approval, short};
pub(crate) use cause::resolve;
pub use decide::{after, retryable};
pub(crate) use decide::{decide, step};
pub use table::{Place, Verb, applies};

/// Why something that was asked for was not done: it does not apply to the run as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{cause}")]
pub struct Refusal {
    /// Stable code.
    pub code: String,
    /// The cause.
    pub cause: String,
    /// What to do instead.
    pub remedy: String,
}

impl Refusal {
    pub(crate) fn new(code: &str, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code: code.to_owned(), cause: cause.into(), remedy: remedy.into() }
    }
}
