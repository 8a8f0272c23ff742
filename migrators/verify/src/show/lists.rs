//! Address lists: addresses inside and just outside each list, where the gateway takes the client's
//! address from `x-forwarded-for`. Which list decides depends on the levels, so routes are grouped by
//! the lists of all levels that they pass, and addresses on which the products disagree come first.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Base, PLACES};
use crate::access::Skip;
use crate::generate::Maker;
use crate::ledger::{Expect, SubjectKind};

/// Networks of one list that are asked about.
const NETWORKS: usize = 16;
/// Addresses asked about in one group of routes.
const ADDRESSES: usize = 40;

/// Requests for all lists.
pub(super) fn requests(maker: &mut Maker<'_>, bases: &[Base]) {
    let mut subjects = Vec::new();
    for list in &maker.access.inventory.access_lists {
        let subject = maker.ledger.subject(SubjectKind::AccessList, format!("lists/{}", list.name));
        let aspects: &[&str] =
            if list.enabled { &["address inside", "address outside"] } else { &["switched off"] };
        for aspect in aspects {
            maker.ledger.concern(subject, aspect);
        }
        if !list.enabled {
            maker.ledger.reason(subject, "it is switched off; the step `security` reads that back");
        } else if maker.access.hops == 0 {
            maker.ledger.reason(
                subject,
                "no hop of x-forwarded-for is trusted (XffTrustedNum), so only this machine's own address is tested",
            );
        } else if list.addresses.len() > NETWORKS {
            maker.ledger.concern(subject, "further networks");
            maker.ledger.reason(
                subject,
                format!("{NETWORKS} of its networks are asked about; the step `security` reads back all"),
            );
        }
        subjects.push(subject);
    }
    if maker.access.hops == 0 || subjects.is_empty() {
        return;
    }
    let mut groups: BTreeMap<Vec<usize>, Vec<&Base>> = BTreeMap::new();
    for base in bases {
        let id = &maker.route_at(base.at).id;
        let lists = maker.access.lists.all(Some(id), &base.bare.door.host);
        let group = groups.entry(lists).or_default();
        if group.len() < PLACES {
            group.push(base);
        }
    }
    for (lists, members) in &groups {
        for base in members {
            group(maker, &subjects, lists, base);
        }
    }
    beside(maker, &subjects, &groups);
}

/// Requests to a route that passes these lists.
fn group(maker: &mut Maker<'_>, subjects: &[usize], lists: &[usize], base: &Base) {
    let id = maker.route_at(base.at).id.clone();
    let mut addresses: Vec<IpAddr> = Vec::new();
    for at in lists {
        let networks = &maker.access.networks[*at];
        let step = networks.len().div_ceil(NETWORKS).max(1);
        for network in networks.iter().step_by(step) {
            let [first, last] = network.borders();
            addresses.extend([first, last]);
            addresses.extend(network.neighbours());
        }
    }
    addresses.sort();
    addresses.dedup();
    let host = base.bare.door.host.clone();
    // Where the most specific level and all levels together disagree, a literal copy shows.
    let literal = |maker: &Maker<'_>, address| lists.iter().all(|at| maker.access.pass(&[*at], address));
    addresses
        .sort_by_key(|address| literal(maker, *address) == maker.access.lets_in(Some(&id), &host, *address));
    for address in addresses.into_iter().take(ADDRESSES) {
        let holds =
            |maker: &Maker<'_>, at: usize| maker.access.networks[at].iter().any(|one| one.contains(address));
        let concerned: Vec<(usize, &str)> = lists
            .iter()
            .map(|at| (subjects[*at], if holds(maker, *at) { "address inside" } else { "address outside" }))
            .collect();
        ask(maker, base, address, &concerned);
    }
}

fn ask(maker: &mut Maker<'_>, base: &Base, address: IpAddr, concerned: &[(usize, &str)]) {
    let route = maker.route_at(base.at);
    let passes = maker.access.lets_in(Some(&route.id), &base.bare.door.host, address);
    let mut draft = base.bare.to_show(format!("from {address}"));
    draft.headers.retain(|(name, _)| name != "x-forwarded-for");
    draft.headers.push(maker.access.from(address));
    draft.extras.expect = Some(if passes { Expect::Passed } else { Expect::Refused });
    for (subject, aspect) in concerned {
        let concern = maker.ledger.concern(*subject, aspect);
        draft.extras.concerns.push(concern);
    }
    maker.effect_without(Some(base), draft, Skip::Address);
}

/// An address of each list on a route that the list is not for.
fn beside(maker: &mut Maker<'_>, subjects: &[usize], groups: &BTreeMap<Vec<usize>, Vec<&Base>>) {
    for (at, subject) in subjects.iter().enumerate() {
        let Some(address) = maker.access.networks[at].first().map(|network| network.borders()[0]) else {
            continue;
        };
        let is_top = maker.access.lists.on_gateway().contains(&at);
        if is_top || !maker.access.inventory.access_lists[at].enabled {
            continue;
        }
        let other =
            groups.iter().find(|(lists, _)| !lists.contains(&at)).and_then(|(_, members)| members.first());
        if let Some(base) = other {
            ask(maker, base, address, &[(*subject, "beside its level")]);
        }
    }
}
