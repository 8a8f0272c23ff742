//! The compiled routing table. Routes are numbered in the order in which they win, so that among
//! candidates the smallest number is the answer; hash maps by path find the candidates, so that the
//! number of routes hardly matters.

use std::cmp::Reverse;
use std::collections::HashMap;

use gateshift_lab_kernel::gateway::{Action, GatewayConfig, MatchKind, Route};
use hyper::HeaderMap;

use super::condition::{Expressions, Named, PathExpression};
use super::host::DomainIndex;
use crate::policies::RoutePolicies;

/// What of a request the routing looks at.
#[derive(Debug, Clone, Copy)]
pub struct RequestView<'a> {
    /// Host without port in lower case, see [`super::host_of`].
    pub host: &'a str,
    /// Method, upper case.
    pub method: &'a str,
    /// Path without the query, as sent.
    pub path: &'a str,
    /// Query without the question mark, empty when there is none.
    pub query: &'a str,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// Whether the request came over HTTPS, where only domains with a certificate are served.
    pub secure: bool,
}

/// What one compilation hands to the next one, so that small changes of a large configuration cost
/// little.
#[derive(Debug, Default)]
pub struct TableCache(Expressions);

/// The routes of one gateway, indexed.
#[derive(Debug)]
pub struct RouteTable {
    /// In the order in which they win within one domain length.
    routes: Vec<Compiled>,
    domains: DomainIndex<PathIndex>,
}

#[derive(Debug)]
struct Compiled {
    name: String,
    methods: Vec<String>,
    headers: Vec<Named>,
    queries: Vec<Named>,
    expression: Option<PathExpression>,
    path: String,
    action: Action,
    policies: RoutePolicies,
}

/// The route that answers a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) name: &'a str,
    pub(crate) action: &'a Action,
    pub(crate) policies: &'a RoutePolicies,
    /// Its path condition.
    pub(crate) path: &'a str,
    /// The domain under which it was found.
    pub(crate) domain: &'a str,
}

/// Candidates of one domain, by number.
#[derive(Debug, Default)]
struct PathIndex {
    domain: String,
    secure: bool,
    exact: PathMap,
    prefix: PathMap,
    /// Lengths of the prefixes, longest first.
    prefix_lengths: Vec<usize>,
    regex: Vec<usize>,
}

/// Candidates by path: as written, and in lower case for those that ignore case.
#[derive(Debug, Default)]
struct PathMap {
    cased: HashMap<String, Vec<usize>>,
    folded: HashMap<String, Vec<usize>>,
}

impl RouteTable {
    /// Compiles the routes of a gateway. A route without a domain, or whose expression is invalid,
    /// never matches.
    #[must_use]
    pub fn compile(config: &GatewayConfig, cache: &mut TableCache) -> Self {
        let mut ordered: Vec<&Route> = config.routes.iter().collect();
        ordered.sort_by_key(|route| {
            (
                route.path.kind,
                Reverse(route.path.value.len()),
                Reverse(route.headers.len()),
                Reverse(route.queries.len()),
                route.created_ms,
                route.sequence,
            )
        });
        let mut domains: DomainIndex<PathIndex> = DomainIndex::default();
        for (number, route) in ordered.iter().enumerate() {
            for domain in &route.domains {
                let paths = domains.entry(domain);
                paths.domain.clone_from(domain);
                paths.add(number, route);
            }
        }
        for domain in config.domains.iter().filter(|domain| domain.certificate.is_some()) {
            domains.entry(&domain.name).secure = true;
        }
        let routes = ordered.iter().map(|route| Compiled::new(route, &mut cache.0)).collect();
        cache.0.settle();
        Self { routes, domains }
    }

    /// The route that answers, by name and action.
    #[must_use]
    pub fn find(&self, request: &RequestView<'_>) -> Option<(&str, &Action)> {
        self.lookup(request).map(|found| (found.name, found.action))
    }

