//! The order of routes: which ones match alike, and where an explicit order at the source says
//! something else than the rule both gateways follow.

use std::collections::{BTreeMap, HashMap};

use gateshift_gateway_model::address::{covers, is_wildcard};
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
    let book = Book::new(&ordered);
    let mut found = Vec::new();
    for (at, one) in ordered.iter().enumerate() {
        for other in book.partners(at, one) {
            let two = ordered[other];
            if one.order != two.order && meet_on_domain(one, two) && overlap(one, two) {
                found.push(if one.order < two.order { (at, other) } else { (other, at) });
            }
        }
    }
    found.sort_unstable_by_key(|(one, two)| (*one.min(two), *one.max(two)));
    found.into_iter().map(|(one, two): (usize, usize)| (ordered[one], ordered[two])).collect()
}

/// Which routes can be reached together, found without comparing each with each.
struct Book<'a> {
    /// Domains that some host can be reached through together with a domain, by position.
    related: Vec<Vec<usize>>,
    domains: HashMap<&'a str, usize>,
    /// Paths without case, in the order of the routes.
    paths: Vec<String>,
    /// Routes by domain, with expressions and without.
    regexes: Vec<Vec<usize>>,
    plain: Vec<Vec<usize>>,
    by_path: HashMap<usize, HashMap<String, Vec<usize>>>,
}

impl<'a> Book<'a> {
    fn new(routes: &[&'a Route]) -> Self {
        let mut domains: HashMap<&str, usize> = HashMap::new();
        for name in routes.iter().flat_map(|route| &route.domains) {
            let next = domains.len();
            domains.entry(name).or_insert(next);
        }
        let count = domains.len();
        let wild: Vec<(&str, usize)> =
            domains.iter().filter(|(name, _)| is_wildcard(name)).map(|(name, at)| (*name, *at)).collect();
        let mut related: Vec<Vec<usize>> = (0..count).map(|at| vec![at]).collect();
        for (name, at) in &domains {
            for (other, wild) in wild.iter().filter(|(_, wild)| wild != at) {
                if covers(other, name) || covers(name, other) {
                    related[*at].push(*wild);
                    related[*wild].push(*at);
                }
            }
        }
        let mut book = Self {
            related,
            paths: routes.iter().map(|route| route.matching.path.value.to_ascii_lowercase()).collect(),
            regexes: vec![Vec::new(); count],
            plain: vec![Vec::new(); count],
            by_path: HashMap::new(),
            domains,
        };
        for (at, route) in routes.iter().enumerate() {
            for domain in book.of(route) {
                if route.matching.path.kind == MatchKind::Regex {
                    book.regexes[domain].push(at);
                } else {
                    book.plain[domain].push(at);
                    let paths = book.by_path.entry(domain).or_default();
                    paths.entry(book.paths[at].clone()).or_default().push(at);
                }
            }
        }
        book
    }

    fn of(&self, route: &Route) -> Vec<usize> {
        route.domains.iter().filter_map(|name| self.domains.get(name.as_str()).copied()).collect()
    }

    /// Routes that may take what this one takes. Each pair is found once: an expression finds every path and the
    /// expressions before it, a path finds those that are its beginning.
    fn partners(&self, at: usize, route: &Route) -> Vec<usize> {
        let mut found = Vec::new();
        let path = self.paths[at].as_str();
        for domain in self.of(route).into_iter().flat_map(|domain| &self.related[domain]) {
            if route.matching.path.kind == MatchKind::Regex {
                found.extend(self.regexes[*domain].iter().copied().filter(|other| *other < at));
                found.extend(&self.plain[*domain]);
                continue;
            }
            let Some(paths) = self.by_path.get(domain) else { continue };
            let ends = path.char_indices().map(|(end, _)| end);
            found.extend(ends.filter_map(|end| paths.get(&path[..end])).flatten());
            let same = paths.get(path).into_iter().flatten();
            found.extend(same.copied().filter(|other| *other < at));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
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

    /// Comparing each with each.
    fn slowly<'a>(routes: &[&'a Route]) -> Vec<(&'a str, &'a str)> {
        let mut found = Vec::new();
        for (at, one) in routes.iter().enumerate() {
            for two in &routes[at + 1..] {
                if one.order != two.order && super::meet_on_domain(one, two) && super::overlap(one, two) {
                    let pair = if one.order < two.order { (one, two) } else { (two, one) };
                    found.push((pair.0.name.as_str(), pair.1.name.as_str()));
                }
            }
        }
        found.sort_unstable();
        found
    }

    proptest::proptest! {
        #[test]
        fn the_quick_way_finds_what_the_slow_way_finds(
            all in proptest::collection::vec(
                (0..3usize, "/[abA]{0,3}", 0..4usize, proptest::option::of(0..4i64), proptest::bool::ANY),
                0..14,
            )
        ) {
            let domains = ["a.example", "*.example", "*", "b.a.example"];
            let kinds = [MatchKind::Exact, MatchKind::Prefix, MatchKind::Regex];
            let routes: Vec<Route> = all
                .into_iter()
                .enumerate()
                .map(|(at, (kind, path, domain, order, ignore))| {
                    let mut one = made(&format!("r{at}"), kinds[kind], &path, at as i64, order);
                    one.domains = vec![domains[domain].into(), domains[(domain + at) % 4].into()];
                    one.matching.path.ignore_case = ignore;
                    one
                })
                .collect();
            let routes: Vec<&Route> = routes.iter().collect();
            let ordered: Vec<&Route> = routes.iter().copied().filter(|one| one.order.is_some()).collect();
            let mut quick: Vec<(&str, &str)> =
                contradictions(&routes).iter().map(|(one, two)| (one.name.as_str(), two.name.as_str())).collect();
            quick.sort_unstable();
            proptest::prop_assert_eq!(quick, slowly(&ordered));
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
