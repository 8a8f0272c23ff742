//! From a scenario to the state of the control plane. What a scenario names but does not define is
//! left out here: [`Scenario::check`] is where such things are reported.

use std::collections::BTreeMap;
use std::net::IpAddr;

use gateshift_lab_kernel::gateway::{MatchKind, PathMatch, ValueMatch};
use serde_json::{Value, json};

use super::{
    Action, Content, Domain, Entry, Gateway, IpList, Phase, Policies, Retry, Route, Service, Source, State,
    Target, callers, parameters, plugins,
};
use crate::scenario::{self, Compare, Condition, Destination, Level, PathKind, RouteStatus, Scenario};
use crate::world;

/// Numeric ids begin here, each kind in a range of its own with room to grow.
const GATEWAY_ID: i64 = 4_021;
const SOURCE_IDS: i64 = 501;
const DOMAIN_IDS: i64 = 10_001;
const SERVICE_IDS: i64 = 200_001;
const ROUTE_IDS: i64 = 3_000_001;
const LIST_IDS: i64 = 601;
const NEW_IDS: i64 = 90_000_000;

impl State {
    /// The state of a completed scenario; `address` hands out an address for each entry.
    pub(crate) fn of(scenario: &Scenario, mut address: impl FnMut() -> IpAddr) -> Self {
        let spec = scenario.gateway.clone();
        let created_ms = spec.created.map_or(0, |created| created.0);
        let entries = (1..)
            .zip(&spec.entries)
            .map(|(at, kind)| entry(&spec.id, &scenario.region, at, *kind, address()))
            .collect();
        let domains: Vec<Domain> =
            (0..).zip(&scenario.domains).map(|(at, domain)| domain_of(domain, at, created_ms)).collect();
        let sources: Vec<Source> = (0..)
            .zip(&scenario.sources)
            .map(|(at, source)| Source {
                id: SOURCE_IDS + at,
                spec: source.clone(),
                groups: groups_of(scenario, source),
                created_ms: created_ms + 1_000 * (at + 1),
            })
            .collect();
        let services: Vec<Service> = (0..)
            .zip(&scenario.services)
            .map(|(at, service)| Service {
                id: SERVICE_IDS + at,
                source: sources.iter().find(|of| of.spec.name == service.source).map(|of| of.id),
                upstream: world::upstream_of(scenario, service),
                spec: service.clone(),
                created_ms: created_ms + 60_000 + 1_000 * at,
            })
            .collect();
        let routes = Routes::new(&domains, &services).build(&scenario.routes);
        let mut parameters = parameters::defaults();
        for (name, value) in &spec.parameters {
            overlay(&mut parameters, name, value);
        }
        let ids = |level: Level, names: &[String]| match level {
            Level::Gateway => Vec::new(),
            Level::Domain => {
                domains.iter().filter(|of| names.contains(&of.spec.name)).map(|of| of.id).collect()
            }
            Level::Route => routes.iter().filter(|of| names.contains(&of.name)).map(|of| of.id).collect(),
        };
        let plugins = plugins::build(&scenario.plugins, created_ms + 120_000, ids);
        let route_id = |name: &str| routes.iter().find(|route| route.name == name).map(|route| route.id);
        let gateway = Gateway {
            id: GATEWAY_ID,
            authentications: callers::authentications(&scenario.authentications, created_ms + 180_000),
            consumers: callers::consumers(&scenario.consumers, created_ms + 240_000, route_id),
            plugins,
            answers: scenario.answers.clone(),
            ip_lists: (0..)
                .zip(&scenario.access_lists)
                .map(|(at, list)| ip_list(list, LIST_IDS + at, created_ms + 300_000 + 1_000 * at, route_id))
                .collect(),
            created_ms,
            entries,
            domains,
            sources,
            services,
            routes,
            parameters,
            spec,
        };
        Self { region: scenario.region.clone(), gateways: vec![gateway], next_id: NEW_IDS }
    }
}

fn ip_list(
    spec: &scenario::AccessList,
    id: i64,
    created_ms: i64,
    route: impl Fn(&str) -> Option<i64>,
) -> IpList {
    let (resource_type, resource_ids) = match spec.level {
        Level::Gateway => ("GATEWAY", json!([])),
        // Domains by name, routes by id: the product is not consistent here.
        Level::Domain => ("DOMAIN", json!(spec.on)),
        Level::Route => ("ROUTE", spec.on.iter().filter_map(|name| route(name)).collect()),
    };
    IpList {
        id,
        name: spec.name.clone(),
        note: spec.note.clone(),
        is_white: spec.white,
        content: spec.addresses.join(","),
        resource_type: resource_type.to_owned(),
        resource_ids: resource_ids.to_string(),
        kind: "IP".to_owned(),
        status: if spec.off { "off" } else { "on" }.to_owned(),
        created_ms,
    }
}

fn entry(gateway: &str, region: &str, at: u32, kind: scenario::Entry, address: IpAddr) -> Entry {
    let short: String = gateway.trim_start_matches("gw-").chars().take(16).collect();
    let suffix = if at == 1 { String::new() } else { format!("-{at}") };
    Entry {
        kind,
        address,
        domain: format!("{gateway}{suffix}.{region}.alicloudapi.com"),
        slb_id: format!("lb-bp1{short}{at}"),
    }
}

fn domain_of(spec: &scenario::Domain, at: i64, created_ms: i64) -> Domain {
    let created_ms = created_ms + 30_000 + 1_000 * at;
    Domain {
        id: DOMAIN_IDS + at,
        https: !spec.certificate.is_empty(),
        spec: spec.clone(),
        created_ms,
        modified_ms: created_ms,
    }
}

