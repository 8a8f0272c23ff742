//! Flow, isolation and circuit-breaker rules. They answer without envelope and under two names:
//! `Result` is the older form, which for flow rules lacks the window, and `Results` the newer one.
//! Which of the two an account sees of which rule is a matter of its history.

use serde_json::{Value, json};

use super::reply::Reply;
use super::request::Request;
use crate::scenario::{Breaker, Limit, Refusal, TrafficRules};
use crate::state::{Gateway, Route, State};

/// Ids of rules follow from the id of their route.
const FLOW: i64 = 40_000_000;
const ISOLATION: i64 = 50_000_000;
const BREAKER: i64 = 60_000_000;
/// The older form of a flow rule knows no other window.
const A_SECOND_MS: u32 = 1_000;
/// What only the newer form of a flow rule has.
const NEWER: &[&str] = &["IdList", "LimitMode", "ResponseAdditionalHeaders", "StatDurationMs"];

pub(crate) fn flow(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let rules = gateway.routes.iter().filter_map(|route| {
        let limit = route.policies.rate_limit.as_ref()?;
        let mut new = rule(gateway, route, FLOW, limit.off, &limit.refuse);
        new["LimitMode"] = limit.mode.into();
        new["Threshold"] = limit.threshold.into();
        new["StatDurationMs"] = limit.window_ms.into();
        let mut old = new.clone();
        if let Some(fields) = old.as_object_mut() {
            fields.retain(|name, _| !NEWER.contains(&name.as_str()));
        }
        Some(Rule { tells_less: limit.window_ms != A_SECOND_MS, old, new })
    });
    Ok(answer(gateway, rules.collect()))
}

pub(crate) fn isolation(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let rules = gateway.routes.iter().filter_map(|route| {
        let Limit { threshold, mode, refuse, off, .. } = route.policies.concurrency.as_ref()?;
        let mut row = rule(gateway, route, ISOLATION, *off, refuse);
        row["LimitMode"] = (*mode).into();
        row["MaxConcurrency"] = (*threshold).into();
        Some(Rule::alike(row))
    });
    Ok(answer(gateway, rules.collect()))
}

pub(crate) fn breakers(state: &State, request: &Request<'_>) -> Reply {
    let gateway = request.gateway(state)?;
    let rules = gateway.routes.iter().filter_map(|route| {
        let breaker: &Breaker = route.policies.breaker.as_ref()?;
        let mut row = rule(gateway, route, BREAKER, breaker.off, &breaker.refuse);
        row["LimitMode"] = 0.into();
        // 0 counts slow answers, 1 failed ones.
        row["Strategy"] = i64::from(breaker.slow_ms.is_none()).into();
        row["TriggerRatio"] = breaker.ratio.into();
        row["StatDurationSec"] = breaker.window.into();
        row["RecoveryTimeoutSec"] = breaker.recovery.into();
        row["MinRequestAmount"] = breaker.min_requests.into();
        row["MaxAllowedMs"] = breaker.slow_ms.unwrap_or(0).into();
        Some(Rule::alike(row))
    });
    Ok(answer(gateway, rules.collect()))
}

/// One rule in both forms.
struct Rule {
    old: Value,
    new: Value,
    /// The older form would say something else.
    tells_less: bool,
}

impl Rule {
    fn alike(row: Value) -> Self {
        Self { old: row.clone(), new: row, tells_less: false }
    }
}

/// What all three kinds say.
fn rule(gateway: &Gateway, route: &Route, ids: i64, off: bool, refusal: &Refusal) -> Value {
    let id = ids + route.id;
    let headers: Vec<String> =
        refusal.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
    json!({
        "BehaviorType": i64::from(!refusal.redirect.is_empty()),
        "BodyEncoding": i64::from(refusal.json),
        "Enable": i64::from(!off),
        "GatewayId": gateway.id,
        "GatewayUniqueId": gateway.spec.id,
        "Id": id,
        "IdList": [id],
        "ResponseAdditionalHeaders": headers.join("&"),
        "ResponseContentBody": refusal.body,
        "ResponseRedirectUrl": refusal.redirect,
        "ResponseStatusCode": refusal.status,
        "RouteId": route.id,
        "RouteName": route.name,
    })
}

fn answer(gateway: &Gateway, rules: Vec<Rule>) -> Value {
    let total = rules.len();
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for (at, rule) in rules.into_iter().enumerate() {
        let (in_old, in_new) = match (gateway.answers.traffic_rules, at % 3) {
            (TrafficRules::Both, _) | (TrafficRules::Mixed, 0) => (true, true),
            (TrafficRules::Old, _) | (TrafficRules::Mixed, 1) => (true, rule.tells_less),
            (TrafficRules::New | TrafficRules::Mixed, _) => (false, true),
        };
        if in_old {
            old.push(rule.old);
        }
        if in_new {
            new.push(rule.new);
        }
    }
    json!({
        "Data": {
            "PageNumber": 1,
            "PageSize": total.max(100),
            "TotalSize": total,
            "Result": old,
            "Results": new,
        },
    })
}
