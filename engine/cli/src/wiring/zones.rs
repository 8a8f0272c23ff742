//! Kinds of connection to the places where DNS records are kept, beside the provider's own.

use gateshift_host::{ConnectionKind, EndpointRule, Scheme, WriteRule};
use serde_json::json;

/// Every kind.
pub(super) fn kinds() -> Vec<ConnectionKind> {
    vec![powerdns()]
}

/// The HTTP API of a PowerDNS server; its key stands in a header.
fn powerdns() -> ConnectionKind {
    ConnectionKind {
        name: "powerdns".to_owned(),
        scheme: Scheme::Header { name: "x-api-key".to_owned() },
        endpoint: EndpointRule::from_setting("url"),
        writes: WriteRule::Allowed,
        settings: json!({"url": {"type": "string", "description": "where the API listens, http://127.0.0.1:8081"}}),
        required: vec!["url".to_owned()],
        query_language: None,
    }
}
