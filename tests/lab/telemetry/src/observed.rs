//! The requests that gateways answered, as whoever runs the data planes tells them.

use serde_json::{Map, Value};

/// One answered request.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Lab milliseconds of its end.
    pub ended_ms: i64,
    /// Fields of the access log by the products' names; absent ones may be null.
    pub fields: Map<String, Value>,
}

impl Record {
    /// A number of the record; 0 when it has none of that name.
    pub(crate) fn number(&self, name: &str) -> f64 {
        self.fields.get(name).and_then(Value::as_f64).unwrap_or_default()
    }
}

/// Knows the requests that gateways answered.
pub trait Observed: Send + Sync {
    /// Requests of a gateway that ended in `from_ms..to_ms`, oldest first, as far as they are still known.
    fn records(&self, gateway: &str, from_ms: i64, to_ms: i64) -> Vec<Record>;
}
