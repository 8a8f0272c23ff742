//! How fast a connection may be used: a token bucket whose rate is at least halved when the other side throttles,
//! comes back quickly to just below what was accepted, and then feels its way up to the configured rate, ever
//! faster while nothing is refused.
//!
//! The bucket is a pure function of the moments it is told; [`Pacer`] does the waiting, first come first served.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Part of the accepted rate that is come back to quickly.
const NEAR: f64 = 0.95;
/// Part of the accepted rate by which the rate grows in a second until it is near.
const RECOVERY: f64 = 2.0;
/// Part of the configured rate by which it grows in the first second after that; twice that in the next, and so on.
const GROWTH: f64 = 0.02;
/// Part of the last estimate below which the next one does not fall: what was accepted in a moment of quiet says little.
const KEPT: f64 = 0.8;
/// Part of the rate that is taken as accepted at least, as long as nothing is known.
const GUESS: f64 = 0.25;
/// Part of the configured rate below which it never falls.
const FLOOR: f64 = 0.02;

/// The state of one connection's pace.
#[derive(Debug)]
pub(crate) struct Bucket {
    cap: f64,
    burst: f64,
    rate: f64,
    tokens: f64,
    told: Instant,
    /// What the other side accepted when it last throttled.
    accepted_rate: Option<f64>,
    accepted: VecDeque<Instant>,
    last_cut: Option<Instant>,
    quiet_until: Option<Instant>,
}

impl Bucket {
    pub(crate) fn new(rate: f64, burst: f64, now: Instant) -> Self {
        Self {
            cap: rate,
            burst,
            rate,
            tokens: burst,
            told: now,
            accepted_rate: None,
            accepted: VecDeque::new(),
            last_cut: None,
            quiet_until: None,
        }
    }

    /// Takes a token, or says how long to wait before asking again.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.advance(now);
        if let Some(until) = self.quiet_until.filter(|until| *until > now) {
            return Err(until - now);
        }
        // A hair less than a token counts as one: waits are rounded to whole nanoseconds.
        if self.tokens >= 1.0 - 1e-6 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64(((1.0 - self.tokens) / self.rate).max(1e-6)))
    }

    /// A request was taken in.
    pub(crate) fn accepted(&mut self, now: Instant) {
        self.accepted.push_back(now);
        let window = self.window();
        while self.accepted.front().is_some_and(|moment| now.duration_since(*moment) > window) {
            self.accepted.pop_front();
        }
    }

    /// A request that was sent at `sent` was throttled; the other side may have asked for quiet.
    pub(crate) fn throttled(&mut self, now: Instant, sent: Instant, quiet: Option<Duration>) {
        self.advance(now);
        if let Some(quiet) = quiet {
            self.quiet_until = self.quiet_until.max(now.checked_add(quiet));
        }
        // Requests under way when the rate was cut are answers to the old rate.
        if self.last_cut.is_some_and(|cut| sent <= cut) {
            return;
        }
        let window = self.window();
        let recent = self.accepted.iter().filter(|moment| now.duration_since(**moment) <= window).count();
        let accepted = f64::from(u32::try_from(recent).unwrap_or(u32::MAX)) / window.as_secs_f64();
        let floor = self.cap * FLOOR;
        let least = self.accepted_rate.map_or(self.rate * GUESS, |before| before.min(self.rate) * KEPT);
        let estimate = accepted.min(self.rate).max(least).max(floor);
        self.accepted_rate = Some(estimate);
        self.rate = (self.rate / 2.0).min(estimate).max(floor);
        // After the first throttling requests are spaced out evenly.
        self.burst = 1.0;
        self.tokens = self.tokens.min(0.0);
        self.last_cut = Some(now);
    }

    fn window(&self) -> Duration {
        Duration::from_secs_f64((4.0 / self.rate).clamp(1.0, 20.0))
    }

    fn advance(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.told).as_secs_f64();
        self.told = self.told.max(now);
        self.tokens = (self.tokens + passed * self.rate).min(self.burst);
        if self.quiet_until.is_some_and(|until| until > now) || self.rate >= self.cap {
            return;
        }
        let near = self.accepted_rate.unwrap_or(self.cap) * NEAR;
        self.rate = if self.rate < near {
            (self.rate + near * RECOVERY * passed).min(near)
        } else {
            let since =
                self.last_cut.map_or(0.0, |cut| self.told.saturating_duration_since(cut).as_secs_f64());
            self.rate + self.cap * GROWTH * (1.0 + since) * passed
        }
        .min(self.cap);
    }
}

/// Hands out turns.
#[derive(Debug)]
pub(crate) struct Pacer {
    bucket: Mutex<Bucket>,
    turnstile: tokio::sync::Mutex<()>,
}

impl Pacer {
    pub(crate) fn new(rate: f64, burst: f64) -> Self {
        Self {
            bucket: Mutex::new(Bucket::new(rate, burst, Instant::now())),
            turnstile: tokio::sync::Mutex::default(),
        }
    }

    /// Waits for this caller's turn.
    pub(crate) async fn turn(&self) {
        let _first = self.turnstile.lock().await;
        while let Err(wait) = self.with(|bucket| bucket.take(Instant::now())) {
            tokio::time::sleep(wait).await;
        }
    }

