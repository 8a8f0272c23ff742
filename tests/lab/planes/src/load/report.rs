//! What the load client counted.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

/// Failures described one by one.
const DESCRIBED: usize = 20;
/// Each latency class is this much wider than the one before.
const GROWTH: f64 = 1.05;

/// A request that failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// Seconds after the start of the load.
    pub at_s: f64,
    /// Host and path.
    pub target: String,
    /// Address asked, when there was one.
    pub address: Option<IpAddr>,
    /// What went wrong.
    pub reason: String,
}

/// Counters at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LoadReport {
    /// Requests begun.
    pub sent: u64,
    /// Requests that ended with a status below 500.
    pub succeeded: u64,
    /// Requests that ended without an answer or with a status of 500 and above.
    pub failed: u64,
    /// Answers by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Answers by the address that gave them.
    pub by_address: BTreeMap<IpAddr, u64>,
    /// Wall milliseconds within which half of the answers came.
    pub p50_ms: f64,
    /// The same for 95 of 100.
    pub p95_ms: f64,
    /// The same for 99 of 100.
    pub p99_ms: f64,
    /// The slowest answer.
    pub max_ms: f64,
    /// The first failures.
    pub failures: Vec<Failure>,
}

/// Counters under way.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    report: LoadReport,
    latencies: BTreeMap<u32, u64>,
}

impl Tally {
    pub(crate) fn begin(&mut self) {
        self.report.sent += 1;
    }

    pub(crate) fn answered(&mut self, address: IpAddr, status: u16, took: Duration) {
        let report = &mut self.report;
        *report.by_status.entry(status).or_default() += 1;
        *report.by_address.entry(address).or_default() += 1;
        report.succeeded += u64::from(status < 500);
        let ms = took.as_secs_f64() * 1000.0;
        report.max_ms = report.max_ms.max(ms);
        *self.latencies.entry(class_of(ms)).or_default() += 1;
    }

    pub(crate) fn failed(&mut self, failure: Failure) {
        self.report.failed += 1;
        if self.report.failures.len() < DESCRIBED {
            self.report.failures.push(failure);
        }
    }

    /// The counters with the percentiles worked out.
    pub(crate) fn snapshot(&self) -> LoadReport {
        let mut report = self.report.clone();
        report.p50_ms = self.percentile(0.50);
        report.p95_ms = self.percentile(0.95);
        report.p99_ms = self.percentile(0.99);
        report
    }

    fn percentile(&self, part: f64) -> f64 {
        let total: u64 = self.latencies.values().sum();
        let rank = (total as f64 * part).ceil() as u64;
        let mut below = 0;
        let class = self.latencies.iter().find(|(_, count)| {
            below += **count;
            below >= rank
        });
        class.map_or(0.0, |(class, _)| upper_bound(*class).min(self.report.max_ms))
    }
}

/// Latency classes begin at a hundredth of a millisecond.
fn class_of(ms: f64) -> u32 {
    ((ms / 0.01).max(1.0).ln() / GROWTH.ln()) as u32
}

fn upper_bound(class: u32) -> f64 {
    0.01 * GROWTH.powf(f64::from(class) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_a_class_of_the_truth() {
        let mut tally = Tally::default();
        let address = IpAddr::from([127, 0, 0, 1]);
        for ms in 1..=1000_u64 {
            tally.begin();
            tally.answered(address, if ms == 7 { 503 } else { 200 }, Duration::from_millis(ms));
        }
        let report = tally.snapshot();
        for (found, wanted) in [(report.p50_ms, 500.0), (report.p95_ms, 950.0), (report.p99_ms, 990.0)] {
            assert!((found / wanted - 1.0).abs() < 0.06, "{found} for {wanted}");
        }
        assert_eq!((report.sent, report.succeeded, report.max_ms), (1000, 999, 1000.0));
        assert_eq!(Tally::default().snapshot().p99_ms, 0.0);
    }
}
