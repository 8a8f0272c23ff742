//! The requests of the load client: one for each published route that can be asked for without
//! guessing at an expression, that asks for no credentials, and that answers with something better than a 5xx. Pure.

use std::collections::BTreeMap;

use gateshift_lab_kernel::World;
use gateshift_lab_kernel::gateway::{Action, GatewayConfig, MatchKind, Route, Target, ValueMatch};
use gateshift_lab_planes::{LoadTarget, RequestView, RouteTable, TableCache};
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use super::hosts::ServedHost;
use super::open::is_open;
use crate::wire::encode;

/// The requests that the gateway answers well, over every protocol its hosts have.
pub(crate) fn targets(config: &GatewayConfig, world: &World, hosts: &[ServedHost]) -> Vec<LoadTarget> {
    let table = RouteTable::compile(config, &mut TableCache::default());
    let by_domain = hosts.iter().fold(BTreeMap::<_, Vec<_>>::new(), |mut all, host| {
        all.entry(host.domain.as_str()).or_default().push(host);
        all
    });
    let by_name: BTreeMap<&str, &Route> =
        config.routes.iter().map(|route| (route.name.as_str(), route)).collect();
    let mut found = Vec::new();
    for route in &config.routes {
        let Some(request) = Request::of(route) else { continue };
        let hosts = route.domains.iter().filter_map(|domain| by_domain.get(domain.as_str())).flatten();
        for host in hosts {
            let schemes = [(false, !host.force_https), (true, host.https)];
            for (https, _) in schemes.into_iter().filter(|(_, served)| *served) {
                // Another route may win here; what counts is that the winner answers well.
                let winner = table.find(&request.view(&host.host, https));
                let lets_in =
                    |name: &str| by_name.get(name).is_some_and(|route| is_open(config, route, &request.path));
                if winner.is_some_and(|(name, action)| answers_well(action, world) && lets_in(name)) {
                    found.push(request.target(&host.host, https));
                }
            }
        }
    }
    found
}

/// A request that fulfils the conditions of a route.
struct Request {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
}

impl Request {
    /// Nothing when a condition is an expression, or no legal request fulfils it.
    fn of(route: &Route) -> Option<Self> {
        let literal =
            |condition: &ValueMatch| (condition.kind != MatchKind::Regex).then(|| condition.value.clone());
        let path = (route.path.kind != MatchKind::Regex).then(|| route.path.value.clone())?;
        // The gateways compare a query as it was sent, so a value that needs encoding never matches.
        let pair = |condition: &ValueMatch| {
            let (name, value) = (&condition.name, literal(condition)?);
            (encode(name) == *name && encode(&value) == value).then(|| format!("{name}={value}"))
        };
        let query: Option<Vec<_>> = route.queries.iter().map(pair).collect();
        let mut headers = HeaderMap::new();
        for condition in &route.headers {
            let name = HeaderName::from_bytes(condition.name.as_bytes()).ok()?;
            headers.insert(name, HeaderValue::from_str(&literal(condition)?).ok()?);
        }
        let method = route.methods.first().cloned().unwrap_or_else(|| "GET".to_owned());
        let legal = path.starts_with('/')
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?' && byte != b'#');
        legal.then_some(Self { method, path, query: query?.join("&"), headers })
    }

    fn view<'a>(&'a self, host: &'a str, secure: bool) -> RequestView<'a> {
        RequestView {
            host,
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            secure,
        }
    }

    fn target(&self, host: &str, https: bool) -> LoadTarget {
        let mark = if self.query.is_empty() { "" } else { "?" };
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        LoadTarget {
            host: host.to_owned(),
            https,
            method: self.method.clone(),
            path: format!("{}{mark}{}", self.path, self.query),
            headers: self.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        }
    }
}

