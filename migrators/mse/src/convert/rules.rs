//! Rate limits, concurrency limits and circuit breakers. Each list answers an older and a newer form of
//! the same rules; both are merged by id, so that neither form hides what only the other shows.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_gateway_model::{
    CircuitBreaker, ConcurrencyLimit, RateLimit, Refusal, RefusalKind, Route, RoutePolicies,
};
use gateshift_sdk::model::{Finding, Severity};
use serde_json::{Map, Value};

use super::{some, take, unclear};
use crate::Answers;
use crate::fetch::id_text;
use crate::wire::Rule;

/// Status of a refused request when the rule says none.
const TOO_MANY: u16 = 429;
/// What the newer form adds; a rule that only the older form shows gets it from the group it is in.
const ADDED: &[&str] = &["LimitMode", "StatDurationMs", "ResponseAdditionalHeaders"];

/// A kind of rules: the list it is in, what it is called, and how one becomes a policy.
struct Kind {
    action: &'static str,
    object: &'static str,
    put: fn(&mut RoutePolicies, String, &Rule, Refusal) -> Result<(), &'static str>,
}

const KINDS: [Kind; 3] = [
    Kind { action: "ListGatewayFlowRule", object: "flow-rules", put: rate_limit },
    Kind { action: "ListGatewayIsolationRule", object: "isolation-rules", put: concurrency_limit },
    Kind { action: "ListGatewayCircuitBreakerRule", object: "circuit-breakers", put: circuit_breaker },
];

/// Puts every rule that is on onto its routes; the others are noted, and what cannot be placed is found.
pub(crate) fn rules(answers: &Answers, routes: &mut [Route], findings: &mut Vec<Finding>) {
    let at: BTreeMap<String, usize> =
        routes.iter().enumerate().map(|(at, route)| (route.id.clone(), at)).collect();
    for kind in &KINDS {
        let merged = merged(answers, kind, findings);
        for (id, fields) in &merged {
            let object = format!("{}/{id}", kind.object);
            place(kind, (id, fields), &merged, (&at, routes), &object, findings);
        }
    }
}

fn place(
    kind: &Kind,
    (id, fields): (&String, &Map<String, Value>),
    merged: &BTreeMap<String, Map<String, Value>>,
    (at, routes): (&BTreeMap<String, usize>, &mut [Route]),
    object: &str,
    findings: &mut Vec<Finding>,
) {
    let rule: Rule = match take(&Value::Object(fields.clone()), object) {
        Ok(rule) => rule,
        Err(finding) => return findings.push(*finding),
    };
    let named = fields.get("RouteName").and_then(Value::as_str).unwrap_or("?");
    if !rule.enable {
        let message = format!("the rule on route `{named}` is switched off and is not carried over");
        findings.push(
            Finding::new(Severity::Info, "POL-RULE-OFF", object, message)
                .with_action("nothing; switch it on at the source if it is wanted on the target"),
        );
        return;
    }
    let mut ids: BTreeSet<String> = BTreeSet::new();
    if !rule.route_id.is_null() && rule.route_id != 0 {
        ids.insert(id_text(&rule.route_id));
    }
    for member in members(fields) {
        // Members are rules; one that is no rule may be a route.
        match (member == *id || merged.contains_key(&member), at.contains_key(&member)) {
            (true, _) => {}
            (false, true) => drop(ids.insert(member)),
            (false, false) => findings.push(unclear(
                object,
                format!("the rule stands for `{member}`, which is neither a rule nor a route"),
            )),
        }
    }
    if ids.is_empty() {
        findings.push(unclear(object, "the rule is on and belongs to no route"));
    }
    for route in ids {
        let Some(route) = at.get(&route).map(|at| &mut routes[*at]) else {
            let message = format!(
                "the rule is on and belongs to route {route} (`{named}`), which is not among the routes that could be read"
            );
            findings.push(unclear(object, message));
            continue;
        };
        let placed = refusal(&rule)
            .and_then(|refusal| Ok((kind.put)(&mut route.policies, id.clone(), &rule, refusal)?));
        if let Err(message) = placed {
            findings.push(unclear(object, message));
        }
    }
}

