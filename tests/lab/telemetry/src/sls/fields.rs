//! The fields of a record: the products' own, or those of nginx. All values are text.

use serde_json::{Map, Value};

use crate::Record;

/// The products' own fields, with the kind of their index.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("authority", "text"),
    ("bytes_received", "long"),
    ("bytes_sent", "long"),
    ("cluster_id", "text"),
    ("downstream_local_address", "text"),
    ("downstream_remote_address", "text"),
    ("duration", "double"),
    ("method", "text"),
    ("path", "text"),
    ("protocol", "text"),
    ("request_id", "text"),
    ("requested_server_name", "text"),
    ("response_code", "long"),
    ("response_flags", "text"),
    ("route_name", "text"),
    ("start_time", "long"),
    ("trace_id", "text"),
    ("upstream_cluster", "text"),
    ("upstream_host", "text"),
    ("upstream_service_time", "double"),
    ("upstream_transport_failure_reason", "text"),
    ("user_agent", "text"),
    ("x_forwarded_for", "text"),
];

/// The fields of nginx, with the kind of their index.
pub(super) const NGINX_KINDS: &[(&str, &str)] = &[
    ("body_bytes_sent", "long"),
    ("host", "text"),
    ("http_user_agent", "text"),
    ("http_x_forwarded_for", "text"),
    ("remote_addr", "text"),
    ("request", "text"),
    ("request_id", "text"),
    ("request_time", "double"),
    ("status", "long"),
    ("time_msec", "long"),
    ("upstream_addr", "text"),
    ("upstream_response_time", "double"),
];

/// A record as a store holds it.
pub(super) fn stored(record: &Record, nginx_format: bool) -> Map<String, Value> {
    let mut row = if nginx_format { nginx(record) } else { own(record) };
    row.insert("__time__".to_owned(), text_of(&record.fields, "__time__"));
    row.insert("__source__".to_owned(), Value::from("127.0.0.1"));
    row.insert("__topic__".to_owned(), Value::from(""));
    row
}

fn own(record: &Record) -> Map<String, Value> {
    KINDS.iter().map(|(name, _)| ((*name).to_owned(), text_of(&record.fields, name))).collect()
}

fn nginx(record: &Record) -> Map<String, Value> {
    let fields = &record.fields;
    let plain = |name: &str| text_of(fields, name).as_str().unwrap_or_default().to_owned();
    let seconds = |name: &str| format!("{:.3}", record.number(name) / 1000.0);
    let request = format!("{} {} {}", plain("method"), plain("path"), plain("protocol"));
    let columns = [
        ("body_bytes_sent", plain("bytes_sent")),
        ("host", plain("authority")),
        ("http_user_agent", plain("user_agent")),
        ("http_x_forwarded_for", plain("x_forwarded_for")),
        ("remote_addr", plain("downstream_remote_address")),
        ("request", request),
        ("request_id", plain("request_id")),
        ("request_time", seconds("duration")),
        ("status", plain("response_code")),
        ("time_msec", plain("start_time")),
        ("upstream_addr", plain("upstream_host")),
        ("upstream_response_time", seconds("upstream_service_time")),
    ];
    columns.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

/// A field as text; `-` for one that is not there, as Envoy writes it.
fn text_of(fields: &Map<String, Value>, name: &str) -> Value {
    match fields.get(name) {
        None | Some(Value::Null) => Value::from("-"),
        Some(Value::String(text)) => Value::from(text.as_str()),
        Some(other) => Value::from(other.to_string()),
    }
}