/// Whether every request that gets this action is answered with less than 500.
fn answers_well(action: &Action, world: &World) -> bool {
    match action {
        Action::Mock { status, .. } => *status < 500,
        Action::Redirect { .. } => true,
        Action::Forward(forward) => {
            let live = |target: &Target| is_live(target, world);
            let mut chosen = forward.targets.iter().filter(|target| target.weight > 0).peekable();
            forward.fallback.iter().any(live) || (chosen.peek().is_some() && chosen.all(live))
        }
    }
}

fn is_live(target: &Target, world: &World) -> bool {
    let carries = |instance: &BTreeMap<String, String>| {
        target.labels.iter().all(|(name, value)| instance.get(name) == Some(value))
    };
    world.upstreams.get(&target.upstream).is_some_and(|upstream| {
        upstream.alive && (target.labels.is_empty() || upstream.instances.iter().any(carries))
    })
}

#[cfg(test)]
mod tests {
    use gateshift_lab_kernel::Upstream;
    use gateshift_lab_kernel::gateway::{Domain, Forward, PathMatch};

    use super::*;

    fn route(name: &str, kind: MatchKind, path: &str, upstream: &str) -> Route {
        let target = Target { upstream: upstream.to_owned(), labels: BTreeMap::new(), weight: 100 };
        let forward = Forward { targets: vec![target], fallback: Vec::new(), timeout_ms: 0, retries: 0 };
        Route {
            name: name.to_owned(),
            domains: vec!["*.example.com".to_owned()],
            path: PathMatch { kind, value: path.to_owned(), ignore_case: false },
            methods: vec!["POST".to_owned()],
            headers: Vec::new(),
            queries: Vec::new(),
            created_ms: 0,
            sequence: 0,
            policies: Default::default(),
            action: Action::Forward(forward),
        }
    }

    fn served(force_https: bool) -> Vec<ServedHost> {
        let (domain, host) = ("*.example.com".to_owned(), "alpha.example.com".to_owned());
        vec![ServedHost { domain, host, https: true, force_https }]
    }

    fn found(routes: Vec<Route>, hosts: &[ServedHost]) -> Vec<(bool, String, String)> {
        let domain = Domain {
            name: "*.example.com".to_owned(),
            certificate: Some("c".to_owned()),
            force_https: hosts[0].force_https,
        };
        let config = GatewayConfig { domains: vec![domain], routes, ..Default::default() };
        let live = Upstream { alive: true, instances: Vec::new() };
        let world = World { upstreams: BTreeMap::from([("live".to_owned(), live)]) };
        targets(&config, &world, hosts)
            .into_iter()
            .map(|target| (target.https, target.method, target.path))
            .collect()
    }

    #[test]
    fn only_what_answers_well_is_asked_for() {
        let with_query = |name, value: &str| Route {
            queries: vec![ValueMatch { name: "v".into(), kind: MatchKind::Exact, value: value.into() }],
            ..route(name, MatchKind::Prefix, "/q", "live")
        };
        let routes = vec![
            route("a", MatchKind::Exact, "/a", "live"),
            route("dead", MatchKind::Prefix, "/dead", "gone"),
            route("expression", MatchKind::Regex, "/x.*", "live"),
            with_query("plain", "7"),
            with_query("spaced", "a b"),
        ];
        let due = [(false, "/a"), (true, "/a"), (false, "/q?v=7"), (true, "/q?v=7")];
        let due: Vec<_> = due.map(|(https, path)| (https, "POST".to_owned(), path.to_owned())).to_vec();
        assert_eq!(found(routes, &served(false)), due);
    }

    #[test]
    fn the_route_that_wins_decides() {
        let routes = vec![
            route("all", MatchKind::Prefix, "/", "live"),
            route("dead", MatchKind::Prefix, "/dead", "gone"),
        ];
        let hidden = vec![
            route("wide", MatchKind::Prefix, "/dead", "live"),
            route("dead", MatchKind::Exact, "/dead", "gone"),
        ];
        assert_eq!(found(routes, &served(true)), [(true, "POST".to_owned(), "/".to_owned())]);
        assert_eq!(found(hidden, &served(true)), []);
    }
}
