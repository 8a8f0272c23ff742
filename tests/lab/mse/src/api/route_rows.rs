//! How a route's content is written in answers: once as objects and once more as JSON text.

use gateshift_lab_kernel::gateway::{MatchKind, ValueMatch};
use serde_json::{Map, Value, json};

use super::request::Request;
use super::{policy_rows, services};
use crate::plane::DEFAULT_RETRIES;
use crate::plane::DEFAULT_TIMEOUT_S;
use crate::state::{Action, Content, Gateway, Route, Target};

/// The fields that list and detail write alike.
pub(crate) fn common(gateway: &Gateway, route: &Route, request: &Request<'_>) -> Map<String, Value> {
    let content = &route.content;
    let names: Vec<&str> = content
        .domains
        .iter()
        .filter_map(|id| gateway.domain(*id))
        .map(|domain| domain.spec.name.as_str())
        .collect();
    let predicates = predicates(content);
    let targets = content.action.targets();
    let mut row = Map::from_iter([
        ("DestinationType".to_owned(), content.action.destination_type().into()),
        ("DomainIdList".to_owned(), json!(content.domains)),
        ("DomainNameList".to_owned(), json!(names)),
        ("Fallback".to_owned(), (!content.fallback.is_empty()).into()),
        ("FallbackServices".to_owned(), fallback_rows(gateway, &content.fallback)),
        ("GatewayId".to_owned(), gateway.id.into()),
        ("GatewayUniqueId".to_owned(), gateway.spec.id.as_str().into()),
        ("Id".to_owned(), route.id.into()),
        ("Name".to_owned(), route.name.as_str().into()),
        ("Predicates".to_owned(), predicates.to_string().into()),
        ("RouteOrder".to_owned(), route.order.into()),
        ("RoutePredicates".to_owned(), predicates),
        ("RouteServices".to_owned(), service_rows(gateway, targets, request)),
        ("Services".to_owned(), services_text(targets).into()),
        ("Status".to_owned(), route.status(request.now_ms).into()),
    ]);
    if let (Some(id), Some(name)) = (content.domains.first(), names.first()) {
        row.insert("DomainId".to_owned(), (*id).into());
        row.insert("DomainName".to_owned(), (*name).into());
    }
    if let Some(service) = targets.first().and_then(|target| gateway.service(target.service)) {
        row.insert("DefaultServiceId".to_owned(), service.id.into());
        row.insert("DefaultServiceName".to_owned(), service.spec.name.as_str().into());
    }
    match &content.action {
        Action::Mock { status, body } => {
            row.insert("DirectResponse".to_owned(), json!({ "Code": status, "Body": body }));
        }
        Action::Redirect { status, host, path } => {
            let mut to = json!({ "Code": status });
            for (name, part) in [("Host", host), ("Path", path)] {
                if let Some(part) = part {
                    to[name] = part.as_str().into();
                }
            }
            row.insert("Redirect".to_owned(), to);
        }
        Action::Single(_) | Action::Multiple(_) | Action::Versions(_) => {}
    }
    row
}

/// The conditions of a route.
pub(crate) fn predicates(content: &Content) -> Value {
    json!({
        "HeaderPredicates": condition_rows(&content.headers),
        "MethodPredicates": content.methods,
        "PathPredicates": {
            "IgnoreCase": content.path.ignore_case,
            "Path": content.path.value,
            "Type": kind(content.path.kind),
        },
        "QueryPredicates": condition_rows(&content.queries),
    })
}

fn condition_rows(conditions: &[ValueMatch]) -> Vec<Value> {
    conditions
        .iter()
        .map(|condition| {
            json!({ "Key": condition.name, "Type": kind(condition.kind), "Value": condition.value })
        })
        .collect()
}

/// The API's spelling.
fn kind(kind: MatchKind) -> &'static str {
    match kind {
        MatchKind::Exact => "EQUAL",
        MatchKind::Prefix => "PRE",
        MatchKind::Regex => "ERGULAR",
    }
}

fn target_row(gateway: &Gateway, target: &Target) -> Option<Value> {
    let service = gateway.service(target.service)?;
    let mut row = json!({
        "AgreementType": services::protocol(service),
        "GroupName": service.spec.group,
        "Name": service.spec.name,
        "Namespace": service.spec.namespace,
        "Percent": target.weight,
        "ServiceId": service.id,
        "ServiceName": service.spec.name,
        "SourceType": services::source_type(service.spec.kind),
    });
    if let Some(version) = &target.version {
        row["Version"] = version.as_str().into();
    }
    if let Some(port) = target.port {
        row["ServicePort"] = port.into();
    }
    Some(row)
}

fn fallback_rows(gateway: &Gateway, targets: &[Target]) -> Value {
    targets.iter().filter_map(|target| target_row(gateway, target)).collect()
}

fn service_rows(gateway: &Gateway, targets: &[Target], request: &Request<'_>) -> Value {
    targets
        .iter()
        .filter_map(|target| {
            let service = gateway.service(target.service)?;
            let mut row = target_row(gateway, target)?;
            row["HealthStatus"] = services::health(service, request).into();
            row["UnhealthyEndpoints"] = services::unhealthy(service, request);
            if let Some(dubbo) = &target.dubbo {
                row["HttpDubboTranscoder"] = policy_rows::transcoder(dubbo);
            }
            Some(row)
        })
        .collect()
}

fn services_text(targets: &[Target]) -> String {
    let rows: Vec<Value> = targets
        .iter()
        .map(|target| {
            let mut row = json!({ "Percent": target.weight, "ServiceId": target.service });
            if let Some(version) = &target.version {
                row["Version"] = version.as_str().into();
            }
            row
        })
        .collect();
    Value::Array(rows).to_string()
}

/// Timeout as the detail shows it; what nobody set is off, with the default beside it.
pub(crate) fn timeout(content: &Content) -> Value {
    json!({
        "Status": if content.timeout_s.is_some() { "on" } else { "off" },
        "TimeUnit": "s",
        "UnitNum": content.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S),
    })
}

/// Retries as the detail shows them.
pub(crate) fn retry(content: &Content) -> Value {
    match &content.retry {
        Some(retry) => json!({
            "Attempts": retry.attempts,
            "HttpCodes": retry.codes,
            "RetryOn": retry.conditions,
            "Status": if retry.on { "on" } else { "off" },
        }),
        None => json!({ "Attempts": DEFAULT_RETRIES, "HttpCodes": [], "RetryOn": [], "Status": "off" }),
    }
}
