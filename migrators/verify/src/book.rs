//! The routes as an index that says quickly which one a request meets. The order is that of the
//! reference matcher in the gateway model, which a property test holds it to; this form is needed
//! because thousands of requests are checked against thousands of routes.

use std::cmp::Reverse;
use std::collections::HashMap;

use gateshift_gateway_model::address::{covers, is_wildcard};
use gateshift_gateway_model::{
    Domain, Inventory, MatchKind, PathMatch, Protocol, PublishState, RequestFacts, Route, ValueMatch,
};
use regex::{Regex, RegexBuilder};

/// What answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Winner {
    /// The domain is served over TLS only, and this request is plain.
    Secure,
    /// A route, by its position in the inventory.
    Route(usize),
    /// Nothing matches.
    Missing,
}

/// Routes of an inventory, indexed.
pub(crate) struct Book<'a> {
    inventory: &'a Inventory,
    conditions: Vec<Conditions>,
    /// Route positions in the order in which they win inside one domain.
    ranked: Vec<usize>,
    sections: Vec<Section>,
    exact: HashMap<String, usize>,
    wildcards: Vec<usize>,
    domains: HashMap<String, &'a Domain>,
}

/// Routes of one domain, by rank.
struct Section {
    name: String,
    plain_only: bool,
    exact: HashMap<String, Vec<usize>>,
    rest: Vec<usize>,
}

/// A compiled text condition.
pub(crate) enum Condition {
    /// Whole text.
    Exact(String, bool),
    /// Beginning.
    Prefix(String, bool),
    /// Expression over the whole text.
    Regex(Box<Regex>),
    /// An expression that does not compile: it matches nothing.
    Never,
}

/// All conditions of a route, compiled.
pub(crate) struct Conditions {
    /// Path.
    pub(crate) path: Condition,
    methods: Vec<String>,
    /// Headers by name.
    pub(crate) headers: Vec<(String, Condition)>,
    /// Query parameters by name.
    pub(crate) queries: Vec<(String, Condition)>,
}

impl Condition {
    /// Compiles one.
    pub(crate) fn new(kind: MatchKind, value: &str, ignore_case: bool) -> Self {
        match kind {
            MatchKind::Exact => Self::Exact(value.to_owned(), ignore_case),
            MatchKind::Prefix => Self::Prefix(value.to_owned(), ignore_case),
            MatchKind::Regex => RegexBuilder::new(&format!("^(?:{value})$"))
                .case_insensitive(ignore_case)
                .build()
                .map_or(Self::Never, |regex| Self::Regex(Box::new(regex))),
        }
    }

    /// Whether the text fits.
    pub(crate) fn fits(&self, text: &str) -> bool {
        match self {
            Self::Exact(value, true) => value.eq_ignore_ascii_case(text),
            Self::Exact(value, false) => value == text,
            Self::Prefix(value, true) => {
                text.get(..value.len()).is_some_and(|start| start.eq_ignore_ascii_case(value))
            }
            Self::Prefix(value, false) => text.starts_with(value.as_str()),
            Self::Regex(regex) => regex.is_match(text),
            Self::Never => false,
        }
    }
}

impl Conditions {
    pub(crate) fn new(route: &Route) -> Self {
        let PathMatch { kind, value, ignore_case } = &route.matching.path;
        let named = |list: &[ValueMatch]| {
            list.iter().map(|one| (one.name.clone(), Condition::new(one.kind, &one.value, false))).collect()
        };
        Self {
            path: Condition::new(*kind, value, *ignore_case),
            methods: route.matching.methods.clone(),
            headers: named(&route.matching.headers),
            queries: named(&route.matching.queries),
        }
    }

    /// Whether all conditions hold.
    pub(crate) fn hold(&self, request: &RequestFacts) -> bool {
        let among =
            |pairs: &[(String, String)], name: &str, condition: &Condition, same: fn(&str, &str) -> bool| {
                pairs.iter().any(|(other, value)| same(other, name) && condition.fits(value))
            };
        (self.methods.is_empty() || self.methods.iter().any(|one| one.eq_ignore_ascii_case(&request.method)))
            && self.path.fits(&request.path)
            && self
                .headers
                .iter()
                .all(|(name, one)| among(&request.headers, name, one, str::eq_ignore_ascii_case))
            && self.queries.iter().all(|(name, one)| among(&request.queries, name, one, |a, b| a == b))
    }
}

/// Whether the route answers requests at the source, be it with another content than it stores.
pub(crate) fn serves(route: &Route) -> bool {
    matches!(route.state, PublishState::Published | PublishState::Edited | PublishState::Changing)
}