/// Every rule of a list once, by id.
fn merged(
    answers: &Answers,
    kind: &Kind,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Map<String, Value>> {
    let mut all: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut groups = Vec::new();
    for answer in answers.of(kind.action) {
        let data = answer.data();
        let form = |name: &str| data[name].as_array().map_or(&[][..], Vec::as_slice);
        let (older, newer) = (form("Result"), form("Results"));
        for item in older.iter().chain(newer).filter_map(Value::as_object) {
            let id = item.get("Id").map(id_text).unwrap_or_default();
            let there = all.entry(id.clone()).or_default();
            for (name, value) in item.iter().filter(|(_, value)| !value.is_null()) {
                match there.get(name) {
                    Some(old) if old != value => findings.push(unclear(
                        format!("{}/{id}", kind.object),
                        format!("the two forms of the rule differ in {name}: {old} and {value}"),
                    )),
                    _ => drop(there.insert(name.clone(), value.clone())),
                }
            }
        }
        groups.extend(newer.iter().filter_map(Value::as_object).map(Added::of));
        let (listed, total) = (older.len().max(newer.len()), data["TotalSize"].as_u64().unwrap_or(0));
        if (listed as u64) < total && all.len() < total as usize {
            findings.push(unclear(
                kind.object,
                format!(
                    "the source says there are {total} rules and lists {listed}, and the list has no pages"
                ),
            ));
        }
    }
    for Added { members, fields } in groups {
        for member in members {
            let Some(rule) = all.get_mut(&member) else { continue };
            for (name, value) in &fields {
                rule.entry(*name).or_insert_with(|| value.clone());
            }
        }
    }
    all
}

/// What a group of the newer form adds to its members.
struct Added {
    members: Vec<String>,
    fields: Vec<(&'static str, Value)>,
}

impl Added {
    fn of(group: &Map<String, Value>) -> Self {
        let told = |name: &&'static str| group.get(*name).filter(|value| !value.is_null());
        let fields = ADDED.iter().filter_map(|name| Some((*name, told(name)?.clone()))).collect();
        Self { members: members(group), fields }
    }
}

fn members(fields: &Map<String, Value>) -> Vec<String> {
    fields.get("IdList").and_then(Value::as_array).into_iter().flatten().map(id_text).collect()
}

fn refusal(rule: &Rule) -> Result<Refusal, String> {
    let kind = match rule.behavior_type {
        None | Some(0) => RefusalKind::Content {
            status: rule.response_status_code.filter(|code| *code != 0).unwrap_or(TOO_MANY),
            body: rule.response_content_body.clone(),
            json: match rule.body_encoding {
                None | Some(0) => false,
                Some(1) => true,
                Some(other) => return Err(format!("encoding {other} of its answer is not known")),
            },
        },
        Some(1) => RefusalKind::Redirect { url: rule.response_redirect_url.clone() },
        Some(other) => return Err(format!("its behaviour {other} is not known")),
    };
    Ok(Refusal { kind, extra_headers: some(&rule.response_additional_headers) })
}

fn rate_limit(
    policies: &mut RoutePolicies,
    id: String,
    rule: &Rule,
    refusal: Refusal,
) -> Result<(), &'static str> {
    let threshold = rule.threshold.ok_or("the rate limit says no threshold")?;
    let (mode, window_ms) = (rule.limit_mode, rule.stat_duration_ms.filter(|window| *window != 0));
    policies.rate_limits.push(RateLimit { id, threshold, mode, window_ms, refusal });
    Ok(())
}

fn concurrency_limit(
    policies: &mut RoutePolicies,
    id: String,
    rule: &Rule,
    refusal: Refusal,
) -> Result<(), &'static str> {
    let threshold = rule.max_concurrency.ok_or("the concurrency limit says no threshold")?;
    policies.concurrency_limits.push(ConcurrencyLimit { id, threshold, mode: rule.limit_mode, refusal });
    Ok(())
}

fn circuit_breaker(
    policies: &mut RoutePolicies,
    id: String,
    rule: &Rule,
    refusal: Refusal,
) -> Result<(), &'static str> {
    let complete = "the circuit breaker lacks its ratio, window, recovery time or least number of requests";
    policies.circuit_breakers.push(CircuitBreaker {
        id,
        strategy: rule.strategy,
        trigger_ratio: rule.trigger_ratio.ok_or(complete)?,
        window_seconds: rule.stat_duration_sec.ok_or(complete)?,
        recovery_seconds: rule.recovery_timeout_sec.ok_or(complete)?,
        min_requests: rule.min_request_amount.ok_or(complete)?,
        max_allowed_ms: rule.max_allowed_ms.filter(|most| *most != 0),
        mode: rule.limit_mode,
        refusal,
    });
    Ok(())
}

#[cfg(test)]
mod tests;
