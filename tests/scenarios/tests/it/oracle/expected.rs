//! What a client sees of a verdict: the status and the marks that the demo backends leave.

use std::collections::BTreeMap;

use gateshift_lab_mse::Scenario;
use gateshift_lab_mse::scenario::{Destination, Service, ServiceType};
use gateshift_scenarios::Response;
use serde_json::Value;

use super::matcher::{Request, Verdict};

/// Says how an answer differs from what the verdict promises.
pub(crate) fn difference(
    scenario: &Scenario,
    verdict: &Verdict,
    request: &Request,
    answer: &Response,
) -> Option<String> {
    let location = || answer.header("location").unwrap_or_default().to_owned();
    let status = |wanted: u16| {
        (answer.status != wanted).then(|| format!("status {} for {wanted}: {}", answer.status, answer.text()))
    };
    let route = match verdict {
        Verdict::Missing => return status(404),
        Verdict::Secure => {
            let wanted = format!("https://{}{}", request.host.to_ascii_lowercase(), request.target());
            return status(301)
                .or_else(|| (location() != wanted).then(|| format!("{} for {wanted}", location())));
        }
        Verdict::Route(route) => route,
    };
    let found = if let Some(mock) = &route.mock {
        let body = request.method == "HEAD" || answer.text() == mock.body;
        status(mock.status)
            .or_else(|| (!body).then(|| format!("body {:?} for {:?}", answer.text(), mock.body)))
    } else if let Some(to) = &route.redirect {
        let scheme = if request.https { "https" } else { "http" };
        let host = to.host.as_deref().unwrap_or(&request.host);
        let query = request.query_text();
        let path = to.path.as_deref().unwrap_or(&request.path);
        let mark = if query.is_empty() { "" } else { "?" };
        let wanted = format!("{scheme}://{host}{path}{mark}{query}");
        status(to.status).or_else(|| (location() != wanted).then(|| format!("{} for {wanted}", location())))
    } else {
        let allowed = upstreams(scenario, &route.to, &route.fallback);
        if allowed.is_empty() {
            status(503)
        } else {
            status(200).or_else(|| forwarded(&allowed, request, answer))
        }
    };
    found.map(|difference| format!("route {}: {difference}", route.name))
}

/// An upstream and the labels that its instance carries.
type Upstream = (String, BTreeMap<String, String>);

fn forwarded(allowed: &[Upstream], request: &Request, answer: &Response) -> Option<String> {
    if request.method == "HEAD" {
        return None;
    }
    let seen: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let carries = |labels: &BTreeMap<String, String>| {
        labels.iter().all(|(name, value)| seen["labels"][name] == **value)
    };
    let known = allowed.iter().any(|(name, labels)| seen["upstream"] == **name && carries(labels));
    let whole = seen["method"] == *request.method
        && seen["path"] == *request.path
        && seen["query"] == *request.query_text()
        && seen["host"] == *request.host;
    (!known || !whole).then(|| format!("{seen} where one of {allowed:?} should have seen {request:?}"))
}

/// Where a route may lead: every weighted destination that lives, and for one that does not, the first
/// fallback that does.
fn upstreams(scenario: &Scenario, to: &[Destination], fallback: &[Destination]) -> Vec<Upstream> {
    let find = |destination: &Destination| {
        let service = scenario.services.iter().find(|service| service.name == destination.service).unwrap();
        let version = service.versions.iter().find(|version| version.name == destination.version);
        let labels = version.map(|version| version.labels.clone()).unwrap_or_default();
        let carries = |instance: &BTreeMap<String, String>| {
            labels.iter().all(|(name, value)| instance.get(name) == Some(value))
        };
        let lives = service.alive && (labels.is_empty() || service.instances.iter().any(carries));
        lives.then(|| (name(scenario, service), labels.clone()))
    };
    let first = fallback.iter().find_map(find);
    let weighted = to.iter().filter(|destination| destination.weight.unwrap_or(0) > 0);
    weighted.filter_map(|destination| find(destination).or_else(|| first.clone())).collect()
}

/// The name of a service's backends, as the scenarios' README writes them.
fn name(scenario: &Scenario, service: &Service) -> String {
    let registry = scenario.sources.iter().find(|source| source.name == service.source);
    let registry = registry.map_or("", |source| source.id.as_str());
    let Service { name, namespace, group, qualifier, port, .. } = service;
    let mut addresses: Vec<String> = service
        .addresses
        .iter()
        .map(|address| if address.contains(':') { address.clone() } else { format!("{address}:{port}") })
        .collect();
    addresses.sort();
    match service.kind {
        ServiceType::K8s => format!("k8s://{registry}/{namespace}/{name}"),
        ServiceType::Nacos => format!("nacos://{registry}/{namespace}/{group}/{name}"),
        ServiceType::Vip => format!("vip://{}", addresses.join(",")),
        ServiceType::Dns => format!("dns://{}", addresses.join(",")),
        ServiceType::Function => format!("fc3://{name}@{qualifier}"),
        other => panic!("the oracle knows no {other:?}"),
    }
}
