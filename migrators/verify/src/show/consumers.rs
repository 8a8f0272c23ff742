//! Consumers on routes that ask for one: every consumer that may use the route, one that may not, a
//! forged token and none.

use super::Base;
use crate::access::{Skip, before, claims_of_consumer, place};
use crate::generate::Maker;
use crate::ledger::{Expect, SubjectKind};
use crate::secret::forged;

/// Consumers without a grant that are tried on one route.
const WITHOUT: usize = 2;

/// Requests for one route.
pub(super) fn requests(maker: &mut Maker<'_>, base: &Base) {
    let route = maker.route_at(base.at);
    if !maker.access.is_guarded(&route.id) {
        return;
    }
    let inventory = maker.access.inventory;
    let subject = maker.ledger.subject(SubjectKind::GuardedRoute, format!("routes/{}", route.name));
    let mut none = base.bare.to_show("no consumer");
    none.extras.expect = Some(Expect::Refused);
    let concern = maker.ledger.concern(subject, "no consumer");
    maker.effect_without(Some(base), none.about(concern), Skip::Consumer);
    let granted = maker.access.granted(&route.id).to_vec();
    for at in &granted {
        token(maker, base, subject, *at, true);
    }
    let others = (0..inventory.consumers.len()).filter(|at| !granted.contains(at));
    // Others from route to route, and one that is switched off before the rest.
    let mut others: Vec<usize> = others.collect();
    if !others.is_empty() {
        let turn = base.at % others.len();
        others.rotate_left(turn);
    }
    others.sort_by_cached_key(|at| {
        let consumer = &inventory.consumers[*at];
        let is_off = !consumer.enabled && consumer.grants.iter().any(|grant| grant.route == route.id);
        !is_off
    });
    for at in others.into_iter().take(WITHOUT) {
        token(maker, base, subject, at, false);
    }
    let known = granted.first().map_or(inventory.consumers.first(), |at| inventory.consumers.get(*at));
    if let Some(consumer) = known {
        let (query, name) = place(&consumer.token);
        let value = format!("{}{}", before(&consumer.token), forged(&claims_of_consumer(consumer)));
        let mut broken = base.bare.to_show("forged token of a consumer");
        if query {
            broken.queries.push((name, value));
        } else {
            broken = broken.with_header(&name, value);
        }
        broken.extras.expect = Some(Expect::Refused);
        let concern = maker.ledger.concern(subject, "forged token");
        maker.effect_without(Some(base), broken.about(concern), Skip::Consumer);
    }
}

/// The right token of a consumer, with or without a grant.
fn token(maker: &mut Maker<'_>, base: &Base, guarded: usize, at: usize, granted: bool) {
    let consumer = &maker.access.inventory.consumers[at];
    let own = maker.ledger.subject(SubjectKind::Consumer, format!("consumers/{}", consumer.name));
    let (on_route, aspect) = if granted {
        ("consumer with a grant", "granted route")
    } else {
        ("consumer without a grant", "other guarded route")
    };
    let concerns = [maker.ledger.concern(own, aspect), maker.ledger.concern(guarded, on_route)];
    if !maker.access.opened.can_sign(&consumer.jwks) {
        maker.ledger.reason(own, "its keys are pairs, so no token of it can be made");
        maker.ledger.reason(guarded, "no token can be made of a consumer whose keys are pairs");
        return;
    }
    let what = if granted { "token of granted consumer" } else { "token without a grant of consumer" };
    let mut draft = base.bare.to_show(format!("{what} {}", consumer.name));
    maker.carry_consumer(consumer, &mut draft);
    draft.extras.expect = Some(if granted { Expect::Passed } else { Expect::Refused });
    draft.extras.concerns.extend(concerns);
    maker.effect_without(Some(base), draft, Skip::Consumer);
}

/// Names the consumers that no request shows.
pub(super) fn account(maker: &mut Maker<'_>) {
    for consumer in &maker.access.inventory.consumers {
        let subject = maker.ledger.subject(SubjectKind::Consumer, format!("consumers/{}", consumer.name));
        if maker.ledger.get(subject).aspects.is_empty() {
            maker.ledger.concern(subject, "granted route");
            maker.ledger.reason(subject, "no route that can be asked has a grant for it, in force");
        }
    }
    let inventory = maker.access.inventory;
    for route in
        inventory.routes.iter().filter(|route| maker.access.is_guarded(&route.id)).collect::<Vec<_>>()
    {
        let name = &route.name;
        let subject = maker.ledger.subject(SubjectKind::GuardedRoute, format!("routes/{name}"));
        if maker.ledger.get(subject).aspects.is_empty() {
            maker.ledger.concern(subject, "no consumer");
            maker.ledger.reason(subject, "no request was made that the route answers");
        }
    }
}
