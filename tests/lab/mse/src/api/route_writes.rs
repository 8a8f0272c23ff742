//! Changing routes. Publishing acts at once; the state takes a moment to say so.

use gateshift_lab_kernel::gateway::{MatchKind, PathMatch, ValueMatch};
use serde_json::{Value, json};

use super::reply::{Refusal, Reply, data};
use super::request::Request;
use super::{route_rows, routes};
use crate::state::{Action, Content, Gateway, Phase, Policies, Route, State, Target};
use crate::times;

pub(crate) fn add(state: &mut State, request: &Request<'_>) -> Reply {
    let name = request.text("Name").ok_or_else(|| Refusal::invalid("Name is missing"))?;
    let id = state.take_id();
    let gateway = request.gateway_mut(state)?;
    if gateway.routes.iter().any(|route| route.name == name) {
        return Err(Refusal::illegal(format!("route {name} already exists on this gateway")).quietly());
    }
    let route = Route {
        id,
        name: name.to_owned(),
        description: request.text("Description").unwrap_or_default().to_owned(),
        order: request.integer("RouteOrder").unwrap_or(0),
        created_ms: request.now_ms,
        modified_ms: request.now_ms,
        phase: Phase::Unpublished,
        content: content(gateway, request)?,
        policies: Policies::default(),
        ingress: false,
        serving: None,
    };
    gateway.routes.push(route);
    data(id)
}

fn content(gateway: &Gateway, request: &Request<'_>) -> Result<Content, Refusal> {
    let predicates = request.value("Predicates").unwrap_or(&Value::Null);
    let path = &predicates["PathPredicates"];
    let value = path["Path"].as_str().ok_or_else(|| Refusal::invalid("PathPredicates.Path is missing"))?;
    let methods = predicates["MethodPredicates"].as_array().into_iter().flatten();
    Ok(Content {
        domains: domains(gateway, request)?,
        path: PathMatch {
            kind: kind(&path["Type"], value)?,
            value: value.to_owned(),
            ignore_case: path["IgnoreCase"].as_bool().unwrap_or(false),
        },
        methods: methods.filter_map(Value::as_str).map(str::to_owned).collect(),
        headers: conditions(&predicates["HeaderPredicates"])?,
        queries: conditions(&predicates["QueryPredicates"])?,
        action: action(gateway, request)?,
        fallback: match request.flag("Fallback") {
            Some(true) => targets(gateway, request.value("FallbackServices"))?,
            _ => Vec::new(),
        },
        timeout_s: None,
        retry: None,
    })
}

fn domains(gateway: &Gateway, request: &Request<'_>) -> Result<Vec<i64>, Refusal> {
    let text = request.text("DomainIdListJSON").unwrap_or_default();
    let ids: Vec<i64> = serde_json::from_str(text)
        .map_err(|_| Refusal::invalid("DomainIdListJSON must be text such as [1,2]"))?;
    match ids.iter().find(|id| gateway.domain(**id).is_none()) {
        _ if ids.is_empty() => Err(Refusal::invalid("DomainIdListJSON names no domain")),
        Some(unknown) => Err(Refusal::invalid(format!("domain {unknown} does not exist"))),
        None => Ok(ids),
    }
}

/// How a value is compared. Both spellings of "regular" are taken, if the value is an expression.
fn kind(name: &Value, value: &str) -> Result<MatchKind, Refusal> {
    match name.as_str() {
        Some("EQUAL") => Ok(MatchKind::Exact),
        Some("PRE") => Ok(MatchKind::Prefix),
        Some("ERGULAR" | "REGULAR") if regex::Regex::new(value).is_ok() => Ok(MatchKind::Regex),
        Some("ERGULAR" | "REGULAR") => Err(Refusal::invalid(format!("{value} is no regular expression"))),
        _ => Err(Refusal::invalid(format!("the type of a condition cannot be {name}"))),
    }
}

fn conditions(rows: &Value) -> Result<Vec<ValueMatch>, Refusal> {
    rows.as_array()
        .into_iter()
        .flatten()
        .map(|row| {
            let text = |name: &str| row[name].as_str().map(str::to_owned);
            match (text("Key"), text("Value")) {
                (Some(name), Some(value)) => {
                    Ok(ValueMatch { name, kind: kind(&row["Type"], &value)?, value })
                }
                _ => Err(Refusal::invalid("a condition needs Key and Value")),
            }
        })
        .collect()
}

