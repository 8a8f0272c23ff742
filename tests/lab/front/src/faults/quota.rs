//! Quotas: a token bucket by product, so that a tight one throttles as the cloud does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// How many calls a product takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Calls per second of wall time in the long run.
    pub per_second: f64,
    /// Calls that may come at once.
    pub burst: u32,
}

/// The quotas in force; clones share them. A product without one is not throttled.
#[derive(Debug, Clone, Default)]
pub struct Quotas(Arc<Mutex<BTreeMap<String, Bucket>>>);

#[derive(Debug)]
struct Bucket {
    quota: Quota,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn full(quota: Quota, at: Instant) -> Self {
        Self { quota, tokens: f64::from(quota.burst.max(1)), at }
    }

    /// Takes a token, or says how long to wait for one.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.quota.per_second;
        self.tokens = (self.tokens + gained).min(f64::from(self.quota.burst.max(1)));
        self.at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let seconds = (1.0 - self.tokens) / self.quota.per_second.max(0.001);
        Err(Duration::from_secs_f64(seconds))
    }
}

impl Quotas {
    /// Puts quotas in force, each with a full bucket; products that are not named have none.
    pub fn set(&self, quotas: &BTreeMap<String, Quota>) {
        let now = Instant::now();
        let buckets = quotas.iter().map(|(product, quota)| (product.clone(), Bucket::full(*quota, now)));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = buckets.collect();
    }

    /// The quotas in force.
    #[must_use]
    pub fn get(&self) -> BTreeMap<String, Quota> {
        let buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.iter().map(|(product, bucket)| (product.clone(), bucket.quota)).collect()
    }

    /// Counts a call of a product.
    ///
    /// # Errors
    /// When it is one too many, with how long to wait.
    pub fn take(&self, product: &str) -> Result<(), Duration> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.get_mut(product).map_or(Ok(()), |bucket| bucket.take(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_product_without_quota_is_free() {
        let quotas = Quotas::default();
        quotas.set(&BTreeMap::from([("mse".to_owned(), Quota { per_second: 0.01, burst: 1 })]));
        assert!(quotas.take("mse").is_ok());
        assert!(quotas.take("mse").unwrap_err() > Duration::from_secs(50));
        assert!((0..100).all(|_| quotas.take("apig").is_ok()));
    }

    proptest! {
        /// Whoever waits as told is let through, and never more than burst plus rate pass.
        #[test]
        fn the_rate_is_kept_and_waiting_helps(per_second in 0.5_f64..50.0, burst in 1_u32..20, gaps in prop::collection::vec(0_u64..400, 1..200)) {
            let start = Instant::now();
            let mut bucket = Bucket::full(Quota { per_second, burst }, start);
            let (mut now, mut passed) = (start, 0.0);
            for gap in gaps {
                now += Duration::from_millis(gap);
                match bucket.take(now) {
                    Ok(()) => passed += 1.0,
                    Err(wait) => {
                        now += wait + Duration::from_micros(1);
                        prop_assert!(bucket.take(now).is_ok());
                        passed += 1.0;
                    }
                }
            }
            let most = f64::from(burst) + (now - start).as_secs_f64() * per_second;
            prop_assert!(passed <= most + 0.01, "{} of {}", passed, most);
        }
    }
}
