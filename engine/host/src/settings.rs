//! The common settings of a connection, read once and checked.

use std::collections::BTreeMap;

use gateshift_model::StepError;
use serde_json::Value;

use crate::Scheme;

/// How a connection is to be treated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) rate: f64,
    pub(crate) burst: f64,
    pub(crate) concurrency: usize,
    pub(crate) scheme: Scheme,
}

impl Settings {
    /// Reads `with:`; what is not given has its default.
    pub(crate) fn read(
        connection: &str,
        kind: &Scheme,
        with: &BTreeMap<String, Value>,
    ) -> Result<Self, StepError> {
        let number = |name: &str, default: f64| match with.get(name) {
            None => Ok(default),
            Some(value) => {
                value.as_f64().filter(|number| number.is_finite() && *number > 0.0).ok_or_else(|| {
                    refused(connection, format!("`{name}` is {value}")).with_hint("give a number above 0")
                })
            }
        };
        let whole = |name: &str, default: f64| match number(name, default)? {
            number if number.fract() == 0.0 && number <= 10_000.0 => Ok(number),
            number => Err(refused(connection, format!("`{name}` is {number}"))
                .with_hint("give a whole number up to 10000")),
        };
        let scheme = match (kind, with.get("auth").and_then(Value::as_str)) {
            (kind, None) => kind.clone(),
            (Scheme::None, Some("none")) => Scheme::None,
            (Scheme::None, Some("basic")) => Scheme::Basic,
            (Scheme::None, Some("bearer")) => Scheme::Bearer,
            (_, Some(auth)) => {
                return Err(refused(connection, format!("`auth: {auth}` does not fit this kind")));
            }
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked: whole, 1 to 10000"
        )]
        let concurrency = whole("concurrency", 8.0)? as usize;
        Ok(Self { rate: number("rate", 10.0)?, burst: whole("burst", 10.0)?, concurrency, scheme })
    }
}

fn refused(connection: &str, message: String) -> StepError {
    StepError::needs_operator("GS-CONNECTION", format!("connection `{connection}`: {message}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Settings;
    use crate::Scheme;

    #[test]
    fn defaults_and_refusals() {
        let read = |with| Settings::read("c", &Scheme::None, &serde_json::from_value(with).unwrap());
        let plain = read(json!({})).unwrap();
        assert_eq!((plain.rate, plain.burst, plain.concurrency, plain.scheme), (10.0, 10.0, 8, Scheme::None));
        assert_eq!(read(json!({"auth": "basic", "rate": 0.5})).unwrap().scheme, Scheme::Basic);
        for bad in [
            json!({"rate": 0}),
            json!({"rate": "x"}),
            json!({"burst": 1.5}),
            json!({"concurrency": -1}),
            json!({"auth": "x"}),
        ] {
            assert_eq!(read(bad).unwrap_err().code, "GS-CONNECTION");
        }
    }
}