    pub(crate) fn accepted(&self) {
        self.with(|bucket| bucket.accepted(Instant::now()));
    }

    pub(crate) fn throttled(&self, sent: Instant, quiet: Option<Duration>) {
        self.with(|bucket| bucket.throttled(Instant::now(), sent, quiet));
    }

    fn with<T>(&self, act: impl FnOnce(&mut Bucket) -> T) -> T {
        act(&mut self.bucket.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Bucket;

    /// A server that takes `quota` a second, by a bucket or by fixed windows of a second.
    struct Quota {
        rate: f64,
        windows: bool,
        tokens: f64,
        told: f64,
    }

    impl Quota {
        fn admits(&mut self, now: f64) -> bool {
            if self.windows {
                if now.floor() > self.told.floor() {
                    self.tokens = self.rate;
                }
            } else {
                self.tokens = (self.tokens + (now - self.told) * self.rate).min(self.rate);
            }
            self.told = now;
            let admits = self.tokens >= 1.0;
            if admits {
                self.tokens -= 1.0;
            }
            admits
        }
    }

    /// Simulated seconds that `jobs` requests take against the quota, and how many were refused.
    fn run(cap: f64, mut quota: Quota, jobs: u32, latency: f64, wish: Option<f64>) -> (f64, u32) {
        let start = Instant::now();
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut bucket = Bucket::new(cap, 10.0, start);
        let (mut now, mut left, mut refused) = (0.0, jobs, 0);
        let mut answers: Vec<(f64, f64, bool)> = Vec::new();
        while left > 0 || !answers.is_empty() {
            while let Some(index) = answers.iter().position(|(arrives, ..)| *arrives <= now) {
                let (arrives, sent, fine) = answers.remove(index);
                if fine {
                    bucket.accepted(at(arrives));
                } else {
                    left += 1;
                    refused += 1;
                    bucket.throttled(at(arrives), at(sent), wish.map(Duration::from_secs_f64));
                }
            }
            let next = answers.iter().map(|(arrives, ..)| *arrives).fold(f64::MAX, f64::min);
            if left == 0 {
                now = if answers.is_empty() { now } else { next };
                continue;
            }
            match bucket.take(at(now)) {
                Ok(()) => {
                    left -= 1;
                    answers.push((now + latency, now, quota.admits(now)));
                }
                Err(wait) => now = (now + wait.as_secs_f64()).min(next.max(now + 1e-6)),
            }
        }
        (now, refused)
    }

    fn servers() -> impl Iterator<Item = (u32, bool, Option<f64>)> {
        let kinds = [(false, None), (false, Some(0.1)), (true, None), (true, Some(0.1))];
        [1, 12, 45, 78, 178, 199]
            .into_iter()
            .flat_map(move |latency| kinds.into_iter().map(move |(windows, wish)| (latency, windows, wish)))
    }

    /// Quotas and rates from far apart to nearly the same, near and far servers, both kinds of quota. The worst
    /// meet a window's edge again and again: a server a millisecond away whose quota is three quarters of the rate.
    #[test]
    fn total_time_is_close_to_the_least() {
        let (mut cases, mut sum) = (0.0, 0.0);
        for quota in [2, 3, 5, 8, 13, 20, 27, 34, 36, 37, 39] {
            for cap in [10, 13, 18, 25, 34, 42, 48, 49, 59] {
                for (latency, windows, wish) in servers() {
                    let (rate, cap, jobs) = (f64::from(quota), f64::from(cap), 30 * quota);
                    let server = Quota { rate, windows, tokens: rate, told: 0.0 };
                    let (time, refused) = run(cap, server, jobs, f64::from(latency) / 1000.0, wish);
                    let least = f64::from(jobs) / rate.min(cap);
                    let case = format!("{quota} a second, asked {cap}, {latency} ms, {windows}, {wish:?}");
                    assert!(time <= least * 1.5, "{case}: {time} s where {least} s would do");
                    assert!(refused <= jobs, "{case}: {refused} of {jobs} refused");
                    (cases, sum) = (cases + 1.0, sum + time / least);
                }
            }
        }
        assert!(sum / cases <= 1.1, "on average {} of the least time", sum / cases);
    }

    #[test]
    fn without_throttling_the_configured_rate_holds() {
        let server = Quota { rate: 1000.0, windows: false, tokens: 1000.0, told: 0.0 };
        let (time, refused) = run(10.0, server, 110, 0.01, None);
        assert_eq!(refused, 0);
        assert!((9.9..10.2).contains(&time), "{time}");
    }

    #[test]
    fn requests_of_one_burst_cut_once_and_a_wish_keeps_quiet() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10.0, 10.0, start);
        let later = start + Duration::from_millis(100);
        (0..9).for_each(|_| bucket.accepted(start));
        for _ in 0..5 {
            bucket.throttled(later, start, Some(Duration::from_secs(2)));
        }
        assert!((bucket.rate - 5.0).abs() < 1e-9);
        assert!(bucket.take(start + Duration::from_millis(2090)).is_err());
        assert_eq!(bucket.take(start + Duration::from_millis(2110)), Ok(()));
    }
}
