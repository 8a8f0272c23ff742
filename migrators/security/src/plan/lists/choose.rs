//! Which rules are written where: the source's own where a literal copy lets the same callers in, else
//! flattened to the routes.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_sdk::model::Severity;

use super::{Draft, names};
use crate::levels::{Place, Rule, Rules};
use crate::sets::Addresses;
use crate::settings::Lists;

/// Route and domain of every pair that requests may come by; a route without domains once.
pub(super) fn pairs<'a>(draft: &Draft<'a>) -> Vec<(&'a str, Option<&'a str>)> {
    let routes =
        draft.given.inventory.routes.iter().filter(|route| draft.given.routes.routes.contains_key(&route.id));
    routes
        .flat_map(|route| {
            let bare = route.domains.is_empty().then_some(None);
            route
                .domains
                .iter()
                .map(|name| Some(name.as_str()))
                .chain(bare)
                .map(|domain| (route.id.as_str(), domain))
        })
        .collect()
}

/// Who passes at the target when every rule is on its level there.
pub(super) fn at_target(rules: &Rules, route: &str, domain: Option<&str>) -> Addresses {
    rules.of_pair(route, domain).fold(Addresses::all(), |all, (_, rule)| all.intersection(&rule.passes()))
}

/// The rules to write, and the places whose rule is not the source's own.
pub(super) fn choose(draft: &mut Draft<'_>, source: &Rules) -> (Rules, BTreeSet<Place>) {
    let pairs = pairs(draft);
    let differs = |rules: &Rules, (route, domain): (&str, Option<&str>)| {
        at_target(rules, route, domain) != source.at_source(route, domain)
    };
    let odd: Vec<_> = pairs.iter().copied().filter(|pair| differs(source, *pair)).collect();
    if odd.is_empty() {
        return (source.clone(), BTreeSet::new());
    }
    let routes: BTreeSet<&str> = odd.iter().map(|(route, _)| *route).collect();
    if draft.given.settings.lists == Lists::Literal {
        let message = format!(
            "the most specific list decides at the source and all levels count at the target: {} would let others in than now",
            names(draft, routes.iter().copied())
        );
        draft.find(
            Severity::Block,
            "ACL-SEMANTICS",
            "access-lists",
            message,
            "set `lists: auto`, which writes the effective list on the routes, or move the lists to one level at the source",
        );
        return (source.clone(), BTreeSet::new());
    }
    let (kept, written) = flatten(draft, source, &pairs, &odd);
    let dropped: Vec<String> = source
        .0
        .iter()
        .filter(|(place, _)| !kept.0.contains_key(place) && !matches!(place, Place::Route(_)))
        .flat_map(|(_, rule)| {
            rule.lists.iter().map(|at| draft.given.inventory.access_lists[*at].name.clone())
        })
        .collect();
    let ids = written.iter().filter_map(|place| match place {
        Place::Route(id) => Some(id.as_str()),
        _ => None,
    });
    let (flattened, dropped) = (names(draft, ids), dropped.join(", "));
    let concerned = names(draft, routes.iter().copied());
    let message = format!(
        "the most specific list decides at the source and all levels count at the target, so a literal copy would let others in on {concerned}: {}{}",
        if flattened.is_empty() {
            String::new()
        } else {
            format!("the effective list is written on {flattened}")
        },
        match (flattened.is_empty(), dropped.is_empty()) {
            (_, true) => String::new(),
            (true, false) =>
                format!("{dropped} is written nowhere, and routes that are added later do not inherit it"),
            (false, false) =>
                format!(", {dropped} nowhere else, and routes that are added later do not inherit it"),
        },
    );
    draft.find(
        Severity::Warn,
        "ACL-SEMANTICS",
        "access-lists",
        message,
        "give routes that are added later a list of their own; or set `lists: literal` to be stopped here instead",
    );
    (kept, written)
}

