//! Builders for cloud calls of both styles: RPC (everything in the query, `POST /`) and ROA (paths
//! and JSON bodies).

use gateshift_model::OperationKey;
use gateshift_step_api::{Body, CallKind, CallRequest};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// All but RFC 3986's unreserved letters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A call being put together.
#[derive(Debug, Clone)]
pub struct Call(CallRequest);

/// An RPC call: `POST /` with its parameters in the query.
#[must_use]
pub fn rpc(connection: &str, action: &str, kind: CallKind) -> Call {
    roa(connection, action, kind, "POST", &[])
}

/// A ROA call; each segment is percent-encoded by itself.
#[must_use]
pub fn roa(connection: &str, action: &str, kind: CallKind, method: &str, segments: &[&str]) -> Call {
    let encoded: Vec<String> =
        segments.iter().map(|one| utf8_percent_encode(one, SEGMENT).to_string()).collect();
    Call(CallRequest {
        connection: connection.to_owned(),
        action: action.to_owned(),
        method: method.to_owned(),
        path: format!("/{}", encoded.join("/")),
        query: Vec::new(),
        body: Body::None,
        operation: None,
        serial: None,
        kind,
    })
}

impl Call {
    /// A query parameter. Numbers and booleans as their text.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.0.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// A query parameter, when there is a value.
    #[must_use]
    pub fn maybe(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// A query parameter that holds compact JSON.
    #[must_use]
    pub fn json(self, name: &str, value: &Value) -> Self {
        self.query(name, value)
    }

    /// A JSON body.
    #[must_use]
    pub fn body(mut self, value: Value) -> Self {
        self.0.body = Body::Json(value);
        self
    }

    /// A form body.
    #[must_use]
    pub fn form(mut self, pairs: Vec<(String, String)>) -> Self {
        self.0.body = Body::Form(pairs);
        self
    }

    /// A body that is text of another form.
    #[must_use]
    pub fn text(mut self, media: &str, text: impl Into<String>) -> Self {
        self.0.body = Body::Text { media: media.to_owned(), text: text.into() };
        self
    }

    /// The operation this write belongs to.
    #[must_use]
    pub fn operation(mut self, key: &OperationKey) -> Self {
        self.0.operation = Some(key.clone());
        self
    }

    /// Runs after other writes with the same key.
    #[must_use]
    pub fn serial(mut self, key: impl Into<String>) -> Self {
        self.0.serial = Some(key.into());
        self
    }

    /// The finished request.
    #[must_use]
    pub fn build(self) -> CallRequest {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use gateshift_step_api::CallKind;

    use super::roa;

    #[test]
    fn segments_are_encoded_one_by_one() {
        let call = roa("target", "GetX", CallKind::Read, "GET", &["v1", "with/slash~*", "ü"]).build();
        assert_eq!(call.path, "/v1/with%2Fslash~%2A/%C3%BC");
    }
}
