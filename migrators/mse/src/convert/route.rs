//! Routes: everything from the detail, the owner from the list.

use gateshift_gateway_model::{
    Destination, Fallback, MatchKind, PathMatch, RedirectTo, Retry, Route, RouteMatch, RouteTarget, Timeout,
    ValueMatch,
};
use gateshift_sdk::model::Finding;
use serde_json::Value;

use super::domain::managed_by;
use super::policy::{dubbo, hidden, policies};
use super::{publish_state, some, take, unclear};
use crate::fetch::id_text;
use crate::times::millis;
use crate::wire::{Predicate, Predicates, RetryPolicy, RouteDetail, RouteService, TimeoutPolicy};

/// Seconds a request may take when the route says nothing.
const DEFAULT_TIMEOUT: u32 = 60;
/// What the source retries on, twice, when the route's retry is off.
const DEFAULT_RETRY_ON: &[&str] =
    &["connect-failure", "refused-stream", "unavailable", "cancelled", "retriable-status-codes"];

/// A route from its item in the list and its detail.
pub(crate) fn route(listed: &Value, detail: &Value, findings: &mut Vec<Finding>) -> Option<Route> {
    let object = format!("routes/{}", detail["Name"].as_str().unwrap_or("?"));
    let wire: RouteDetail = take(detail, &object).map_err(|finding| findings.push(*finding)).ok()?;
    findings.extend(hidden(&wire).into_iter().map(|message| unclear(format!("{object}/policies"), message)));
    let result = convert(listed, &wire);
    result.map_err(|message| findings.push(unclear(&object, message))).ok()
}

fn convert(listed: &Value, wire: &RouteDetail) -> Result<Route, String> {
    let predicates = predicates(wire)?;
    let state = publish_state(wire.status).ok_or_else(|| format!("status {} is not known", wire.status))?;
    // The list gives milliseconds, the detail whole seconds: the order of routes wants the finer one.
    let created_at = millis(&listed["GmtCreate"])
        .or_else(|| millis(&wire.gmt_create))
        .ok_or_else(|| format!("creation time {} is in no known form", wire.gmt_create))?;
    let domains = if wire.domain_name_list.is_empty() {
        some(&wire.domain_name).into_iter().collect()
    } else {
        wire.domain_name_list.clone()
    };
    Ok(Route {
        id: id_text(&wire.id),
        name: wire.name.clone(),
        description: wire.description.clone(),
        domains,
        matching: predicates,
        destination: destination(wire)?,
        fallback: fallback(wire)?,
        timeout: timeout(wire.timeout.as_ref())?,
        retry: retry(wire.retry.as_ref())?,
        order: wire.route_order,
        created_at,
        state,
        managed_by: managed_by(&listed["Type"]),
        policies: policies(wire)?,
    })
}

fn predicates(wire: &RouteDetail) -> Result<RouteMatch, String> {
    let parsed: Option<Predicates>;
    let predicates = match &wire.route_predicates {
        Some(predicates) => predicates,
        None => {
            parsed = serde_json::from_str(&wire.predicates).ok();
            parsed.as_ref().ok_or("it has no readable match conditions")?
        }
    };
    let path = match &predicates.path_predicates {
        Some(path) => PathMatch {
            kind: match_kind(&path.kind)?,
            value: path.path.clone(),
            ignore_case: path.ignore_case,
        },
        None => PathMatch { kind: MatchKind::Prefix, value: "/".to_owned(), ignore_case: false },
    };
    Ok(RouteMatch {
        path,
        methods: predicates.method_predicates.iter().map(|method| method.to_ascii_uppercase()).collect(),
        headers: values(&predicates.header_predicates)?,
        queries: values(&predicates.query_predicates)?,
    })
}

fn values(list: &[Predicate]) -> Result<Vec<ValueMatch>, String> {
    list.iter()
        .map(|one| {
            Ok(ValueMatch { name: one.key.clone(), kind: match_kind(&one.kind)?, value: one.value.clone() })
        })
        .collect()
}

