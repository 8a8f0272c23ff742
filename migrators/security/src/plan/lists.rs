//! Address lists: copied as they are where that lets the same callers in, else the effective list is
//! written on the routes. Whatever is chosen is computed again from what would be written, and a plan that
//! would let others in than the source does is refused as a defect.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_apig::convert::policy::ON_ROUTE;
use gateshift_apig::convert::security::{Guard, ON_DOMAIN, ON_GATEWAY, list};
use gateshift_gateway_model::{AccessList, Inventory};
use gateshift_sdk::model::{Severity, Verb};
use gateshift_sdk::name;
use serde_json::Value;

use super::draft::{Draft, Wanted};
use crate::levels::{Place, Rule, Rules, places};
use crate::sets::Addresses;
use crate::settings::Lists;

/// A list to be written.
pub(crate) struct Entry {
    place: Place,
    white: bool,
    addresses: Vec<String>,
    enabled: bool,
    layer4: bool,
    name: String,
    note: String,
    /// Lists of the source that it carries, by position.
    carries: Vec<usize>,
}

/// The rules of the source but for those that move to another layer.
pub(crate) fn source_rules(inventory: &Inventory) -> Result<Rules, String> {
    Rules::of(&inventory.access_lists)
}

/// Chooses what is written where.
pub(crate) fn decide(draft: &mut Draft<'_>) -> Vec<Entry> {
    let lists = &draft.given.inventory.access_lists;
    if lists.is_empty() {
        return Vec::new();
    }
    client_address(draft);
    let source = match source_rules(draft.given.inventory) {
        Ok(source) => source,
        Err(odd) => {
            let message = format!("`{odd}` is neither an address nor a network in CIDR form");
            draft.find(
                Severity::Block,
                "SRC-UNCLEAR",
                "access-lists",
                message,
                "correct the list at the source",
            );
            return Vec::new();
        }
    };
    same_level(draft, &source);
    let (chosen, flattened) = choose(draft, &source);
    let mut entries: Vec<Entry> = Vec::new();
    for (place, rule) in &chosen.0 {
        entries.extend(entry(draft, place, rule, flattened.contains(place)));
    }
    add_disabled(draft, &mut entries);
    add_layer4(draft, &mut entries);
    tell_apart(&mut entries);
    prove(draft, &source, &entries);
    draft.facts.flattened = flattened
        .into_iter()
        .filter_map(|place| match place {
            Place::Route(id) => Some(id),
            _ => None,
        })
        .collect();
    entries
}

