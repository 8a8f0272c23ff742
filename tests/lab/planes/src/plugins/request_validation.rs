//! request-validation: a simple reading of its schemas: what is required, and of what kind it is.

use hyper::StatusCode;
use serde_json::Value;

use super::Effect;
use super::read::{status, text, texts};
use crate::plane::Reply;
use crate::policies::{Facts, Onward};

#[derive(Debug)]
pub(crate) struct RequestValidation {
    headers: Value,
    body: Value,
    status: StatusCode,
    message: String,
}

impl RequestValidation {
    pub(crate) fn read(config: &Value) -> Self {
        let message = text(config, "rejected_msg");
        Self {
            headers: config.get("header_schema").cloned().unwrap_or_default(),
            body: config.get("body_schema").cloned().unwrap_or_default(),
            status: status(config, "rejected_code", 403),
            message: if message.is_empty() { "customize reject message".to_owned() } else { message },
        }
    }

    fn accepts(&self, facts: &Facts<'_>) -> bool {
        let headers = texts(&self.headers, "required");
        if !headers.iter().all(|name| facts.header(name).is_some()) {
            return false;
        }
        self.body.is_null()
            || serde_json::from_slice::<Value>(facts.body).is_ok_and(|body| fits(&self.body, &body))
    }
}

/// Whether a value has what the schema requires, each of the kind it says.
fn fits(schema: &Value, value: &Value) -> bool {
    let kind = match text(schema, "type").as_str() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => true,
    };
    let required = texts(schema, "required").iter().all(|name| value.get(name).is_some());
    let parts = schema.get("properties").and_then(Value::as_object);
    let parts = parts.is_none_or(|parts| {
        parts.iter().all(|(name, part)| value.get(name).is_none_or(|one| fits(part, one)))
    });
    kind && required && parts
}

impl Effect for RequestValidation {
    fn request(&self, facts: &Facts<'_>, _: &mut Onward) -> Option<Reply> {
        (!self.accepts(facts)).then(|| Reply::own(self.status, "", self.message.as_str()))
    }
}