fn action(gateway: &Gateway, request: &Request<'_>) -> Result<Action, Refusal> {
    let services = || targets(gateway, request.value("Services"));
    match request.text("DestinationType") {
        None | Some("Single") => match services()?.as_slice() {
            [only] => Ok(Action::Single(vec![only.clone()])),
            _ => Err(Refusal::invalid("DestinationType Single needs exactly one of Services")),
        },
        Some("Multiple") => Ok(Action::Multiple(whole(services()?)?)),
        Some("VersionOriented") => Ok(Action::Versions(whole(services()?)?)),
        Some("Mock") => {
            let answer = request.value("DirectResponseJSON").unwrap_or(&Value::Null);
            let body = answer["Body"].as_str().unwrap_or_default().to_owned();
            Ok(Action::Mock { status: status(&answer["Code"])?, body })
        }
        Some("Redirect") => {
            let to = request.value("RedirectJSON").unwrap_or(&Value::Null);
            let text = |name: &str| to[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            Ok(Action::Redirect { status: status(&to["Code"])?, host: text("Host"), path: text("Path") })
        }
        Some(other) => Err(Refusal::invalid(format!("DestinationType cannot be {other}"))),
    }
}

fn status(value: &Value) -> Result<u16, Refusal> {
    value
        .as_u64()
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (200..=599).contains(code))
        .ok_or_else(|| Refusal::invalid("Code must be an HTTP status"))
}

fn targets(gateway: &Gateway, rows: Option<&Value>) -> Result<Vec<Target>, Refusal> {
    rows.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|row| {
            let id = row["ServiceId"].as_i64().unwrap_or_default();
            let service = gateway
                .service(id)
                .ok_or_else(|| Refusal::invalid(format!("service {id} does not exist")))?;
            let version = row["Version"].as_str().filter(|version| !version.is_empty());
            if let Some(name) = version
                && !service.spec.versions.iter().any(|version| version.name == name)
            {
                return Err(Refusal::invalid(format!("service {id} has no version {name}")));
            }
            let percent = row["Percent"].as_u64().unwrap_or(100);
            Ok(Target {
                service: id,
                version: version.map(str::to_owned),
                port: row["ServicePort"].as_u64().and_then(|port| u16::try_from(port).ok()),
                weight: u32::try_from(percent).unwrap_or(u32::MAX),
                dubbo: None,
            })
        })
        .collect()
}

fn whole(targets: Vec<Target>) -> Result<Vec<Target>, Refusal> {
    let sum: u64 = targets.iter().map(|target| u64::from(target.weight)).sum();
    if sum == 100 {
        Ok(targets)
    } else {
        Err(Refusal::invalid(format!("Percent adds up to {sum}, not to 100")))
    }
}

/// Sets the timeout. Policies act at once and do not make the route an edited one.
pub(crate) fn timeout(state: &mut State, request: &Request<'_>) -> Reply {
    let id = request.id("Id")?;
    let route = request.gateway_mut(state)?.route_mut(id).ok_or_else(|| routes::no_route(id))?;
    let wanted = request.value("TimeoutJSON").unwrap_or(&Value::Null);
    if wanted["TimeUnit"].as_str().is_some_and(|unit| unit != "s") {
        return Err(Refusal::invalid("TimeUnit must be s"));
    }
    let seconds = match wanted["Status"].as_str() {
        Some("off") => None,
        _ => Some(
            wanted["UnitNum"]
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| Refusal::invalid("UnitNum must be a number of seconds"))?,
        ),
    };
    route.content.timeout_s = seconds;
    if let Some(serving) = &mut route.serving {
        serving.timeout_s = seconds;
    }
    route.modified_ms = request.now_ms;
    request.cloud.touch();
    data(id)
}

pub(crate) fn apply(state: &mut State, request: &Request<'_>) -> Reply {
    let id = request.id("RouteId")?;
    let route = request.gateway_mut(state)?.route_mut(id).ok_or_else(|| routes::no_route(id))?;
    route.serving = Some(route.content.clone());
    route.phase = Phase::Published { since_ms: request.now_ms };
    request.cloud.touch();
    data(true)
}

pub(crate) fn offline(state: &mut State, request: &Request<'_>) -> Reply {
    let id = request.id("RouteId")?;
    let route = request.gateway_mut(state)?.route_mut(id).ok_or_else(|| routes::no_route(id))?;
    if route.serving.is_none() {
        return Err(Refusal::illegal(format!("route {id} is not published")).quietly());
    }
    route.serving = None;
    route.phase = Phase::Offline { since_ms: request.now_ms };
    request.cloud.touch();
    data(true)
}

pub(crate) fn delete(state: &mut State, request: &Request<'_>) -> Reply {
    let id = request.id("RouteId")?;
    let gateway = request.gateway_mut(state)?;
    let at = gateway.routes.iter().position(|route| route.id == id).ok_or_else(|| routes::no_route(id))?;
    if gateway.routes[at].serving.is_some() {
        return Err(Refusal::illegal(format!("route {id} is published; take it offline first")).quietly());
    }
    let route = gateway.routes.remove(at);
    let mut row = json!({
        "GatewayId": gateway.id,
        "GatewayUniqueId": gateway.spec.id,
        "GmtCreate": times::iso(route.created_ms),
        "GmtModified": times::iso(route.modified_ms),
        "Id": route.id,
        "Name": route.name,
        "Predicates": route_rows::predicates(&route.content).to_string(),
        "RouteOrder": route.order,
        "Status": route.status(request.now_ms),
    });
    if let Some(target) = route.content.action.targets().first() {
        row["DefaultServiceId"] = target.service.into();
    }
    data(row)
}