/// Route and domain of every pair that requests may come by; a route without domains once.
fn pairs<'a>(draft: &Draft<'a>) -> Vec<(&'a str, Option<&'a str>)> {
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
fn at_target(rules: &Rules, route: &str, domain: Option<&str>) -> Addresses {
    rules.of_pair(route, domain).fold(Addresses::all(), |all, (_, rule)| all.intersection(&rule.passes()))
}

/// The rules to write, and the places whose rule is not the source's own.
fn choose(draft: &mut Draft<'_>, source: &Rules) -> (Rules, BTreeSet<Place>) {
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
    let message = format!(
        "the most specific list decides at the source and all levels count at the target; so the effective list is written on {}, and {} is written nowhere else: routes that are added later do not inherit it",
        names(draft, ids),
        if dropped.is_empty() { "no list".to_owned() } else { dropped.join(", ") },
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
    loop {
        let stuck = of_route.iter().find(|(route, domains)| {
            !impossible.contains(**route) && on_route(source, &upper, route, domains).is_none()
        });
        let Some((route, domains)) = stuck else { break };
        let mut went = false;
        for domain in domains {
            went |= forget(&mut upper, route, *domain);
        }
        if !went {
            impossible.insert(*route);
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

/// A rule as a list: in the colour and words of the source where one list says it all, else in whichever
/// colour needs fewer networks.
fn entry(draft: &mut Draft<'_>, place: &Place, rule: &Rule, flattened: bool) -> Option<Entry> {
    let lists: Vec<&AccessList> =
        rule.lists.iter().map(|at| &draft.given.inventory.access_lists[*at]).collect();
    let first = lists.first()?;
    let (white, addresses) = match lists.as_slice() {
        [one] if !flattened => (one.white, one.addresses.clone()),
        _ => smaller(&rule.passes())?,
    };
    let base = match (place, flattened) {
        (Place::Route(id), true) => {
            format!("acl-{}", draft.given.routes.routes.get(id).map_or(id, |route| &route.name))
        }
        _ => first.name.clone(),
    };
    Some(Entry {
        place: place.clone(),
        white,
        addresses,
        enabled: true,
        layer4: false,
        name: base,
        note: if flattened { String::new() } else { first.note.clone() },
        carries: rule.lists.clone(),
    })
}

/// The shorter way to say who passes; nothing needs to be said when everybody does. "Nobody" is a black
/// list of everything, since what an empty white list means is not documented.
pub(crate) fn smaller(passes: &Addresses) -> Option<(bool, Vec<String>)> {
    let (white, black) = (passes.networks(), passes.complement().networks());
    match (white.len(), black.len()) {
        (_, 0) => None,
        (0, _) => Some((false, black)),
        (one, other) if one <= other => Some((true, white)),
        _ => Some((false, black)),
    }
}

/// Lists that are off are written, off, where no other list stands.
fn add_disabled(draft: &mut Draft<'_>, entries: &mut Vec<Entry>) {
    let lists = &draft.given.inventory.access_lists;
    for (at, list) in lists.iter().enumerate().filter(|(_, list)| !list.enabled) {
        for place in places(&list.level) {
            if list.addresses.is_empty() || entries.iter().any(|one| one.place == place) {
                let message = "it is off, and at its place another list is written or it has no address; a policy that is off would not change who passes, so it is not made".to_owned();
                draft.find(
                    Severity::Info,
                    "ACL-NOT-PLACED",
                    format!("access-lists/{}", list.name),
                    message,
                    "make it in the console of the target if it shall be switched on some day",
                );
                continue;
            }
            entries.push(Entry {
                place,
                white: list.white,
                addresses: list.addresses.clone(),
                enabled: false,
                layer4: false,
                name: list.name.clone(),
                note: list.note.clone(),
                carries: vec![at],
            });
        }
    }
}

/// A list that was asked for at the peer of the connection says so; only the gateway's own black lists
/// can, since a connection has neither domain nor route.
fn add_layer4(draft: &mut Draft<'_>, entries: &mut [Entry]) {
    for wish in &draft.given.settings.layer4 {
        let lists = &draft.given.inventory.access_lists;
        let found = entries.iter_mut().find(|entry| {
            entry.place == Place::Gateway
                && !entry.white
                && entry.carries.len() == 1
                && lists[entry.carries[0]].name == *wish
        });
        match found {
            Some(entry) => entry.layer4 = true,
            None => draft.find(
                Severity::Block,
                "ACL-LAYER4",
                format!("access-lists/{wish}"),
                "it cannot look at the peer of the connection: it is not written as a black list of the whole gateway by itself",
                "take it out of `layer4`",
            ),
        }
    }
}

/// Names are unique on a gateway: one that is used twice is told apart by its place.
fn tell_apart(entries: &mut [Entry]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries.iter() {
        *seen.entry(name::plain(&entry.name)).or_default() += 1;
    }
    for entry in entries {
        let plain = name::plain(&entry.name);
        let twice = seen.get(&plain).is_some_and(|count| *count > 1);
        entry.name =
            if twice { name::plain(&format!("{}_{}", entry.name, key(&entry.place))) } else { plain };
    }
}

/// Computes from the entries themselves who passes on every pair. What differs is a defect of this step.
fn prove(draft: &mut Draft<'_>, source: &Rules, entries: &[Entry]) {
    if draft.findings.iter().any(|one| one.code.starts_with("ACL-") && one.severity == Severity::Block) {
        return;
    }
    let mut written = Rules::default();
    for entry in entries.iter().filter(|entry| entry.enabled) {
        let Ok(addresses) = Addresses::parse(&entry.addresses) else { continue };
        let rule = if entry.white {
            Rule { white: Some(addresses), ..Rule::default() }
        } else {
            Rule { black: addresses, ..Rule::default() }
        };
        written.0.insert(entry.place.clone(), rule);
    }
    for (route, domain) in pairs(draft) {
        if at_target(&written, route, domain) != source.at_source(route, domain) {
            let message = format!(
                "the planned lists would let others in than the source does on route {route}: this is a defect of the plan"
            );
            draft.find(
                Severity::Block,
                "ACL-SEMANTICS",
                "access-lists",
                message,
                "report this finding; nothing is written",
            );
            return;
        }
    }
}

/// The lists at one place may be of both colours; what the source does then is not documented.
fn same_level(draft: &mut Draft<'_>, source: &Rules) {
    let lists = &draft.given.inventory.access_lists;
    for rule in source.0.values() {
        let Some(white) = rule.white.as_ref().filter(|_| !rule.black.is_empty()) else { continue };
        let overlap = !white.intersection(&rule.black).is_empty();
        let severity = if overlap && !draft.given.settings.accepts("ACL-SAME-LEVEL") {
            Severity::Block
        } else {
            Severity::Warn
        };
        let names: Vec<&str> = rule.lists.iter().map(|at| lists[*at].name.as_str()).collect();
        let message = format!(
            "a white and a black list stand at the same place ({}){}: what the source does then is not documented; it is taken as \"nobody on the black list, and else only those on the white one\"",
            names.join(", "),
            if overlap { " and have addresses in common" } else { "" },
        );
        draft.find(
            severity,
            "ACL-SAME-LEVEL",
            "access-lists",
            message,
            "keep one of them at the source, or accept this reading with `acknowledge: [ACL-SAME-LEVEL]`",
        );
    }
}

/// Lists look at the client's address, and how that is found is a parameter of the gateway.
fn client_address(draft: &mut Draft<'_>) {
    let (parameters, lists) = (&draft.given.inventory.parameters, &draft.given.inventory.access_lists);
    if !lists.iter().any(|list| list.enabled) {
        return;
    }
    let on = |value: &Value| {
        *value == true || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
    };
    let trusted = parameters.get("EnableXffTrustedCidrs").is_some_and(|one| on(one) || on(&one["Enable"]))
        || parameters.get("EnableXffTrustedCidrs.Enable").is_some_and(on);
    if trusted {
        let severity =
            if draft.given.settings.accepts("ACL-CLIENT-IP") { Severity::Warn } else { Severity::Block };
        draft.find(
            severity,
            "ACL-CLIENT-IP",
            "parameters/EnableXffTrustedCidrs",
            "the source takes for the client the last address that is not of a trusted network, and the target does not know that rule: the lists would look at other addresses",
            "where the chain of proxies has a fixed length set XffTrustedNum instead, or accept it with `acknowledge: [ACL-CLIENT-IP]`",
        );
    }
    let hops =
        parameters.get("XffTrustedNum").and_then(|one| one.as_u64().or_else(|| one.as_str()?.parse().ok()));
    if hops.is_some_and(|hops| hops > 0) {
        draft.find(
            Severity::Warn,
            "ACL-CLIENT-IP",
            "parameters/XffTrustedNum",
            "the lists look at the address that XffTrustedNum picks, and it is not 0 at the source: they hold on the target only once the parameter is the same there",
            "carry the parameters over, too, with a step that uses `parameters`",
        );
    }
}

/// Adds the operations for lists on routes, or for the others: domains first, the gateway last.
pub(crate) fn write(draft: &mut Draft<'_>, entries: &[Entry], of_routes: bool) {
    for entry in entries.iter().filter(|entry| matches!(entry.place, Place::Route(_)) == of_routes) {
        let Some((kind, id)) = point(draft, &entry.place) else {
            draft.find(
                Severity::Info,
                "ACL-NOT-PLACED",
                format!("access-lists/{}", entry.name),
                format!("{} is not moved, and the list is not written there", key(&entry.place)),
                "nothing, unless the route or domain shall be moved after all",
            );
            continue;
        };
        let key = format!("access-list/{}", key(&entry.place));
        let wanted = Wanted {
            key: &key,
            kind: "access-list",
            guard: Guard::IpAccessControl,
            name: &entry.name,
            note: &entry.note,
            config: list::config(entry.enabled, entry.white, &entry.addresses, entry.layer4),
            point: (kind, &id),
        };
        for at in &entry.carries {
            let id = draft.given.inventory.access_lists[*at].id.clone();
            draft.facts.lists.entry(id).or_default().push(key.clone());
        }
        let verb = match draft.there(&wanted) {
            Some(view) if draft.conflict(&wanted, view, "ACL-CONFLICT") => continue,
            Some(_) => Verb::Adopt,
            None => Verb::Attach,
        };
        let body = draft.body(&wanted);
        draft.operate(wanted.key, verb, ("access-list", wanted.name), body, &[]);
    }
    if !of_routes {
        for list in &draft.given.inventory.access_lists {
            draft.facts.lists.entry(list.id.clone()).or_default();
        }
        foreign(draft);
    }
}

/// Lists that are on and not of this plan would let others in, or keep others out.
fn foreign(draft: &mut Draft<'_>) {
    let class = Guard::IpAccessControl.name();
    let ours: BTreeSet<&str> = draft
        .operations
        .iter()
        .filter(|one| one.object.kind == "access-list")
        .map(|one| one.object.name.as_str())
        .collect();
    let odd: Vec<String> = draft
        .given
        .observed
        .policies
        .iter()
        .filter(|view| view.class_name == class && !ours.contains(view.name.as_str()))
        .filter(|view| list::read(&view.config).is_none_or(|list| list.enable))
        .map(|view| view.name.clone())
        .collect();
    for name in odd {
        if !draft.findings.iter().any(|one| one.object == format!("access-list/{name}")) {
            draft.find(
                Severity::Block,
                "ACL-CONFLICT",
                format!("access-list/{name}"),
                "the target gateway has a list that the source has not: all lists count there, so it changes who passes",
                "remove it or switch it off; this run did not make it and will not touch it",
            );
        }
    }
}

/// Kind and id of the resource at the target; `None` when it is not moved.
fn point(draft: &Draft<'_>, place: &Place) -> Option<(&'static str, String)> {
    match place {
        Place::Gateway => Some((ON_GATEWAY, draft.given.target.gateway.clone())),
        Place::Domain(name) => {
            let found = draft.given.routes.domains.iter().find(|(one, _)| one.eq_ignore_ascii_case(name));
            found.map(|(_, id)| (ON_DOMAIN, id.clone()))
        }
        Place::Route(id) => draft.given.routes.routes.get(id).map(|route| (ON_ROUTE, route.id.clone())),
    }
}

/// A place in keys of operations.
fn key(place: &Place) -> String {
    match place {
        Place::Gateway => "gateway".to_owned(),
        Place::Domain(name) => format!("domain/{name}"),
        Place::Route(id) => format!("route/{id}"),
    }
}

fn names<'b>(draft: &Draft<'_>, routes: impl Iterator<Item = &'b str>) -> String {
    let name = |id: &str| {
        draft.given.routes.routes.get(id).map_or_else(|| id.to_owned(), |route| route.name.clone())
    };
    let all: Vec<String> = routes.map(name).collect();
    let shown = all.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > 5 { format!("{shown} and {} more", all.len() - 5) } else { shown }
}
