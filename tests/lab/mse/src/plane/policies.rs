//! Policies of a route as the data plane needs them.

use gateshift_lab_kernel::policy::{
    self, Consumer, ConsumerAuth, Credential, HeaderOp, PathRewrite, Policies, TokenPlace,
};

use super::target;
use crate::scenario::{self, Breaker, Cors, HeaderChange, Limit, Refusal, Rewrite, Side};
use crate::state::{Gateway, Route};

const AN_HOUR_S: u64 = 3_600;

/// What is in force on a route.
pub(super) fn of(gateway: &Gateway, route: &Route) -> Policies {
    let of = &route.policies;
    Policies {
        rewrite: of.rewrite.as_ref().filter(|rewrite| !rewrite.off).map(rewrite),
        headers: of.headers.iter().map(change).collect(),
        cors: of.cors.as_ref().filter(|cors| !cors.off).map(cors),
        mirror: of.mirror.as_ref().filter(|mirror| !mirror.off).and_then(|mirror| {
            Some(policy::Mirror { target: target(gateway, &mirror.service)?, percent: mirror.percent })
        }),
        rate_limit: of.rate_limit.as_ref().filter(|limit| !limit.off).map(limit),
        concurrency: of.concurrency.as_ref().filter(|limit| !limit.off).map(limit),
        breaker: of.breaker.as_ref().filter(|breaker| !breaker.off).map(breaker),
        consumers: of.guarded.then(|| ConsumerAuth { allowed: allowed(gateway, route.id) }),
    }
}

fn rewrite(of: &Rewrite) -> policy::Rewrite {
    let path = if let Some(path) = &of.path {
        Some(PathRewrite::Exact(path.clone()))
    } else if let Some(prefix) = &of.prefix {
        Some(PathRewrite::Prefix(prefix.clone()))
    } else {
        of.regex.as_ref().map(|pattern| PathRewrite::Regex {
            pattern: pattern.clone(),
            substitution: of.substitution.clone().unwrap_or_default(),
        })
    };
    policy::Rewrite { path, host: of.host.clone() }
}

fn change(of: &HeaderChange) -> policy::HeaderChange {
    policy::HeaderChange {
        response: of.on == Side::Response,
        op: match of.op {
            scenario::HeaderOp::Add => HeaderOp::Add,
            scenario::HeaderOp::Update => HeaderOp::Update,
            scenario::HeaderOp::Delete => HeaderOp::Delete,
        },
        name: of.name.clone(),
        value: of.value.clone(),
    }
}

fn cors(of: &Cors) -> policy::Cors {
    policy::Cors {
        origins: of.origins.clone(),
        methods: of.methods.clone(),
        headers: of.headers.clone(),
        expose: of.expose.clone(),
        credentials: of.credentials,
        max_age_seconds: u64::from(of.hours) * AN_HOUR_S,
    }
}

fn limit(of: &Limit) -> policy::Limit {
    policy::Limit {
        threshold: of.threshold.into(),
        window_ms: of.window_ms.into(),
        refusal: refusal(&of.refuse),
    }
}

fn breaker(of: &Breaker) -> policy::Breaker {
    policy::Breaker {
        ratio_percent: of.ratio.into(),
        slow_ms: of.slow_ms.map(u64::from),
        window_ms: u64::from(of.window) * 1_000,
        recovery_ms: u64::from(of.recovery) * 1_000,
        min_requests: of.min_requests.into(),
        refusal: refusal(&of.refuse),
    }
}

fn refusal(of: &Refusal) -> policy::Refusal {
    if of.redirect.is_empty() {
        policy::Refusal::Content { status: of.status, body: of.body.clone(), json: of.json }
    } else {
        policy::Refusal::Redirect(of.redirect.clone())
    }
}

/// The consumers that are in force and have a grant that is on.
fn allowed(gateway: &Gateway, route: i64) -> Vec<Consumer> {
    let granted = |consumer: &&crate::state::Consumer| {
        consumer.spec.enabled && consumer.grants.iter().any(|grant| grant.on && grant.route == route)
    };
    let consumers = gateway.consumers.iter().filter(granted);
    consumers
        .map(|consumer| Consumer {
            name: consumer.spec.name.clone(),
            credential: Credential::Jwt {
                jwks: consumer.spec.jwks.clone(),
                claim: consumer.spec.claim.clone(),
                value: consumer.spec.value.clone(),
                token: token(&consumer.spec.token),
            },
        })
        .collect()
}

/// Where a token is.
pub(super) fn token(of: &scenario::Token) -> TokenPlace {
    TokenPlace { header: of.header.clone(), prefix: of.prefix.clone(), pass: of.pass }
}
