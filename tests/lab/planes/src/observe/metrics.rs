//! Counters of each gateway under the names that the target product delivers to Prometheus, and the
//! recent samples behind them so that a window can be asked for exactly.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use gateshift_lab_kernel::Shared;

/// Upper bounds of the latency histogram, milliseconds.
const BOUNDS: [f64; 15] =
    [0.5, 1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0, 30000.0, 60000.0];
/// Samples kept per gateway for windows.
const KEPT: usize = 262_144;

pub(crate) const TOTAL: &str = "envoy_http_downstream_rq_total";
pub(crate) const BY_CLASS: &str = "envoy_http_downstream_rq";
pub(crate) const BUCKET: &str = "envoy_http_downstream_rq_time_bucket";
pub(crate) const SUM: &str = "envoy_http_downstream_rq_time_sum";
pub(crate) const COUNT: &str = "envoy_http_downstream_rq_time_count";

/// One line of metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Labels, without the name of the metric.
    pub labels: BTreeMap<String, String>,
    /// Value.
    pub value: f64,
}

/// Counters of all gateways; they outlive the gateways.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Shared<BTreeMap<String, Counters>>);

#[derive(Debug, Default)]
struct Counters {
    life: Tally,
    samples: VecDeque<Sample>,
    /// Time of the newest sample that is no longer kept.
    forgotten_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    ms: i64,
    status: u16,
    duration: f64,
}

/// Sums over some requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    total: u64,
    classes: [u64; 5],
    buckets: [u64; BOUNDS.len()],
    sum: f64,
}

impl Tally {
    fn add(&mut self, sample: Sample) {
        self.total += 1;
        let class = usize::from(sample.status / 100).clamp(1, 5) - 1;
        self.classes[class] += 1;
        for (count, bound) in self.buckets.iter_mut().zip(BOUNDS) {
            *count += u64::from(sample.duration <= bound);
        }
        self.sum += sample.duration;
    }

    /// The series of one metric, by the labels beside the gateway's id.
    fn series(&self, metric: &str) -> Vec<(Option<(&'static str, String)>, f64)> {
        match metric {
            TOTAL | COUNT => vec![(None, self.total as f64)],
            SUM => vec![(None, self.sum)],
            BY_CLASS => (1..)
                .zip(self.classes)
                .map(|(class, n)| (Some(("response_code_class", format!("{class}xx"))), n as f64))
                .collect(),
            BUCKET => BOUNDS
                .iter()
                .map(ToString::to_string)
                .zip(self.buckets)
                .chain([("+Inf".to_owned(), self.total)])
                .map(|(bound, n)| (Some(("le", bound)), n as f64))
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl Metrics {
    /// Makes the gateway's series appear, at zero.
    pub(crate) fn appear(&self, gateway_id: &str) {
        self.0.lock().entry(gateway_id.to_owned()).or_default();
    }

    pub(crate) fn add(&self, gateway_id: &str, ms: i64, status: u16, duration: f64) {
        let mut gateways = self.0.lock();
        let counters = gateways.entry(gateway_id.to_owned()).or_default();
        if counters.samples.len() == KEPT {
            counters.forgotten_ms = counters.samples.pop_front().map(|sample| sample.ms);
        }
        // Times are taken before the lock; keeping them ascending keeps the windows searchable.
        let ms = counters.samples.back().map_or(ms, |last| ms.max(last.ms));
        let sample = Sample { ms, status, duration };
        counters.samples.push_back(sample);
        counters.life.add(sample);
    }

    /// Requests that ended at or after a moment.
    pub(crate) fn requests_since(&self, gateway_id: &str, since_ms: i64) -> u64 {
        self.0.lock().get(gateway_id).map_or(0, |counters| {
            let from = counters.samples.partition_point(|sample| sample.ms < since_ms);
            (counters.samples.len() - from) as u64
        })
    }

    /// All series of a metric, over the whole life or since a moment. Nothing when the window
    /// begins before the oldest sample that is kept.
    pub(crate) fn series(&self, metric: &str, since_ms: Option<i64>) -> Option<Vec<Series>> {
        let gateways = self.0.lock();
        let mut found = Vec::new();
        for (id, counters) in gateways.iter() {
            let tally = match since_ms {
                None => counters.life.clone(),
                Some(since) => counters.window(since)?,
            };
            for (label, value) in tally.series(metric) {
                let mut labels = BTreeMap::from([("gateway_id".to_owned(), id.clone())]);
                labels.extend(label.map(|(name, value)| (name.to_owned(), value)));
                found.push(Series { labels, value });
            }
        }
        Some(found)
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let families = [
            (TOTAL, "counter", &[TOTAL][..]),
            (BY_CLASS, "counter", &[BY_CLASS]),
            ("envoy_http_downstream_rq_time", "histogram", &[BUCKET, SUM, COUNT]),
        ];
        for (family, kind, metrics) in families {
            let _ = writeln!(text, "# TYPE {family} {kind}");
            for metric in metrics {
                for series in self.series(metric, None).unwrap_or_default() {
                    let labels: Vec<String> =
                        series.labels.iter().map(|(k, v)| format!("{k}={v:?}")).collect();
                    let _ = writeln!(text, "{metric}{{{}}} {}", labels.join(","), series.value);
                }
            }
        }
        text
    }
}

impl Counters {
    fn window(&self, since_ms: i64) -> Option<Tally> {
        if self.forgotten_ms.is_some_and(|forgotten| forgotten >= since_ms) {
            return None;
        }
        let from = self.samples.partition_point(|sample| sample.ms < since_ms);
        let mut tally = Tally::default();
        self.samples.iter().skip(from).for_each(|sample| tally.add(*sample));
        Some(tally)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_count_only_what_lies_in_them() {
        let metrics = Metrics::default();
        metrics.appear("gw-idle");
        for (ms, status, duration) in [(1000, 200, 3.0), (2000, 503, 700.0), (3000, 301, 0.2)] {
            metrics.add("gw-1", ms, status, duration);
        }
        assert_eq!(metrics.requests_since("gw-1", 2000), 2);
        assert_eq!(metrics.requests_since("gw-idle", 0), 0);
        let by_class = metrics.series(BY_CLASS, Some(1500)).expect("kept");
        let counts: Vec<f64> = by_class.iter().map(|series| series.value).collect();
        assert_eq!(counts, [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let text = metrics.text();
        assert!(text.contains("envoy_http_downstream_rq_total{gateway_id=\"gw-1\"} 3\n"), "{text}");
        assert!(text.contains("rq_time_bucket{gateway_id=\"gw-1\",le=\"5\"} 2\n"), "{text}");
        assert!(text.contains("rq_time_bucket{gateway_id=\"gw-1\",le=\"+Inf\"} 3\n"), "{text}");
        assert!(text.contains("rq_time_sum{gateway_id=\"gw-1\"} 703.2\n"), "{text}");
    }
}
