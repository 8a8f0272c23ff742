//! From one kind of answer to one part of the inventory. Pure. What cannot be understood becomes a
//! finding, never a default in silence.

mod domain;
mod instance;
mod observability;
mod parameters;
mod plugin;
mod policy;
mod route;
mod rules;
mod security;
mod service;

use gateshift_gateway_model::PublishState;
use gateshift_sdk::model::{Finding, Severity};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use domain::{certificate, domain};
pub(crate) use instance::instance;
pub(crate) use observability::observability;
pub(crate) use parameters::parameters;
pub(crate) use plugin::plugin;
pub(crate) use route::route;
pub(crate) use rules::rules;
pub(crate) use security::{access_list, authentication, consumer, guarded_route};
pub(crate) use service::{service, source};

/// Something the reader could not understand: nothing may be written until somebody has looked.
pub(crate) fn unclear(object: impl Into<String>, message: impl Into<String>) -> Finding {
    Finding::new(Severity::Block, "SRC-UNCLEAR", object, message).with_action(
        "look the object up in the console of the source; if it is right there, report this finding",
    )
}

/// The answer as a type, or a finding that says which object is odd.
pub(crate) fn take<T: DeserializeOwned>(value: &Value, object: &str) -> Result<T, Box<Finding>> {
    serde_json::from_value(value.clone()).map_err(|error| {
        Box::new(unclear(object, format!("the source's answer has an unexpected form: {error}")))
    })
}

/// Status of routes and domains.
pub(crate) fn publish_state(status: i64) -> Option<PublishState> {
    Some(match status {
        0 => PublishState::Unpublished,
        2 | 5 => PublishState::Changing,
        3 => PublishState::Published,
        4 => PublishState::Edited,
        6 => PublishState::Unavailable,
        _ => return None,
    })
}

/// The text, unless it is empty.
pub(crate) fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