impl<'a> Book<'a> {
    /// Indexes the routes that serve.
    pub(crate) fn new(inventory: &'a Inventory) -> Self {
        let routes = &inventory.routes;
        let mut ranked: Vec<usize> = (0..routes.len()).filter(|at| serves(&routes[*at])).collect();
        ranked.sort_by_key(|at| {
            let route = &routes[*at];
            let matching = &route.matching;
            let (headers, queries) = (matching.headers.len(), matching.queries.len());
            let length = Reverse(matching.path.value.len());
            (matching.path.kind, length, Reverse(headers), Reverse(queries), route.created_at, *at)
        });
        let domains: HashMap<String, &Domain> =
            inventory.domains.iter().map(|domain| (domain.name.to_ascii_lowercase(), domain)).collect();
        let mut book = Self {
            inventory,
            conditions: routes.iter().map(Conditions::new).collect(),
            ranked: Vec::new(),
            sections: Vec::new(),
            exact: HashMap::new(),
            wildcards: Vec::new(),
            domains,
        };
        for (rank, at) in ranked.iter().enumerate() {
            for domain in &routes[*at].domains {
                let section = book.section(domain);
                let path = &routes[*at].matching.path;
                match path.kind {
                    MatchKind::Exact => {
                        section.exact.entry(path.value.to_ascii_lowercase()).or_default().push(rank);
                    }
                    MatchKind::Prefix | MatchKind::Regex => section.rest.push(rank),
                }
            }
        }
        book.ranked = ranked;
        book
    }

    fn section(&mut self, domain: &str) -> &mut Section {
        let name = domain.to_ascii_lowercase();
        let at = match self.exact.get(&name) {
            Some(at) => *at,
            None => {
                let at = self.sections.len();
                let plain_only =
                    self.domains.get(&name).is_some_and(|domain| domain.protocol == Protocol::Http);
                let empty =
                    Section { name: name.clone(), plain_only, exact: HashMap::new(), rest: Vec::new() };
                self.sections.push(empty);
                if is_wildcard(&name) {
                    self.wildcards.push(at);
                }
                self.exact.insert(name, at);
                at
            }
        };
        &mut self.sections[at]
    }

    /// The route at a position.
    pub(crate) fn route(&self, at: usize) -> &'a Route {
        &self.inventory.routes[at]
    }

    /// The compiled conditions of the route at a position.
    pub(crate) fn conditions(&self, at: usize) -> &Conditions {
        &self.conditions[at]
    }

    /// The domain of that name.
    pub(crate) fn domain(&self, name: &str) -> Option<&'a Domain> {
        self.domains.get(&name.to_ascii_lowercase()).copied()
    }

    /// Whether a plain request to the host is sent to HTTPS before any route is looked at.
    pub(crate) fn forces_https(&self, host: &str) -> bool {
        let fitting = self.inventory.domains.iter().filter(|domain| covers(&domain.name, host));
        fitting
            .max_by_key(|domain| (domain.name.len(), !is_wildcard(&domain.name)))
            .is_some_and(|one| one.force_https)
    }

    /// What answers a request.
    pub(crate) fn winner(&self, request: &RequestFacts, tls: bool) -> Winner {
        if !tls && self.forces_https(&request.host) {
            return Winner::Secure;
        }
        self.fitting(request, tls).first().map_or(Winner::Missing, |at| Winner::Route(*at))
    }

    /// The routes that fit a request, best first, at most two: the winner and who would be next.
    pub(crate) fn fitting(&self, request: &RequestFacts, tls: bool) -> Vec<usize> {
        let host = request.host.to_ascii_lowercase();
        let exact = self.exact.get(&host).copied().filter(|at| !is_wildcard(&self.sections[*at].name));
        let wildcards = self.wildcards.iter().copied().filter(|at| covers(&self.sections[*at].name, &host));
        let mut found: Vec<(Reverse<usize>, usize)> = Vec::new();
        for at in exact.into_iter().chain(wildcards) {
            let section = &self.sections[at];
            if tls && section.plain_only {
                continue;
            }
            let length = Reverse(section.name.len());
            found.extend(self.first_two(section, request).into_iter().map(|rank| (length, rank)));
        }
        found.sort_unstable();
        let mut routes: Vec<usize> = found.into_iter().map(|(_, rank)| self.ranked[rank]).collect();
        routes.dedup();
        routes.truncate(2);
        routes
    }

    fn first_two(&self, section: &Section, request: &RequestFacts) -> Vec<usize> {
        let folded = request.path.to_ascii_lowercase();
        let exact = section.exact.get(&folded).map(Vec::as_slice).unwrap_or_default();
        let ranks = exact.iter().chain(&section.rest).copied();
        ranks.filter(|rank| self.conditions[self.ranked[*rank]].hold(request)).take(2).collect()
    }
}
