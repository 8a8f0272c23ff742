//! Authentication for the whole gateway: each resource without credentials, with forged ones and with
//! right ones, and requests just beside the resource.

use gateshift_gateway_model::{AuthResource, AuthScheme};

use super::Base;
use crate::access::{Skip, before, claims_of, is_on, place};
use crate::book::Condition;
use crate::draft::{Door, Draft};
use crate::generate::Maker;
use crate::ledger::{Expect, SubjectKind};
use crate::secret::forged;
use crate::values::{broken_paths, paths};

/// Paths that fit a resource, and paths that just miss it.
const FITTING: usize = 3;
const MISSING: usize = 2;

/// Requests for all authentications.
pub(super) fn requests(maker: &mut Maker<'_>, bases: &[Base]) {
    for auth in maker.access.inventory.authentications.iter().filter(|auth| !auth.enabled) {
        let subject =
            maker.ledger.subject(SubjectKind::Authentication, format!("authentications/{}", auth.name));
        maker.ledger.concern(subject, "switched off");
        maker.ledger.reason(subject, "it is switched off; the step `security` reads that back");
    }
    for at in 0..maker.access.guards.len() {
        let auth = maker.access.guards[at].auth;
        let subject =
            maker.ledger.subject(SubjectKind::Authentication, format!("authentications/{}", auth.name));
        for resource in &auth.resources {
            for draft in drafts(maker, resource) {
                variants(maker, at, subject, None, draft);
            }
        }
        // Routes that it guards, or does not, beyond what its resources name.
        let mut counts = [0; 2];
        for base in bases {
            let asks = maker.access.guards[at].asks(&base.bare.facts());
            counts[usize::from(asks)] += 1;
            if counts[usize::from(asks)] <= FITTING {
                variants(maker, at, subject, Some(base), base.bare.clone());
            }
        }
    }
}

/// Requests at a resource and right beside it.
fn drafts(maker: &Maker<'_>, resource: &AuthResource) -> Vec<Draft> {
    let Some(door) = door(maker, &resource.domain) else { return Vec::new() };
    let condition = Condition::new(resource.kind, &resource.path, resource.ignore_case);
    let mut found: Vec<Draft> = Vec::new();
    let fitting = paths(resource.kind, &resource.path, resource.ignore_case, &condition);
    for value in fitting.iter().take(FITTING) {
        found.push(Draft::get(door.clone(), &value.text, &format!("resource path {}", value.shows)));
    }
    if let Some(good) = fitting.first() {
        for value in broken_paths(resource.kind, &good.text, &resource.path, &condition).iter().take(MISSING)
        {
            found.push(Draft::get(door.clone(), &value.text, &format!("not resource path {}", value.shows)));
        }
        let flipped = crate::text::other_case(&good.text);
        found.extend(flipped.map(|path| Draft::get(door.clone(), &path, "resource path other case")));
        let other = maker.domains_served().find(|name| !is_on(&resource.domain, name)).map(str::to_owned);
        if let Some(other) = other.and_then(|name| self::door(maker, &name)) {
            found.push(Draft::get(other, &good.text, "not resource domain"));
        }
    }
    found
}

/// A way in that the target serves, too.
fn door(maker: &Maker<'_>, domain: &str) -> Option<Door> {
    let domain = if domain.is_empty() || domain == "*" {
        maker.domains_served().next()?.to_owned()
    } else {
        domain.to_owned()
    };
    maker.door(&domain)
}

/// With nothing, with a forged credential and with the right one.
fn variants(maker: &mut Maker<'_>, at: usize, subject: usize, base: Option<&Base>, draft: Draft) {
    let guard = &maker.access.guards[at];
    let (auth, asks) = (guard.auth, guard.asks(&draft.facts()));
    let is_token = matches!(auth.scheme, AuthScheme::Jwt { .. });
    let what = draft.shows.first().cloned().unwrap_or_default();
    let expect = |is_right: bool| Some(if asks && !is_right { Expect::Refused } else { Expect::Passed });
    let side = if asks { "guarded" } else { "free" };
    let mut none = draft.to_show(format!("{what}, no credentials"));
    none.extras.expect = expect(false);
    let concern = maker.ledger.concern(subject, &format!("{side}, no credentials"));
    maker.effect_without(base, none.about(concern), Skip::Authentication(at));
    if !asks {
        return;
    }
    let right = maker.ledger.concern(subject, "guarded, right credentials");
    if let AuthScheme::Jwt { token, jwks, .. } = &auth.scheme {
        let (query, name) = place(token);
        let value = format!("{}{}", before(token), forged(&claims_of(auth)));
        let mut broken = draft.to_show(format!("{what}, forged token"));
        if query {
            broken.queries.push((name, value));
        } else {
            broken = broken.with_header(&name, value);
        }
        broken.extras.expect = expect(false);
        let concern = maker.ledger.concern(subject, "guarded, forged credentials");
        maker.effect_without(base, broken.about(concern), Skip::Authentication(at));
        if maker.access.opened.can_sign(jwks) {
            let mut good = draft.to_show(format!("{what}, right token"));
            good.extras.expect = expect(true);
            maker.effect_without(base, good.about(right), Skip::Nothing);
        } else {
            maker.ledger.reason(subject, "its keys are pairs, so no right token can be made");
        }
    }
    if !is_token {
        maker.ledger.reason(subject, "it lets callers through after a login, or by a service of its own");
    }
}
