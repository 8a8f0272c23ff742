//! The oracle: which route of a scenario answers a request, by the documented order and nothing else.
//! Naive on purpose: every route is looked at, every rule is written out once.
//!
//! Longer domain name, then path kind (exact, prefix, expression), then longer path condition, then
//! more header conditions, then more query conditions, then earlier creation. No match: 404.

use std::cmp::Reverse;

use gateshift_lab_mse::Scenario;
use gateshift_lab_mse::scenario::{Compare, Condition, Domain, PathKind, Route, RouteStatus};
use regex::Regex;

/// A request as a client means it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub(crate) https: bool,
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    /// The query as it stands behind the question mark.
    pub(crate) fn query_text(&self) -> String {
        let pairs: Vec<String> = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }

    /// Path and query.
    pub(crate) fn target(&self) -> String {
        let query = self.query_text();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// Sent to HTTPS.
    Secure,
    /// Answered by this route, as it is served.
    Route(Box<Route>),
    /// 404.
    Missing,
}

/// Which side's routes are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The source serves an edited route as it was published last.
    Source,
    /// The target got the content that the source's API shows.
    Target,
}

/// The routes that a side serves.
pub(crate) fn served(scenario: &Scenario, side: Side) -> Vec<Route> {
    let published = |route: &&Route| matches!(route.status, RouteStatus::Published | RouteStatus::Edited);
    let as_meant = |route: &Route| if side == Side::Source { route.as_served() } else { route.clone() };
    scenario.routes.iter().filter(published).map(as_meant).collect()
}

/// Decides.
pub(crate) fn decide(domains: &[Domain], routes: &[Route], request: &Request) -> Verdict {
    let host = request.host.split(':').next().unwrap().to_ascii_lowercase();
    let mut fitting: Vec<&Domain> = domains.iter().filter(|domain| covers(&domain.name, &host)).collect();
    // The most specific one says whether plain HTTP is served; at equal length that is the exact one.
    fitting.sort_by_key(|domain| (Reverse(domain.name.len()), domain.name.starts_with('*')));
    if !request.https && fitting.first().is_some_and(|domain| domain.force_https) {
        return Verdict::Secure;
    }
    if request.https {
        fitting.retain(|domain| !domain.certificate.is_empty());
    }
    let candidates = fitting.iter().flat_map(|domain| {
        let on_it = |route: &&Route| route.domains.contains(&domain.name) && holds(route, request);
        routes.iter().filter(on_it).map(|route| (domain.name.len(), route))
    });
    let first = candidates.min_by_key(|(domain, route)| {
        let kind = match route.kind {
            PathKind::Exact => 0,
            PathKind::Prefix => 1,
            PathKind::Regex => 2,
        };
        let conditions = (Reverse(route.headers.len()), Reverse(route.query.len()));
        (Reverse(*domain), kind, Reverse(route.path.len()), conditions, route.created)
    });
    first.map_or(Verdict::Missing, |(_, route)| Verdict::Route(Box::new(route.clone())))
}

/// Whether a domain's name stands for a host in lower case.
pub(crate) fn covers(domain: &str, host: &str) -> bool {
    match domain.to_ascii_lowercase().strip_prefix('*') {
        Some("") => true,
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => domain.eq_ignore_ascii_case(host),
    }
}

fn holds(route: &Route, request: &Request) -> bool {
    let method = route.methods.is_empty() || route.methods.contains(&request.method);
    let header = |condition: &Condition| {
        let same = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(&condition.name);
        request.headers.iter().find(same).is_some_and(|(_, value)| fulfils(condition, value))
    };
    let query = |condition: &Condition| {
        let found = request.query.iter().find(|(name, _)| *name == condition.name);
        found.is_some_and(|(_, value)| fulfils(condition, value))
    };
    method && fits(route, &request.path) && route.headers.iter().all(header) && route.query.iter().all(query)
}

fn fits(route: &Route, path: &str) -> bool {
    let fold = |text: &str| if route.ignore_case { text.to_ascii_lowercase() } else { text.to_owned() };
    match route.kind {
        PathKind::Exact => fold(path) == fold(&route.path),
        PathKind::Prefix => fold(path).starts_with(&fold(&route.path)),
        PathKind::Regex => {
            let flag = if route.ignore_case { "(?i)" } else { "" };
            Regex::new(&format!("{flag}^(?:{})$", route.path)).unwrap().is_match(path)
        }
    }
}

fn fulfils(condition: &Condition, value: &str) -> bool {
    match condition.kind {
        Compare::Exact => value == condition.value,
        Compare::Prefix => value.starts_with(&condition.value),
        Compare::Regex => Regex::new(&format!("^(?:{})$", condition.value)).unwrap().is_match(value),
    }
}