/// Groups of a Nacos instance that services of the gateway come from.
fn groups_of(scenario: &Scenario, source: &scenario::Source) -> Vec<String> {
    let mut groups: Vec<String> = scenario
        .services
        .iter()
        .filter(|service| service.source == source.name && !service.group.is_empty())
        .map(|service| service.group.clone())
        .collect();
    groups.sort();
    groups.dedup();
    groups
}

/// Objects are set key by key, everything else as a whole.
pub(crate) fn overlay(parameters: &mut serde_json::Map<String, Value>, name: &str, value: &Value) {
    match (parameters.get_mut(name), value) {
        (Some(Value::Object(known)), Value::Object(given)) => {
            known.extend(given.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        _ => {
            parameters.insert(name.to_owned(), value.clone());
        }
    }
}

/// Turns routes of a scenario, which use names, into routes that use ids.
struct Routes<'a> {
    domains: BTreeMap<&'a str, i64>,
    services: BTreeMap<&'a str, i64>,
}

impl<'a> Routes<'a> {
    fn new(domains: &'a [Domain], services: &'a [Service]) -> Self {
        Self {
            domains: domains.iter().map(|domain| (domain.spec.name.as_str(), domain.id)).collect(),
            services: services.iter().map(|service| (service.spec.name.as_str(), service.id)).collect(),
        }
    }

    /// Routes keep their place in the list but get their ids in order of creation.
    fn build(&self, routes: &[scenario::Route]) -> Vec<Route> {
        let mut by_age: Vec<usize> = (0..routes.len()).collect();
        by_age.sort_by_key(|at| routes[*at].created);
        let mut rank = vec![0_i64; routes.len()];
        for (age, at) in (0..).zip(by_age) {
            rank[at] = age;
        }
        routes.iter().zip(rank).map(|(route, rank)| self.route(route, ROUTE_IDS + rank)).collect()
    }

    fn route(&self, spec: &scenario::Route, id: i64) -> Route {
        let created_ms = spec.created.map_or(0, |created| created.0);
        let content = self.content(spec);
        let (phase, serving) = match spec.status {
            RouteStatus::Published => (Phase::Published { since_ms: created_ms }, Some(content.clone())),
            RouteStatus::Edited => (Phase::Edited, Some(self.content(&spec.as_served()))),
            RouteStatus::Unpublished => (Phase::Unpublished, None),
            RouteStatus::Offline => (Phase::Offline { since_ms: created_ms }, None),
            RouteStatus::Unavailable => (Phase::Unavailable, None),
        };
        Route {
            id,
            name: spec.name.clone(),
            description: spec.description.clone(),
            order: spec.order,
            created_ms,
            modified_ms: created_ms,
            phase,
            content,
            policies: Policies::of(spec),
            ingress: spec.ingress,
            serving,
        }
    }

    fn content(&self, spec: &scenario::Route) -> Content {
        Content {
            domains: spec
                .domains
                .iter()
                .filter_map(|name| self.domains.get(name.as_str()).copied())
                .collect(),
            path: PathMatch {
                kind: match spec.kind {
                    PathKind::Exact => MatchKind::Exact,
                    PathKind::Prefix => MatchKind::Prefix,
                    PathKind::Regex => MatchKind::Regex,
                },
                value: spec.path.clone(),
                ignore_case: spec.ignore_case,
            },
            methods: spec.methods.clone(),
            headers: spec.headers.iter().map(condition).collect(),
            queries: spec.query.iter().map(condition).collect(),
            action: self.action(spec),
            fallback: self.targets(&spec.fallback),
            timeout_s: spec.timeout,
            retry: spec.retry.as_ref().map(|retry| Retry {
                on: true,
                attempts: retry.attempts,
                conditions: retry.on.clone(),
                codes: retry.codes.iter().map(u16::to_string).collect(),
            }),
        }
    }

    fn action(&self, spec: &scenario::Route) -> Action {
        if let Some(mock) = &spec.mock {
            return Action::Mock { status: mock.status, body: mock.body.clone() };
        }
        if let Some(to) = &spec.redirect {
            return Action::Redirect { status: to.status, host: to.host.clone(), path: to.path.clone() };
        }
        let targets = self.targets(&spec.to);
        let one_service = spec.to.iter().all(|to| to.service == spec.to[0].service);
        if one_service && !spec.to.is_empty() && spec.to.iter().all(|to| !to.version.is_empty()) {
            Action::Versions(targets)
        } else if targets.len() > 1 {
            Action::Multiple(targets)
        } else {
            Action::Single(targets)
        }
    }

    fn targets(&self, destinations: &[Destination]) -> Vec<Target> {
        destinations
            .iter()
            .filter_map(|to| {
                Some(Target {
                    service: *self.services.get(to.service.as_str())?,
                    version: Some(to.version.clone()).filter(|version| !version.is_empty()),
                    port: Some(to.port).filter(|port| *port != 0),
                    weight: to.weight.unwrap_or(0),
                    dubbo: to.dubbo.clone(),
                })
            })
            .collect()
    }
}

fn condition(spec: &Condition) -> ValueMatch {
    ValueMatch {
        name: spec.name.clone(),
        kind: match spec.kind {
            Compare::Exact => MatchKind::Exact,
            Compare::Prefix => MatchKind::Prefix,
            Compare::Regex => MatchKind::Regex,
        },
        value: spec.value.clone(),
    }
}
