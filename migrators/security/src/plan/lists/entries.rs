//! From rules to the lists that say them: colour, addresses, names.

use std::collections::BTreeMap;

use gateshift_gateway_model::AccessList;
use gateshift_sdk::model::Severity;
use gateshift_sdk::name;

use super::choose::{at_target, pairs};
use super::{Draft, key};
use crate::levels::{Place, Rule, Rules, places};
use crate::sets::Addresses;

/// A list to be written.
pub(in crate::plan) struct Entry {
    pub(super) place: Place,
    pub(super) white: bool,
    pub(super) addresses: Vec<String>,
    pub(super) enabled: bool,
    pub(super) layer4: bool,
    pub(super) name: String,
    pub(super) note: String,
    /// Lists of the source that it carries, by position.
    pub(super) carries: Vec<usize>,
}

/// A rule as a list: in the colour and words of the source where one list says it all, else in whichever
/// colour needs fewer networks.
pub(super) fn entry(draft: &mut Draft<'_>, place: &Place, rule: &Rule, flattened: bool) -> Option<Entry> {
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
    let notes = lists.iter().map(|one| one.note.as_str()).filter(|note| !note.is_empty() && !flattened);
    let note = notes.collect::<Vec<_>>().join("; ");
    if lists.len() > 1 && !flattened {
        let names: Vec<&str> = lists.iter().map(|one| one.name.as_str()).collect();
        let message = format!("{} stand at one place and are written as one list", names.join(", "));
        draft.find(
            Severity::Info,
            "ACL-MERGED",
            format!("access-lists/{}", first.name),
            message,
            "nothing; the same callers pass",
        );
    }
    Some(Entry {
        place: place.clone(),
        white,
        addresses,
        enabled: true,
        layer4: false,
        name: base,
        note,
        carries: rule.lists.clone(),
    })
}

/// The shorter way to say who passes; nothing needs to be said when everybody does. "Nobody" is a black
/// list of everything, since what an empty white list means is not documented.
fn smaller(passes: &Addresses) -> Option<(bool, Vec<String>)> {
    let (white, black) = (passes.networks(), passes.complement().networks());
    match (white.len(), black.len()) {
        (_, 0) => None,
        (0, _) => Some((false, black)),
        (one, other) if one <= other => Some((true, white)),
        _ => Some((false, black)),
    }
}

/// Lists that are off are written, off, where no other list stands.
pub(super) fn add_disabled(draft: &mut Draft<'_>, entries: &mut Vec<Entry>) {
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
pub(super) fn add_layer4(draft: &mut Draft<'_>, entries: &mut [Entry]) {
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
pub(super) fn tell_apart(entries: &mut [Entry]) {
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
pub(super) fn prove(draft: &mut Draft<'_>, source: &Rules, entries: &[Entry]) {
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
