//! The access log of the data planes as the products that watch gateways read it.

use std::sync::Arc;

use gateshift_lab_planes::Planes;
use gateshift_lab_telemetry::{Observed, Record};
use serde_json::Value;

/// Reads the log of running data planes.
pub(crate) struct AccessLogs(pub(crate) Arc<Planes>);

impl Observed for AccessLogs {
    fn records(&self, gateway: &str, from_ms: i64, to_ms: i64) -> Vec<Record> {
        let mut found: Vec<Record> = self
            .0
            .access_log()
            .iter()
            .filter(|entry| entry.cluster_id == gateway && (from_ms..to_ms).contains(&entry.ended_ms))
            .filter_map(|entry| match serde_json::to_value(&**entry) {
                Ok(Value::Object(fields)) => Some(Record { ended_ms: entry.ended_ms, fields }),
                _ => None,
            })
            .collect();
        found.sort_by_key(|record| record.ended_ms);
        found
    }
}
