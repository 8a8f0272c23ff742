//! Limits of a route: requests in a window, requests under way, and the circuit breaker. What they
//! remember outlives a change of the configuration, as it does in a gateway.

use std::collections::HashMap;
use std::sync::Arc;

use gateshift_lab_kernel::Shared;
use gateshift_lab_kernel::policy::{Breaker, Policies, Refusal};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};

use crate::plane::Reply;

/// What the limits of one gateway remember, by route.
#[derive(Debug, Default)]
pub(crate) struct Limiters(Shared<HashMap<String, Memory>>);

#[derive(Debug, Default)]
struct Memory {
    window: Window,
    under_way: u64,
    circuit: Circuit,
}

/// Requests in the present window.
#[derive(Debug, Default)]
pub(crate) struct Window {
    began_ms: Option<i64>,
    taken: u64,
}

impl Window {
    /// Takes one more if the limit allows it. A window begins with the first request in it.
    pub(crate) fn takes(&mut self, threshold: u64, window_ms: u64, now_ms: i64) -> bool {
        let length = i64::try_from(window_ms.max(1)).unwrap_or(i64::MAX);
        if self.began_ms.is_none_or(|began| now_ms.saturating_sub(began) >= length) {
            *self = Self { began_ms: Some(now_ms), taken: 0 };
        }
        let fits = self.taken < threshold;
        self.taken += u64::from(fits);
        fits
    }
}

/// A circuit breaker's memory.
#[derive(Debug, Default)]
struct Circuit {
    window: Option<i64>,
    total: u64,
    bad: u64,
    open_until: Option<i64>,
    trying: bool,
}

impl Circuit {
    /// Whether a request may go on; after the recovery time one may try.
    fn allows(&mut self, now_ms: i64) -> bool {
        match self.open_until {
            None => true,
            Some(until) if now_ms >= until && !self.trying => {
                self.trying = true;
                true
            }
            Some(_) => false,
        }
    }

    fn record(&mut self, breaker: &Breaker, bad: bool, now_ms: i64) {
        let opens = |ms: u64| Some(now_ms.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)));
        if self.trying {
            *self = Self { open_until: bad.then(|| opens(breaker.recovery_ms)).flatten(), ..Self::default() };
            return;
        }
        let length = i64::try_from(breaker.window_ms.max(1)).unwrap_or(i64::MAX);
        if self.window.is_none_or(|began| now_ms.saturating_sub(began) >= length) {
            *self = Self { window: Some(now_ms), open_until: self.open_until, ..Self::default() };
        }
        self.total += 1;
        self.bad += u64::from(bad);
        let judged = self.total >= breaker.min_requests.max(1);
        if judged && self.bad > 0 && self.bad * 100 >= breaker.ratio_percent * self.total {
            *self = Self { open_until: opens(breaker.recovery_ms), ..Self::default() };
        }
    }
}

/// A request that the limits of its route let through; it stops counting as under way when dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    limiters: Arc<Limiters>,
    route: String,
    breaker: Option<Breaker>,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if let Some(memory) = self.limiters.0.lock().get_mut(&self.route) {
            memory.under_way = memory.under_way.saturating_sub(1);
        }
    }
}

impl Admitted {
    /// Tells the circuit breaker how it went.
    pub(crate) fn ended(&self, status: u16, took_ms: f64, now_ms: i64) {
        let Some(breaker) = &self.breaker else { return };
        let slow = breaker.slow_ms.map(|limit| took_ms > limit as f64);
        let bad = status >= 500 || slow.unwrap_or(false);
        if let Some(memory) = self.limiters.0.lock().get_mut(&self.route) {
            memory.circuit.record(breaker, bad, now_ms);
        }
    }
}

