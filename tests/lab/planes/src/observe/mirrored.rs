//! Copies of requests that went to other upstreams.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gateshift_lab_kernel::Shared;

/// Metric of the copies.
const METRIC: &str = "lab_mirrored_requests_total";

/// Copies sent, by gateway and upstream.
#[derive(Debug, Default)]
pub(crate) struct Mirrored(Shared<BTreeMap<(String, String), u64>>);

impl Mirrored {
    pub(crate) fn add(&self, gateway_id: &str, upstream: &str) {
        *self.0.lock().entry((gateway_id.to_owned(), upstream.to_owned())).or_default() += 1;
    }

    /// How many, by gateway and upstream.
    pub(crate) fn counts(&self) -> BTreeMap<(String, String), u64> {
        self.0.lock().clone()
    }

    /// The same in the text form that Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        for ((gateway, upstream), count) in &*self.0.lock() {
            let _ = writeln!(out, "{METRIC}{{gateway_id=\"{gateway}\",upstream=\"{upstream}\"}} {count}");
        }
        out
    }
}
