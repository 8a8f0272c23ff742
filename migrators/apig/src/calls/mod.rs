//! The calls themselves, one kind of object a file.

mod api;
mod consumer;
mod domain;
mod feature;
mod plugin;
mod policy;
mod quota;
mod rest;
mod route;
mod service;
mod source;

use gateshift_sdk::api::CallKind;
use gateshift_sdk::call::{Call, roa};
use gateshift_sdk::model::StepError;
use serde_json::Value;

use crate::ROLE;

pub use feature::{FEATURE_READS, FEATURE_WRITES};
pub use plugin::{PLUGIN_READS, PLUGIN_WRITES};

/// A write without an idempotency token.
fn write(action: &str, method: &str, segments: &[&str]) -> Call {
    roa(ROLE, action, CallKind::Write, method, segments)
}

/// A write that may be repeated as it is: it has a token, or says how things shall be.
fn repeatable(action: &str, method: &str, segments: &[&str]) -> Call {
    roa(ROLE, action, CallKind::IdempotentWrite, method, segments)
}

/// The id a create answered with.
fn id(action: &str, data: &Value, pointer: &str) -> Result<String, StepError> {
    data.pointer(pointer).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
        // What was made is found by its natural key in the next attempt.
        StepError::retryable("GS-ANSWER-SHAPE", format!("{action} answered without an id at {pointer}"))
    })
}

#[cfg(test)]
mod tests;
