//! What a route changes on the way: path, host and headers, who may ask from a browser, and copies of
//! the traffic. Keys are the source's own in lower camel case.

use gateshift_gateway_model::{Cors, Direction, HeaderChange, HeaderOp, Mirror, PathRewrite, Rewrite};
use serde_json::{Value, json};

use crate::convert::compact;

pub(super) fn rewrite(wanted: &Rewrite) -> Value {
    let (kind, path, pattern, substitution) = match &wanted.path {
        None => (None, None, None, None),
        Some(PathRewrite::Exact { path }) => (Some("EQUAL"), Some(path), None, None),
        Some(PathRewrite::Prefix { prefix }) => (Some("PRE"), Some(prefix), None, None),
        // The source misspells this word, and the target has taken its words over.
        Some(PathRewrite::Regex { pattern, substitution }) => {
            (Some("ERGULAR"), None, Some(pattern), Some(substitution))
        }
    };
    compact(json!({
        "enable": true,
        "host": wanted.host,
        "pathType": kind,
        "path": path,
        "pattern": pattern,
        "substitution": substitution,
    }))
}

pub(super) fn headers(changes: &[HeaderChange]) -> Value {
    let one = |change: &HeaderChange| {
        json!({
            "directionType": match change.direction {
                Direction::Request => "Request",
                Direction::Response => "Response",
            },
            "opType": match change.op {
                HeaderOp::Add => "Add",
                HeaderOp::Update => "Update",
                HeaderOp::Delete => "Delete",
            },
            "key": change.name,
            "value": change.value,
        })
    };
    json!({"enable": true, "headerOpItems": changes.iter().map(one).collect::<Vec<_>>()})
}

pub(super) fn cors(wanted: &Cors) -> Value {
    json!({
        "enable": true,
        "allowOrigins": wanted.allow_origins.join(","),
        "allowMethods": wanted.allow_methods.join(","),
        "allowHeaders": wanted.allow_headers.join(","),
        "exposeHeaders": wanted.expose_headers.join(","),
        "allowCredentials": wanted.allow_credentials,
        "timeUnit": wanted.unit,
        "unitNum": wanted.max_age,
    })
}

pub(super) fn mirror(wanted: &Mirror, service: String) -> Value {
    compact(json!({
        "enable": true,
        "targetServiceId": service,
        "port": wanted.port,
        "percentage": wanted.percent,
    }))
}
