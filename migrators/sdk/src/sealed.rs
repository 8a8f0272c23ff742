//! Sealed secrets inside JSON: opened right before a call needs them, never stored in plain.

use gateshift_model::{SEALED, Sealed, StepError};
use gateshift_step_api::Host;
use serde_json::Value;

/// The same JSON with every sealed text in it opened. For the body of a call only: what it returns holds
/// secrets and must not go into plans, results or messages.
pub fn open(host: &dyn Host, value: &Value) -> Result<Value, StepError> {
    Ok(match value {
        Value::String(text) if text.starts_with(SEALED) => {
            let sealed: Sealed = serde_json::from_value(value.clone()).map_err(|error| {
                StepError::permanent("GS-SEAL-KEY", format!("a sealed secret is damaged: {error}"))
            })?;
            Value::String(host.unseal(&sealed)?)
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| open(host, item)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, field)| Ok((name.clone(), open(host, field)?)))
                .collect::<Result<_, StepError>>()?,
        ),
        other => other.clone(),
    })
}

/// Whether there is a sealed text in it.
#[must_use]
pub fn any(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with(SEALED),
        Value::Array(items) => items.iter().any(any),
        Value::Object(fields) => fields.values().any(any),
        _ => false,
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use gateshift_step_api::Host;
    use serde_json::json;

    use crate::testing::{ScriptedHost, ok};

    #[test]
    fn every_sealed_text_is_opened_and_nothing_else_changes() {
        let host = ScriptedHost::new(|_| Ok(ok(json!({}))));
        let sealed = host.seal("hunter2").unwrap();
        let closed = json!({"a": [sealed, 1, "plain"], "b": {"c": sealed}, "d": null});
        let opened = json!({"a": ["hunter2", 1, "plain"], "b": {"c": "hunter2"}, "d": null});
        assert!(super::any(&closed) && !super::any(&opened));
        assert_eq!(super::open(&host, &closed).unwrap(), opened);
        assert!(!closed.to_string().contains("hunter2"));
    }
}
