//! The metrics of both gateways: the query API of Prometheus as far as the data planes understand
//! it, and the text that a Prometheus would scrape.

use std::sync::Arc;

use super::parts::Parts;
use crate::serve::{Handler, Plain};
use crate::wire::{Wire, pairs};

/// The handler of the metrics server.
pub(crate) fn handler(parts: Arc<Parts>) -> Handler {
    Arc::new(move |wire| {
        let reply = answer(&parts, &wire);
        Box::pin(async move { Some(reply) })
    })
}

fn answer(parts: &Parts, wire: &Wire) -> Plain {
    match (wire.method.as_str(), wire.path.as_str()) {
        ("GET", "/metrics") => Plain::text(200, parts.planes.metrics_text()),
        ("GET" | "POST", "/api/v1/query") => {
            let mut sent = wire.query_pairs();
            sent.extend(pairs(&String::from_utf8_lossy(&wire.body)));
            let query = sent
                .into_iter()
                .find(|(name, _)| name == "query")
                .map(|(_, value)| value)
                .unwrap_or_default();
            let (status, body) = parts.planes.query_response(&query);
            Plain::json(status, &body)
        }
        ("GET", "/-/ready" | "/-/healthy") => Plain::text(200, "the lab is ready\n"),
        _ => Plain::text(404, "this is /metrics and /api/v1/query\n"),
    }
}
