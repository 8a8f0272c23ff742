//! The policies of a route, in the order in which they are attached.

use gateshift_gateway_model::{Destination, Fallback, RedirectTo, Retry, Route, Timeout};
use serde_json::{Value, json};

use super::limit::Shows;
use super::{Class, change, limit};
use crate::convert::compact;

/// The policies a route needs, in the order in which they are attached. Timeout and retries are said
/// even where the source leaves them to its defaults, since the target's may be others; a route that
/// forwards nothing needs neither. Of several rules of one class the first is taken: the target holds
/// one, and the plan does not go on with the others lost.
#[must_use]
pub fn of_route(route: &Route, service: &dyn Fn(&str) -> String, shows: &Shows<'_>) -> Vec<(Class, Value)> {
    let mut found = match &route.destination {
        Destination::Mock { status, body } => vec![(Class::DirectResponse, direct_response(*status, body))],
        Destination::Redirect { to } => vec![(Class::Redirect, redirect(to))],
        _ => {
            let mut found =
                vec![(Class::Timeout, timeout(route.timeout)), (Class::Retry, retry(&route.retry))];
            found.extend(route.fallback.as_ref().map(|one| (Class::Fallback, fallback(one, service))));
            found
        }
    };
    let policies = &route.policies;
    found.extend(policies.rewrite.as_ref().map(|one| (Class::HttpRewrite, change::rewrite(one))));
    found.extend(
        (!policies.headers.is_empty()).then(|| (Class::HeaderModify, change::headers(&policies.headers))),
    );
    found.extend(policies.cors.as_ref().map(|one| (Class::Cors, change::cors(one))));
    found.extend(
        policies.mirror.as_ref().map(|one| (Class::FlowCopy, change::mirror(one, service(&one.service)))),
    );
    found.extend(policies.rate_limits.first().map(|one| (Class::RateLimit, limit::rate(one, shows))));
    found.extend(
        policies
            .concurrency_limits
            .first()
            .map(|one| (Class::ConcurrencyLimit, limit::concurrency(one, shows))),
    );
    found.extend(
        policies.circuit_breakers.first().map(|one| (Class::CircuitBreaker, limit::breaker(one, shows))),
    );
    found.extend(policies.waf.then(|| (Class::Waf, waf())));
    found
}

pub(super) fn timeout(timeout: Timeout) -> Value {
    json!({"enable": true, "unitNum": timeout.seconds, "timeUnit": "s"})
}

pub(super) fn retry(retry: &Retry) -> Value {
    let statuses: Vec<String> = retry.statuses.iter().map(u16::to_string).collect();
    json!({"enable": true, "attempts": retry.attempts, "retryOn": retry.on, "httpCodes": statuses})
}

pub(super) fn direct_response(status: u16, body: &str) -> Value {
    json!({"enable": true, "code": status, "body": body})
}

pub(super) fn redirect(to: &RedirectTo) -> Value {
    compact(json!({"enable": true, "code": to.status, "host": to.host, "path": to.path}))
}

/// The web application firewall looks at what it is attached to.
#[must_use]
pub fn waf() -> Value {
    json!({"enable": true})
}

fn fallback(fallback: &Fallback, service: &dyn Fn(&str) -> String) -> Value {
    let services: Vec<Value> = fallback
        .targets
        .iter()
        .map(|one| {
            compact(json!({
                "serviceId": service(&one.service),
                "name": one.name,
                "port": one.port,
                "protocol": one.protocol,
                "version": one.version,
                "weight": one.weight,
            }))
        })
        .collect();
    json!({"enable": true, "serviceConfigs": services})
}