/// The source's own spellings, the misspelt one first of all.
fn match_kind(kind: &str) -> Result<MatchKind, String> {
    Ok(match kind {
        "EQUAL" => MatchKind::Exact,
        "PRE" => MatchKind::Prefix,
        "ERGULAR" | "REGULAR" => MatchKind::Regex,
        other => return Err(format!("match type `{other}` is not known")),
    })
}

fn destination(wire: &RouteDetail) -> Result<Destination, String> {
    let targets = || wire.route_services.iter().map(target).collect::<Result<Vec<_>, _>>();
    Ok(match wire.destination_type.as_str() {
        "Single" => {
            let [service] = wire.route_services.as_slice() else {
                return Err(format!("destination Single has {} services", wire.route_services.len()));
            };
            Destination::Single { target: RouteTarget { weight: 100, ..target(service)? } }
        }
        "Multiple" => Destination::Weighted { targets: targets()? },
        "VersionOriented" => Destination::Versions { targets: targets()? },
        "Mock" => {
            let mock = wire.direct_response.as_ref().ok_or("destination Mock has no response")?;
            Destination::Mock {
                status: mock.code.ok_or("destination Mock has no status")?,
                body: mock.body.clone(),
            }
        }
        "Redirect" => {
            let to = wire.redirect.as_ref().ok_or("destination Redirect leads nowhere")?;
            let status = to.code.ok_or("destination Redirect has no status")?;
            Destination::Redirect { to: RedirectTo { status, host: some(&to.host), path: some(&to.path) } }
        }
        other => return Err(format!("destination type `{other}` is not known")),
    })
}

fn fallback(wire: &RouteDetail) -> Result<Option<Fallback>, String> {
    if !wire.fallback {
        return Ok(None);
    }
    let targets = wire.fallback_services.iter().map(target).collect::<Result<Vec<_>, _>>()?;
    if targets.is_empty() {
        return Err("fallback is on and names no service".to_owned());
    }
    Ok(Some(Fallback { targets }))
}

fn target(service: &RouteService) -> Result<RouteTarget, String> {
    let name = some(&service.service_name).or_else(|| some(&service.name)).unwrap_or_default();
    if service.service_id.is_null() {
        return Err(format!("service `{name}` of the route has no id"));
    }
    Ok(RouteTarget {
        service: id_text(&service.service_id),
        name,
        port: service.service_port.filter(|port| *port != 0),
        version: some(&service.version),
        weight: service.percent.unwrap_or(100),
        protocol: some(&service.agreement_type),
        dubbo: dubbo(service.http_dubbo_transcoder.as_ref())?,
    })
}

fn timeout(policy: Option<&TimeoutPolicy>) -> Result<Timeout, String> {
    match policy {
        Some(TimeoutPolicy { status: true, unit_num: Some(number), time_unit }) => {
            let factor = match time_unit.to_ascii_lowercase().as_str() {
                "s" | "" => 1,
                "m" => 60,
                "h" => 3600,
                other => return Err(format!("timeout unit `{other}` is not known")),
            };
            Ok(Timeout { seconds: number * factor, explicit: true })
        }
        _ => Ok(Timeout { seconds: DEFAULT_TIMEOUT, explicit: false }),
    }
}

fn retry(policy: Option<&RetryPolicy>) -> Result<Retry, String> {
    match policy {
        Some(policy) if policy.status => {
            let statuses = policy
                .http_codes
                .iter()
                .map(|code| code.trim().parse().map_err(|_| format!("retry status `{code}` is no number")));
            Ok(Retry {
                attempts: policy.attempts.unwrap_or(2),
                on: policy.retry_on.clone(),
                statuses: statuses.collect::<Result<_, _>>()?,
                explicit: true,
            })
        }
        _ => Ok(Retry {
            attempts: 2,
            on: DEFAULT_RETRY_ON.iter().map(|one| (*one).to_owned()).collect(),
            statuses: Vec::new(),
            explicit: false,
        }),
    }
}
