//! Reference to bytes that are too large for an event: stored beside the journal, found by content.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// Where to find an artifact, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRef {
    /// What it is for, `inventory`, `plan`, `comparison`.
    pub name: String,
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// Length in bytes.
    pub size: u64,
    /// Media type, `application/json`.
    pub media_type: String,
}