/// Takes the gateway's and domains' rules away that take part in a difference, and gives the routes what
/// is then missing.
fn flatten(
    draft: &mut Draft<'_>,
    source: &Rules,
    pairs: &[(&str, Option<&str>)],
    odd: &[(&str, Option<&str>)],
) -> (Rules, BTreeSet<Place>) {
    let mut of_route: BTreeMap<&str, Vec<Option<&str>>> = BTreeMap::new();
    for (route, domain) in pairs {
        of_route.entry(route).or_default().push(*domain);
    }
    let mut upper = Rules(
        source
            .0
            .iter()
            .filter(|(place, _)| !matches!(place, Place::Route(_)))
            .map(|(place, rule)| (place.clone(), rule.clone()))
            .collect(),
    );
    for (route, domain) in odd {
        forget(&mut upper, route, *domain);
    }
    let mut impossible = BTreeSet::new();
    // What is taken away for one route changes what others meet: again until nothing changes.
    let mut changed = true;
    while changed {
        changed = false;
        for (route, domains) in &of_route {
            if impossible.contains(*route) || on_route(source, &upper, route, domains).is_some() {
                continue;
            }
            changed = true;
            let mut went = false;
            for domain in domains {
                went |= forget(&mut upper, route, *domain);
            }
            if !went {
                impossible.insert(*route);
            }
        }
    }
    for route in &impossible {
        let object = format!("routes/{}", names(draft, std::iter::once(*route)));
        draft.find(
            Severity::Block,
            "ACL-SEMANTICS",
            object,
            "its domains have lists of their own that let different callers in, and a list on the route holds for all of its domains",
            "split the route at the source into one for each of these domains",
        );
    }
    let (mut rules, mut written) = (upper.clone(), BTreeSet::new());
    for (route, domains) in &of_route {
        let place = Place::Route((*route).to_owned());
        let own = source.0.get(&place);
        match on_route(source, &upper, route, domains) {
            Some(Some(passes)) if own.is_some_and(|own| own.passes() == passes) => {
                rules.0.insert(place, own.cloned().unwrap_or_default());
            }
            Some(Some(passes)) => {
                let lists = domains
                    .iter()
                    .flat_map(|domain| source.of_pair(route, *domain).next())
                    .flat_map(|(_, rule)| rule.lists.clone());
                let lists: BTreeSet<usize> = lists.collect();
                rules.0.insert(
                    place.clone(),
                    Rule {
                        white: Some(passes),
                        black: Addresses::default(),
                        lists: lists.into_iter().collect(),
                    },
                );
                written.insert(place);
            }
            Some(None) | None => {}
        }
    }
    (rules, written)
}

/// Takes the upper rules of a pair away; whether there were any.
fn forget(upper: &mut Rules, route: &str, domain: Option<&str>) -> bool {
    let found: Vec<Place> = upper.of_pair(route, domain).map(|(place, _)| place).collect();
    found.iter().for_each(|place| drop(upper.0.remove(place)));
    !found.is_empty()
}

/// Who a list on the route has to let in so that, with the upper rules, the same pass as at the source;
/// `Some(None)` when no list is needed, `None` when no list does it.
fn on_route(
    source: &Rules,
    upper: &Rules,
    route: &str,
    domains: &[Option<&str>],
) -> Option<Option<Addresses>> {
    let due: Vec<(Addresses, Addresses)> = domains
        .iter()
        .map(|domain| (at_target(upper, route, *domain), source.at_source(route, *domain)))
        .collect();
    if due.iter().all(|(upper, due)| upper == due) {
        return Some(None);
    }
    let own = source.0.get(&Place::Route(route.to_owned())).map(Rule::passes);
    let all = due.iter().fold(Addresses::default(), |all, (_, due)| all.union(due));
    own.into_iter()
        .chain([all])
        .find(|list| due.iter().all(|(upper, due)| upper.intersection(list) == *due))
        .map(Some)
}
