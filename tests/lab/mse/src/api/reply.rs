//! The envelope of answers, and the two ways in which this API refuses: with an HTTP status, or
//! with HTTP 200 and `Success: false`. The second kind is what careless clients overlook, so both
//! occur here, fixed by operation.

use gateshift_lab_kernel::{Answer, ApiError};
use serde_json::{Value, json};

/// What an operation gives back: the whole body without the request id, or a refusal.
pub(crate) type Reply = Result<Value, Refusal>;

/// A refusal.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    /// Sent with HTTP 200 and `Success: false`.
    quiet: bool,
}

impl Refusal {
    /// A parameter that cannot be.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { status: 400, code: "InvalidParameter", message: message.into(), quiet: false }
    }

    /// Something that does not exist.
    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self { status: 404, code: "NotFound", message: message.into(), quiet: false }
    }

    /// Something that cannot be done in the present state.
    pub(crate) fn illegal(message: impl Into<String>) -> Self {
        Self { status: 400, code: "IllegalRequest", message: message.into(), quiet: false }
    }

    /// The same refusal inside an answer with HTTP status 200.
    pub(crate) fn quietly(self) -> Self {
        Self { quiet: true, ..self }
    }
}

/// A success with data.
pub(crate) fn data(data: impl Into<Value>) -> Reply {
    Ok(json!({
        "Code": 200,
        "HttpStatusCode": 200,
        "Success": true,
        "Message": "success",
        "Data": data.into(),
    }))
}

/// A success without data, for operations that have found nothing to show.
pub(crate) fn nothing() -> Reply {
    Ok(json!({ "Code": 200, "HttpStatusCode": 200, "Success": true, "Message": "success" }))
}

/// Operations whose answers have an `ErrorCode`.
const WITH_ERROR_CODE: &[&str] = &[
    "AddGatewayRoute",
    "GatewayBlackWhiteList",
    "GetGatewayAuthConsumerDetail",
    "GetGatewayConfig",
    "GetPluginConfig",
    "GetPlugins",
    "ListGatewayAuthConsumer",
    "ListGatewayAuthConsumerResource",
    "ListGatewayZone",
];

/// Operations whose answers have no `Success`, so that they cannot refuse quietly.
const WITHOUT_ENVELOPE: &[&str] = &[
    "ListGatewayFlowRule",
    "ListGatewayIsolationRule",
    "ListGatewayCircuitBreakerRule",
    "UpdateGatewayConfig",
    "ListTagResources",
    "GetMseFeatureSwitch",
];

/// Puts a reply into the form the front sends.
pub(crate) fn into_answer(operation: &str, reply: Reply) -> Answer {
    let refusal = match reply {
        Ok(body) => return Ok(body),
        Err(refusal) => refusal,
    };
    if !refusal.quiet || WITHOUT_ENVELOPE.contains(&operation) {
        return Err(ApiError::new(refusal.status, refusal.code, refusal.message));
    }
    let mut body = json!({
        "Code": refusal.status,
        "HttpStatusCode": refusal.status,
        "Success": false,
        "Message": refusal.message,
    });
    if WITH_ERROR_CODE.contains(&operation) {
        body["ErrorCode"] = refusal.code.into();
    }
    Ok(body)
}

/// The answer for an operation that is not in the table; the front does not let such calls through.
pub(crate) fn unserved(operation: &str) -> Answer {
    Err(ApiError::new(501, "LabNotServed", format!("the lab does not serve {operation}")))
}
