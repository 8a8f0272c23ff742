//! A JSON value against its shape: the first thing that is wrong, with the path to it.

use serde_json::{Map, Value};

use super::schema::{Encoding, Fields, Kind, Schema};

/// What is wrong with a value, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {fault}")]
pub struct Problem {
    /// Path to the value, `body.tlsCipherSuitesConfig.tlsCipherSuite[1].nam`.
    pub at: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The contract has no such name here.
    #[error("unknown")]
    Unknown,
    /// Mandatory and absent.
    #[error("missing, is required")]
    Missing,
    /// Of another type.
    #[error("{got} where {want} is due")]
    Type {
        /// What it is.
        got: &'static str,
        /// What it has to be.
        want: &'static str,
    },
    /// A text that does not spell a value of the type.
    #[error("{0}")]
    Text(String),
}

/// Whether mandatory fields are looked for: in requests yes, in answers the mark means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// An absent mandatory field is a problem.
    Enforced,
    /// Marks are not looked at.
    Ignored,
}

/// Whether `null` may stand for an absent value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// As real answers do.
    Allowed,
    /// Requests leave absent values out.
    Refused,
}

/// The JSON word for a value's type.
pub(super) fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Checks a value against a shape.
///
/// # Errors
/// With the first problem found.
pub fn check(
    at: &str,
    schema: &Schema,
    value: &Value,
    required: Required,
    nulls: Nulls,
) -> Result<(), Problem> {
    let problem = |fault| Err(Problem { at: at.to_owned(), fault });
    if value.is_null() {
        return match nulls {
            Nulls::Allowed => Ok(()),
            Nulls::Refused => problem(Fault::Type { got: "null", want: schema.kind.word() }),
        };
    }
    if let Some(Encoding::Json(of)) = &schema.encoding {
        let Some(text) = value.as_str() else {
            return problem(Fault::Type { got: word(value), want: "text holding json" });
        };
        return match serde_json::from_str(text) {
            Ok(inner) => check(at, of, &inner, required, nulls),
            Err(_) => problem(Fault::Text("text is not JSON".to_owned())),
        };
    }
    match (&schema.kind, value) {
        (Kind::Any, _)
        | (Kind::String | Kind::Binary, Value::String(_))
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::Recursive, Value::Object(_)) => Ok(()),
        (Kind::Integer, Value::Number(number)) if !number.is_f64() => Ok(()),
        (Kind::Object(fields), Value::Object(inner)) => check_fields(at, fields, inner, required, nulls),
        (Kind::Map(values), Value::Object(inner)) => inner
            .iter()
            .try_for_each(|(name, item)| check(&format!("{at}.{name}"), values, item, required, nulls)),
        (Kind::Array(items), Value::Array(inner)) => inner
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| check(&format!("{at}[{index}]"), items, item, required, nulls)),
        (kind, other) => problem(Fault::Type { got: word(other), want: kind.word() }),
    }
}

/// Checks the fields of an object.
///
/// # Errors
/// With the first problem found: unknown and ill-typed fields before missing ones.
pub fn check_fields(
    at: &str,
    fields: &Fields,
    object: &Map<String, Value>,
    required: Required,
    nulls: Nulls,
) -> Result<(), Problem> {
    for (name, value) in object {
        let at = format!("{at}.{name}");
        match fields.get(name) {
            Some(schema) => check(&at, schema, value, required, nulls)?,
            None => return Err(Problem { at, fault: Fault::Unknown }),
        }
    }
    if required == Required::Enforced {
        let absent = |name: &&String| object.get(*name).is_none_or(Value::is_null);
        if let Some((name, _)) =
            fields.iter().filter(|(_, schema)| schema.required).find(|(name, _)| absent(name))
        {
            return Err(Problem { at: format!("{at}.{name}"), fault: Fault::Missing });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Contract;
    use super::*;

    fn body(value: Value) -> Result<(), String> {
        let fields = &Contract::of("apig").unwrap().operations["CreateDomain"].request.body;
        let object = value.as_object().unwrap();
        check_fields("body", fields, object, Required::Enforced, Nulls::Refused)
            .map_err(|problem| problem.to_string())
    }

    #[test]
    fn requests_are_checked_to_the_last_field() {
        assert_eq!(body(json!({"name": "a.example.com", "protocol": "HTTP"})), Ok(()));
        for (value, said) in [
            (json!({"name": "a", "colour": "red"}), "body.colour: unknown"),
            (json!({"protocol": "HTTP"}), "body.name: missing, is required"),
            (json!({"name": "a", "forceHttps": "true"}), "body.forceHttps: string where boolean is due"),
            (json!({"name": "a", "forceHttps": 1}), "body.forceHttps: integer where boolean is due"),
            (json!({"name": "a", "protocol": null}), "body.protocol: null where string is due"),
            (
                json!({"name": "a", "tlsCipherSuitesConfig": []}),
                "body.tlsCipherSuitesConfig: array where object is due",
            ),
            (
                json!({"name": "a", "tlsCipherSuitesConfig": {"tlsCipherSuite": [{"name": "n"}, {"nam": "n"}]}}),
                "body.tlsCipherSuitesConfig.tlsCipherSuite[1].nam: unknown",
            ),
        ] {
            assert_eq!(body(value), Err(said.to_owned()));
        }
    }

    #[test]
    fn answers_may_hold_nulls_but_no_unknown_field() {
        let schema = Contract::of("apig").unwrap().operations["CreateDomain"].response.as_ref().unwrap();
        let answer = |value| check("response", schema, &value, Required::Ignored, Nulls::Allowed);
        assert_eq!(
            answer(json!({"requestId": "r", "code": "Ok", "message": null, "data": {"domainId": "d"}})),
            Ok(())
        );
        assert_eq!(
            answer(json!({"data": {"domainID": "d"}})).unwrap_err().to_string(),
            "response.data.domainID: unknown"
        );
        assert_eq!(
            answer(json!({"requestId": 7})).unwrap_err().to_string(),
            "response.requestId: integer where string is due"
        );
    }
}
