//! What was asked of the lab: calls and refusals by product and operation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// Counts by product and operation.
pub type Counts = BTreeMap<String, BTreeMap<String, OperationCount>>;

/// What became of the calls of one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OperationCount {
    /// All calls.
    pub calls: u64,
    /// Answered with success.
    pub answered: u64,
    /// Done, but the reply was dropped by the fault script.
    pub dropped: u64,
    /// Refused, by code.
    pub refused: BTreeMap<String, u64>,
}

/// The counts of a running lab; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Stats(Arc<Mutex<Counts>>);

/// What became of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate<'a> {
    /// Answered with success.
    Answered,
    /// Done, but not answered.
    Dropped,
    /// Refused with this code.
    Refused(&'a str),
}

impl Stats {
    /// Counts one call.
    pub fn count(&self, product: &str, operation: &str, fate: Fate<'_>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(product.to_owned()).or_default().entry(operation.to_owned()).or_default();
        count.calls += 1;
        match fate {
            Fate::Answered => count.answered += 1,
            Fate::Dropped => count.dropped += 1,
            Fate::Refused(code) => *count.refused.entry(code.to_owned()).or_default() += 1,
        }
    }

    /// The counts so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