    /// The route that answers, with all that is done on its way.
    pub(crate) fn lookup<'a>(&'a self, request: &RequestView<'_>) -> Option<Found<'a>> {
        let mut best: Option<(usize, usize, &PathIndex)> = None;
        let folded = request.path.to_ascii_lowercase();
        for (length, paths) in self.domains.matching(request.host) {
            // Only an exact and a wildcard name can be of equal length; then both compete.
            if best.is_some_and(|(found, ..)| found > length) {
                break;
            }
            if request.secure && !paths.secure {
                continue;
            }
            if let Some(number) = self.first_in(paths, request, &folded) {
                best = match best {
                    Some((_, other, _)) if other < number => best,
                    _ => Some((length, number, paths)),
                };
            }
        }
        best.map(|(_, number, paths)| {
            let Compiled { name, action, policies, path, .. } = &self.routes[number];
            Found { name, action, policies, path, domain: &paths.domain }
        })
    }

    fn first_in(&self, paths: &PathIndex, request: &RequestView<'_>, folded: &str) -> Option<usize> {
        let holds = |number: &usize| self.routes[*number].holds(request);
        if let Some(number) = paths.exact.first(request.path, folded, holds) {
            return Some(number);
        }
        for length in paths.prefix_lengths.iter().filter(|length| **length <= folded.len()) {
            let (Some(cased), Some(lower)) = (request.path.get(..*length), folded.get(..*length)) else {
                continue;
            };
            if let Some(number) = paths.prefix.first(cased, lower, holds) {
                return Some(number);
            }
        }
        paths.regex.iter().copied().find(|number| {
            let route = &self.routes[*number];
            let path = route.expression.as_ref();
            path.is_some_and(|path| path.matches(request.path)) && route.holds(request)
        })
    }
}

impl PathIndex {
    /// Numbers arrive in ascending order, so every list stays sorted.
    fn add(&mut self, number: usize, route: &Route) {
        match route.path.kind {
            MatchKind::Exact => self.exact.add(number, route),
            MatchKind::Prefix => {
                self.prefix.add(number, route);
                let length = route.path.value.len();
                if self.prefix_lengths.last() != Some(&length) {
                    self.prefix_lengths.push(length);
                }
            }
            MatchKind::Regex => self.regex.push(number),
        }
    }
}

impl PathMap {
    fn add(&mut self, number: usize, route: &Route) {
        let list = if route.path.ignore_case {
            self.folded.entry(route.path.value.to_ascii_lowercase()).or_default()
        } else {
            self.cased.entry(route.path.value.clone()).or_default()
        };
        if list.last() != Some(&number) {
            list.push(number);
        }
    }

    fn first(&self, path: &str, folded: &str, holds: impl Fn(&usize) -> bool + Copy) -> Option<usize> {
        let search = |list: Option<&Vec<usize>>| list?.iter().copied().find(|number| holds(number));
        match (search(self.cased.get(path)), search(self.folded.get(folded))) {
            (Some(cased), Some(folded)) => Some(cased.min(folded)),
            (cased, folded) => cased.or(folded),
        }
    }
}

impl Compiled {
    fn new(route: &Route, expressions: &mut Expressions) -> Self {
        let expression = (route.path.kind == MatchKind::Regex)
            .then(|| PathExpression::compile(&route.path.value, route.path.ignore_case, expressions))
            .flatten();
        Self {
            name: route.name.clone(),
            methods: route.methods.clone(),
            headers: route.headers.iter().map(|c| Named::header(c, expressions)).collect(),
            queries: route.queries.iter().map(|c| Named::query(c, expressions)).collect(),
            expression,
            path: route.path.value.clone(),
            action: route.action.clone(),
            policies: RoutePolicies::compile(&route.policies),
        }
    }

    /// All conditions but the path.
    fn holds(&self, request: &RequestView<'_>) -> bool {
        (self.methods.is_empty() || self.methods.iter().any(|method| method == request.method))
            && self.headers.iter().all(|condition| condition.holds_in_headers(request.headers))
            && self.queries.iter().all(|condition| condition.holds_in_query(request.query))
    }
}
