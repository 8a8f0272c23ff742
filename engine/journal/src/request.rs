//! Requests to the owner of a run. Anybody who may open the journal can post one; the owner looks
//! for them, acts, and answers.

use std::fmt;

use gateshift_model::{Actor, RunId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What somebody asks of the owner of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// The run.
    pub run: RunId,
    /// When.
    pub at: Timestamp,
    /// Who asks.
    pub actor: Actor,
    /// What, in the words of the executor.
    pub body: Value,
}

/// A request with what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestState {
    /// The request.
    pub request: Request,
    /// The owner's answer, once it gave one.
    pub answer: Option<String>,
}
