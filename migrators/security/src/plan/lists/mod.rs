//! Address lists: copied as they are where that lets the same callers in, else the effective list is
//! written on the routes. Whatever is chosen is computed again from what would be written, and a plan that
//! would let others in than the source does is refused as a defect.

mod choose;
mod concerns;
mod entries;

use std::collections::BTreeSet;

use gateshift_apig::convert::policy::ON_ROUTE;
use gateshift_apig::convert::security::{Guard, ON_DOMAIN, ON_GATEWAY, list};
use gateshift_gateway_model::Inventory;
use gateshift_sdk::model::{Severity, Verb};

use super::draft::{Draft, Wanted};
use crate::levels::{Place, Rules};
use choose::choose;
use concerns::{client_address, same_level};
use entries::{Entry, add_disabled, add_layer4, entry, prove, tell_apart};

/// The rules of the source but for those that move to another layer.
pub(crate) fn source_rules(inventory: &Inventory) -> Result<Rules, String> {
    Rules::of(&inventory.access_lists)
}

/// Chooses what is written where.
pub(super) fn decide(draft: &mut Draft<'_>) -> Vec<Entry> {
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

/// Adds the operations for lists on routes, or for the others: domains first, the gateway last.
pub(super) fn write(draft: &mut Draft<'_>, entries: &[Entry], of_routes: bool) {
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
