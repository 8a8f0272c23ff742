//! Earlier answers of reading operations, kept only while a fault script wants stale ones.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gateshift_lab_kernel::Call;
use serde_json::Value;

/// What the names of reading operations begin with.
const READS: [&str; 4] = ["Get", "List", "Describe", "Query"];

/// The last answer to each question.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<String, Value>>);

impl Memory {
    /// The answer of the last time, if the call reads and was made before.
    pub(crate) fn recall(&self, call: &Call) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&question(call)?).cloned()
    }

    /// Keeps the answer to a call that reads.
    pub(crate) fn keep(&self, call: &Call, answer: &Value) {
        if let Some(question) = question(call) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(question, answer.clone());
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// What is asked, as a text; nothing for a call that writes.
fn question(call: &Call) -> Option<String> {
    let reads = READS.iter().any(|word| call.operation.starts_with(word));
    reads.then(|| format!("{} {:?} {:?}", call.operation, call.path, call.query))
}
