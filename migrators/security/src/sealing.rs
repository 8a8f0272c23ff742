//! Answers that hold secrets: sealed right after reading, so that comparing, plans and messages never see
//! one. Equal texts seal alike, so sealed texts compare like the plain ones.

use gateshift_apig::{compare, wire::PolicyView};
use gateshift_sdk::api::Host;
use gateshift_sdk::model::{SEALED, StepError};
use serde_json::Value;

/// Fields of the target's answers that hold secrets, at any depth.
const SECRET: &[&str] = &["jwks", "clientSecret", "apikey", "ak", "sk"];

/// Seals the secrets of an answer. An empty or masked one tells nothing and stays.
pub(crate) fn seal(host: &dyn Host, value: &mut Value) -> Result<(), StepError> {
    match value {
        Value::Object(fields) => fields.iter_mut().try_for_each(|(name, field)| match field {
            Value::String(text) if SECRET.contains(&name.as_str()) && !text.is_empty() && !masked(text) => {
                *text = host.seal(text)?.as_str().to_owned();
                Ok(())
            }
            other => seal(host, other),
        }),
        Value::Array(items) => items.iter_mut().try_for_each(|item| seal(host, item)),
        _ => Ok(()),
    }
}

/// A policy whose configuration is sealed; one that is no JSON is emptied, since nothing is known of it.
pub(crate) fn seal_policy(host: &dyn Host, mut view: PolicyView) -> Result<PolicyView, StepError> {
    let mut config = serde_json::from_str(&view.config).unwrap_or(Value::Null);
    seal(host, &mut config)?;
    view.config = config.to_string();
    Ok(view)
}

/// What a sealed answer differs in. A secret that the target masks cannot be compared; whoever wrote it
/// may take it for the same.
pub(crate) fn difference(wanted: &Value, found: &Value, trusting: bool) -> Option<String> {
    let mut found = found.clone();
    if trusting {
        unmask(wanted, &mut found);
    }
    compare::difference(wanted, &found)
}

fn unmask(wanted: &Value, found: &mut Value) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            for (name, field) in found {
                if let Some(wanted) = wanted.get(name) {
                    unmask(wanted, field);
                }
            }
        }
        (Value::String(wanted), Value::String(found)) if wanted.starts_with(SEALED) && masked(found) => {
            found.clone_from(wanted);
        }
        _ => {}
    }
}

fn masked(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter == '*')
}
