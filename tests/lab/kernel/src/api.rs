//! What a simulated product looks like to the HTTP front: a call that has passed signature and
//! contract checks goes in, an answer body or a coded error comes out.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One call, after its signature and its parameters were checked against the contract.
#[derive(Debug, Clone)]
pub struct Call {
    /// Operation name, `ListGatewayRoute`.
    pub operation: String,
    /// Values of the names in the path template (ROA products only), decoded.
    pub path: BTreeMap<String, String>,
    /// Query parameters (and the form body of RPC calls), typed as the contract says: integers and
    /// booleans are JSON integers and booleans, parameters with `encoding: json` are parsed.
    pub query: Map<String, Value>,
    /// The JSON body of a ROA call; empty otherwise.
    pub body: Map<String, Value>,
    /// The request id this answer will carry.
    pub request_id: String,
}

/// A refusal, rendered by the front in the product's own envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// Code such as `NotFound.GatewayNotFound`.
    pub code: String,
    /// Text for people.
    pub message: String,
}

impl ApiError {
    /// A refusal with the given status, code and message.
    #[must_use]
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }
}

/// What a product answers to a call it accepts: the whole JSON body without the request id, which
/// the front adds under the product's spelling (`RequestId`, `requestId`).
pub type Answer = Result<Value, ApiError>;

/// A simulated product. The front has verified the signature and checked every parameter against
/// the contract before it calls; rules that the contract does not hold (uniqueness, states,
/// dependencies, conditionally mandatory parameters) are the product's own.
pub trait Product: Send + Sync {
    /// Short name as in the contract files: `mse`, `apig`, `alidns`, `vpc`, `ecs`.
    fn name(&self) -> &'static str;

    /// Answers one call. Returns within microseconds; asynchronous work is a matter of states that
    /// later calls see, computed from the lab's clock.
    fn call(&self, call: &Call) -> Answer;

    /// Operations this product really serves; anything else in the contract is answered by the front
    /// with 501 and a code that says so.
    fn operations(&self) -> &'static [&'static str];

    /// The routing of every gateway this product runs right now.
    fn gateways(&self) -> Vec<crate::gateway::GatewayConfig> {
        Vec::new()
    }
}
