//! The order of routes: which ones match alike, and where an explicit order at the source says
//! something else than the rule both gateways follow.

use std::collections::BTreeMap;

use gateshift_gateway_model::address::covers;
use gateshift_gateway_model::{MatchKind, PathMatch, PublishState, Route, ValueMatch, precedence};

/// Positions of routes that only the time of their creation tells apart on some domain, in the order
/// of the slice. Groups of one are left out.
pub(crate) fn ties(routes: &[&Route]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, route) in routes.iter().enumerate() {
        let matching = &route.matching;
        for domain in &route.domains {
            let alike = (
                domain,
                matching.path.kind,
                matching.path.value.len(),
                matching.headers.len(),
                matching.queries.len(),
            );
            let group = groups.entry(alike).or_default();
            if group.last() != Some(&at) {
                group.push(at);
            }
        }
    }
    let mut found: Vec<Vec<usize>> = groups.into_values().filter(|group| group.len() > 1).collect();
    found.sort();
    found.dedup();
    found
}

/// Pairs of published routes that can take the same request and of which the explicit order prefers
/// the one that the rule does not.
pub(crate) fn contradictions<'a>(routes: &[&'a Route]) -> Vec<(&'a Route, &'a Route)> {
    let ordered: Vec<&Route> = routes
        .iter()
        .copied()
        .filter(|route| route.order.is_some() && route.state == PublishState::Published)
        .collect();
    let mut found = Vec::new();
    for (at, one) in ordered.iter().enumerate() {
        for two in &ordered[at + 1..] {
            if one.order != two.order && meet_on_domain(one, two) && overlap(one, two) {
                found.push(if one.order < two.order { (*one, *two) } else { (*two, *one) });
            }
        }
    }
    found
}

/// Whether on some host both can be reached and the rule prefers the one with the larger order.
fn meet_on_domain(one: &Route, two: &Route) -> bool {
    one.domains.iter().any(|mine| {
        two.domains.iter().any(|other| {
            (covers(mine, other) || covers(other, mine))
                && (precedence(one, mine) < precedence(two, other)) != (one.order < two.order)
        })
    })
}

/// Whether some request can fit both. In doubt, yes: the price is a warning.
fn overlap(one: &Route, two: &Route) -> bool {
    let (a, b) = (&one.matching, &two.matching);
    let methods =
        a.methods.is_empty() || b.methods.is_empty() || a.methods.iter().any(|one| b.methods.contains(one));
    methods
        && paths_meet(&a.path, &b.path)
        && values_meet(&a.headers, &b.headers)
        && values_meet(&a.queries, &b.queries)
}

fn paths_meet(a: &PathMatch, b: &PathMatch) -> bool {
    let (left, right) = if a.ignore_case || b.ignore_case {
        (a.value.to_ascii_lowercase(), b.value.to_ascii_lowercase())
    } else {
        (a.value.clone(), b.value.clone())
    };
    texts_meet(a.kind, &left, b.kind, &right)
}

fn values_meet(a: &[ValueMatch], b: &[ValueMatch]) -> bool {
    a.iter().all(|one| {
        b.iter()
            .filter(|two| one.name.eq_ignore_ascii_case(&two.name))
            .all(|two| texts_meet(one.kind, &one.value, two.kind, &two.value))
    })
}

fn texts_meet(a: MatchKind, left: &str, b: MatchKind, right: &str) -> bool {
    match (a, b) {
        (MatchKind::Regex, _) | (_, MatchKind::Regex) => true,
        (MatchKind::Exact, MatchKind::Exact) => left == right,
        (MatchKind::Exact, MatchKind::Prefix) => left.starts_with(right),
        (MatchKind::Prefix, MatchKind::Exact) => right.starts_with(left),
        (MatchKind::Prefix, MatchKind::Prefix) => left.starts_with(right) || right.starts_with(left),
    }
}

#[cfg(test)]
mod tests {
    use gateshift_gateway_model::{MatchKind, Route};

    use super::{contradictions, ties};
    use crate::tests::model::route;

    fn made(name: &str, kind: MatchKind, path: &str, created: i64, order: Option<i64>) -> Route {
        let mut route = route(name, "a.example", path);
        route.matching.path.kind = kind;
        (route.created_at, route.order) = (created, order);
        route
    }

    #[test]
    fn ties_are_found_by_all_that_the_rule_looks_at() {
        let all = [
            made("a", MatchKind::Prefix, "/aa", 1, None),
            made("b", MatchKind::Prefix, "/bb", 2, None),
            made("c", MatchKind::Exact, "/cc", 3, None),
            made("d", MatchKind::Prefix, "/ddd", 4, None),
            made("e", MatchKind::Prefix, "/ee", 5, None),
        ];
        assert_eq!(ties(&all.iter().collect::<Vec<_>>()), vec![vec![0, 1, 4]]);
    }

    #[test]
    fn explicit_order_is_compared_with_the_rule_among_overlapping_routes() {
        for (one, two, expected) in [
            // The rule prefers the longer prefix, the order the shorter.
            (("/a", Some(1)), ("/a/b", Some(2)), true),
            (("/a", Some(2)), ("/a/b", Some(1)), false),
            (("/a", Some(1)), ("/b/c", Some(2)), false),
            (("/a", Some(1)), ("/a/b", None), false),
            (("/a", Some(1)), ("/a/b", Some(1)), false),
        ] {
            let (first, second) = (
                made("one", MatchKind::Prefix, one.0, 1, one.1),
                made("two", MatchKind::Prefix, two.0, 2, two.1),
            );
            assert_eq!(!contradictions(&[&first, &second]).is_empty(), expected, "{one:?} {two:?}");
            assert_eq!(!contradictions(&[&second, &first]).is_empty(), expected, "{one:?} {two:?}");
        }
    }

    #[test]
    fn conditions_that_exclude_each_other_do_not_overlap() {
        let (mut one, mut two) = (
            made("one", MatchKind::Prefix, "/a", 1, Some(1)),
            made("two", MatchKind::Prefix, "/a/b", 2, Some(2)),
        );
        one.matching.methods = vec!["GET".into()];
        two.matching.methods = vec!["POST".into()];
        assert!(contradictions(&[&one, &two]).is_empty());
        two.matching.methods.push("GET".into());
        assert_eq!(contradictions(&[&one, &two]).len(), 1);
    }
}
