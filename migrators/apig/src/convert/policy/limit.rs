//! Rate limits, concurrency limits and circuit breakers. The source numbers some of their modes without
//! saying what the numbers mean: such a number is written only where the target's own example shows one
//! under the same key, and where it does not, only the number that means "nothing special" is let go.

use gateshift_gateway_model::{CircuitBreaker, ConcurrencyLimit, RateLimit, Refusal, RefusalKind, Route};
use serde_json::{Value, json};

use super::Class;

/// Whether the target's example of a class shows a number under a key.
pub type Shows<'a> = dyn Fn(Class, &str) -> bool + 'a;

/// Milliseconds of the window that a threshold without one is for.
const SECOND: u64 = 1000;

pub(super) fn rate(rule: &RateLimit, shows: &Shows<'_>) -> Value {
    let mut config = json!({"enable": true, "threshold": rule.threshold});
    refuse(&mut config, &rule.refusal);
    put(&mut config, Class::RateLimit, "limitMode", rule.mode.map(Value::from), shows);
    put(&mut config, Class::RateLimit, "statDurationMs", rule.window_ms.map(Value::from), shows);
    config
}

pub(super) fn concurrency(rule: &ConcurrencyLimit, shows: &Shows<'_>) -> Value {
    let mut config = json!({"enable": true, "threshold": rule.threshold});
    refuse(&mut config, &rule.refusal);
    put(&mut config, Class::ConcurrencyLimit, "limitMode", rule.mode.map(Value::from), shows);
    config
}

pub(super) fn breaker(rule: &CircuitBreaker, shows: &Shows<'_>) -> Value {
    let mut config = json!({
        "enable": true,
        "triggerRatio": rule.trigger_ratio,
        "statDurationSec": rule.window_seconds,
        "recoveryTimeoutSec": rule.recovery_seconds,
        "minRequestAmount": rule.min_requests,
    });
    let numbers = [
        ("strategy", rule.strategy.map(Value::from)),
        ("maxAllowedMs", rule.max_allowed_ms.map(Value::from)),
    ];
    for (key, value) in numbers {
        if let Some(value) = value {
            config[key] = value;
        }
    }
    refuse(&mut config, &rule.refusal);
    put(&mut config, Class::CircuitBreaker, "limitMode", rule.mode.map(Value::from), shows);
    config
}

fn put(config: &mut Value, class: Class, key: &str, value: Option<Value>, shows: &Shows<'_>) {
    if let Some(value) = value.filter(|_| shows(class, key)) {
        config[key] = value;
    }
}

fn refuse(config: &mut Value, refusal: &Refusal) {
    match &refusal.kind {
        RefusalKind::Content { status, body, json } => {
            config["behaviorType"] = json!(0);
            config["bodyEncoding"] = json!(u8::from(*json));
            config["responseStatusCode"] = json!(status);
            config["responseContentBody"] = json!(body);
        }
        RefusalKind::Redirect { url } => {
            config["behaviorType"] = json!(1);
            config["responseRedirectUrl"] = json!(url);
        }
    }
}

pub(super) fn limit_template() -> Value {
    let mut config = json!({"enable": true, "threshold": 1});
    behaviours(&mut config);
    config
}

pub(super) fn breaker_template() -> Value {
    let mut config = json!({"enable": true});
    let numbers = [
        "strategy",
        "triggerRatio",
        "statDurationSec",
        "recoveryTimeoutSec",
        "minRequestAmount",
        "maxAllowedMs",
    ];
    numbers.iter().for_each(|key| config[*key] = json!(1));
    behaviours(&mut config);
    config
}

fn behaviours(config: &mut Value) {
    let refusals = [
        RefusalKind::Content { status: 429, body: "x".to_owned(), json: false },
        RefusalKind::Redirect { url: "x".to_owned() },
    ];
    for kind in refusals {
        refuse(config, &Refusal { kind, extra_headers: None });
    }
}

/// What the rules of a route say that the target has no place for, as (class, rule, what).
#[must_use]
pub fn unsaid(route: &Route, shows: &Shows<'_>) -> Vec<(Class, String, String)> {
    let mut found = Vec::new();
    let mut mode = |class: Class, id: &str, mode: Option<i64>| {
        if let Some(mode) = mode.filter(|mode| *mode != 0 && !shows(class, "limitMode")) {
            found.push((class, id.to_owned(), format!("mode {mode}, whose meaning is not documented")));
        }
    };
    let policies = &route.policies;
    policies.rate_limits.iter().for_each(|one| mode(Class::RateLimit, &one.id, one.mode));
    policies.concurrency_limits.iter().for_each(|one| mode(Class::ConcurrencyLimit, &one.id, one.mode));
    policies.circuit_breakers.iter().for_each(|one| mode(Class::CircuitBreaker, &one.id, one.mode));
    for one in &policies.rate_limits {
        let window =
            one.window_ms.filter(|window| *window != SECOND && !shows(Class::RateLimit, "statDurationMs"));
        found.extend(window.map(|window| {
            (Class::RateLimit, one.id.clone(), format!("a window of {window} ms instead of a second"))
        }));
    }
    found
}
