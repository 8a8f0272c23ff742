//! Which route a request meets: the documented order of both products as one function. Longer
//! domain, then exact before prefix before regex, then longer path, more header conditions, more
//! query conditions, and the earlier creation.

use std::cmp::Reverse;

use regex::{Regex, RegexBuilder};

use crate::address::covers;
use crate::{MatchKind, PathMatch, PublishState, Route, ValueMatch};

/// What a request shows to the matcher.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFacts {
    /// Host without port.
    pub host: String,
    /// Path without query.
    pub path: String,
    /// Method, upper case.
    pub method: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Query parameters, decoded.
    pub queries: Vec<(String, String)>,
}

/// Rank of a route for one of its domains: the smallest wins.
pub type Precedence = (Reverse<usize>, MatchKind, Reverse<usize>, Reverse<usize>, Reverse<usize>, i64);

/// Rank of `route` reached through `domain`.
#[must_use]
pub fn precedence(route: &Route, domain: &str) -> Precedence {
    let matching = &route.matching;
    (
        Reverse(domain.len()),
        matching.path.kind,
        Reverse(matching.path.value.len()),
        Reverse(matching.headers.len()),
        Reverse(matching.queries.len()),
        route.created_at,
    )
}

/// Whether all conditions but the domain hold.
#[must_use]
pub fn matches(route: &Route, request: &RequestFacts) -> bool {
    let matching = &route.matching;
    (matching.methods.is_empty()
        || matching.methods.iter().any(|method| method.eq_ignore_ascii_case(&request.method)))
        && path_fits(&matching.path, &request.path)
        && matching.headers.iter().all(|one| value_fits(one, &request.headers, str::eq_ignore_ascii_case))
        && matching.queries.iter().all(|one| value_fits(one, &request.queries, |a, b| a == b))
}

/// The published route that serves the request, and the domain it was reached through.
///
/// Among routes with an equal rank the first in the slice wins, so pass them in order of creation.
#[must_use]
pub fn select<'a>(routes: &'a [Route], request: &RequestFacts) -> Option<(&'a Route, &'a str)> {
    routes
        .iter()
        .filter(|route| route.state == PublishState::Published)
        .flat_map(|route| route.domains.iter().map(move |domain| (route, domain.as_str())))
        .filter(|(route, domain)| covers(domain, &request.host) && matches(route, request))
        .min_by_key(|(route, domain)| precedence(route, domain))
}

fn path_fits(condition: &PathMatch, path: &str) -> bool {
    text_fits(condition.kind, &condition.value, condition.ignore_case, path)
}

fn value_fits(condition: &ValueMatch, pairs: &[(String, String)], same: fn(&str, &str) -> bool) -> bool {
    pairs.iter().any(|(name, value)| {
        same(name, &condition.name) && text_fits(condition.kind, &condition.value, false, value)
    })
}

fn text_fits(kind: MatchKind, wanted: &str, ignore_case: bool, text: &str) -> bool {
    match kind {
        MatchKind::Exact if ignore_case => wanted.eq_ignore_ascii_case(text),
        MatchKind::Exact => wanted == text,
        MatchKind::Prefix if ignore_case => {
            text.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted))
        }
        MatchKind::Prefix => text.starts_with(wanted),
        MatchKind::Regex => whole(wanted, ignore_case).is_some_and(|regex| regex.is_match(text)),
    }
}

/// How many groups an expression captures; `None` when it is no valid one.
#[must_use]
pub fn groups(expression: &str) -> Option<usize> {
    Regex::new(expression).ok().map(|regex| regex.captures_len() - 1)
}

/// The expression anchored at both ends; `None` when it is no valid one (it can match nothing then).
fn whole(expression: &str, ignore_case: bool) -> Option<Regex> {
    RegexBuilder::new(&format!("^(?:{expression})$")).case_insensitive(ignore_case).build().ok()
}