impl Limiters {
    /// Lets a request through, or says what it gets instead.
    pub(crate) fn admit(
        self: &Arc<Self>,
        route: &str,
        policies: &Policies,
        now_ms: i64,
    ) -> Result<Option<Admitted>, Box<Reply>> {
        let Policies { rate_limit, concurrency, breaker, .. } = policies;
        if rate_limit.is_none() && concurrency.is_none() && breaker.is_none() {
            return Ok(None);
        }
        let mut memories = self.0.lock();
        let memory = memories.entry(route.to_owned()).or_default();
        if let Some(limit) = rate_limit
            && !memory.window.takes(limit.threshold, limit.window_ms, now_ms)
        {
            return Err(Box::new(refused(&limit.refusal, "RL")));
        }
        if let Some(limit) = concurrency.as_ref().filter(|limit| memory.under_way >= limit.threshold) {
            return Err(Box::new(refused(&limit.refusal, "UO")));
        }
        if let Some(breaker) = breaker
            && !memory.circuit.allows(now_ms)
        {
            return Err(Box::new(refused(&breaker.refusal, "UO")));
        }
        memory.under_way += 1;
        Ok(Some(Admitted { limiters: Arc::clone(self), route: route.to_owned(), breaker: breaker.clone() }))
    }
}

/// The answer that a refusal describes.
fn refused(refusal: &Refusal, flags: &'static str) -> Reply {
    match refusal {
        Refusal::Redirect(url) => Reply { flags, ..Reply::elsewhere(StatusCode::FOUND, url) },
        Refusal::Content { status, body, json } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
            let mut reply = Reply::own(status, flags, body.as_str());
            if *json {
                reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            reply
        }
    }
}

#[cfg(test)]
mod tests {
    use gateshift_lab_kernel::policy::Limit;

    use super::*;

    fn refusal(status: u16) -> Refusal {
        Refusal::Content { status, body: "{}".to_owned(), json: true }
    }

    #[test]
    fn a_window_takes_so_many_and_then_begins_anew() {
        let mut window = Window::default();
        let taken: Vec<bool> =
            [0, 1, 2, 999, 1000, 1001].into_iter().map(|now| window.takes(2, 1000, now)).collect();
        assert_eq!(taken, [true, true, false, false, true, true]);
    }

    #[test]
    fn limits_refuse_in_their_own_words() {
        let limiters = Arc::new(Limiters::default());
        let limit = |threshold, status| Some(Limit { threshold, window_ms: 1000, refusal: refusal(status) });
        let rate = Policies { rate_limit: limit(1, 429), ..Policies::default() };
        assert!(limiters.admit("a", &rate, 0).is_ok());
        let refused = limiters.admit("a", &rate, 10).unwrap_err();
        assert_eq!((refused.status.as_u16(), refused.flags), (429, "RL"));
        assert!(limiters.admit("b", &rate, 10).is_ok(), "each route counts for itself");

        let at_once = Policies { concurrency: limit(1, 503), ..Policies::default() };
        let first = limiters.admit("c", &at_once, 0).unwrap();
        assert_eq!(limiters.admit("c", &at_once, 0).unwrap_err().status.as_u16(), 503);
        drop(first);
        assert!(limiters.admit("c", &at_once, 0).is_ok());
        let away = Policies {
            rate_limit: Some(Limit {
                threshold: 0,
                window_ms: 1,
                refusal: Refusal::Redirect("https://sorry.example.com/".to_owned()),
            }),
            ..Policies::default()
        };
        let reply = limiters.admit("d", &away, 0).unwrap_err();
        assert_eq!(reply.headers["location"], "https://sorry.example.com/");
    }

    #[test]
    fn a_breaker_opens_tries_and_closes() {
        let limiters = Arc::new(Limiters::default());
        let breaker = Breaker {
            ratio_percent: 50,
            slow_ms: Some(100),
            window_ms: 10_000,
            recovery_ms: 1000,
            min_requests: 4,
            refusal: refusal(503),
        };
        let policies = Policies { breaker: Some(breaker), ..Policies::default() };
        let ask = |now: i64, status: u16, took: f64| match limiters.admit("r", &policies, now) {
            Ok(Some(admitted)) => {
                admitted.ended(status, took, now);
                true
            }
            _ => false,
        };
        assert!([(200, 1.0), (200, 1.0), (503, 1.0)].iter().all(|(status, took)| ask(0, *status, *took)));
        assert!(ask(1, 200, 500.0), "the fourth is slow and makes it half");
        assert!(!ask(2, 200, 1.0), "open");
        assert!(ask(1002, 500, 1.0), "one may try");
        assert!(!ask(1003, 200, 1.0), "and it failed");
        assert!(ask(2100, 200, 1.0) && ask(2101, 200, 1.0), "closed again");
    }
}
