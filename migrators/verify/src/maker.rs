//! What the makers of requests about policies, lists and plugins may do: look at routes, and hand in
//! a request, which gets what the source asks of callers and counts against the bounds.

use std::collections::BTreeSet;

use gateshift_gateway_model::address::covers;
use gateshift_gateway_model::{Consumer, Route};

use crate::access::Skip;
use crate::book::Winner;
use crate::case::Kind;
use crate::draft::{Door, Draft, LABEL};
use crate::generate::Maker;
use crate::ledger::Expect;
use crate::show::Base;

impl<'a> Maker<'a> {
    /// The route at a position.
    pub(crate) fn route_at(&self, at: usize) -> &'a Route {
        self.book.route(at)
    }

    /// Positions of the published routes.
    pub(crate) fn published(&self) -> Vec<usize> {
        self.published.clone()
    }

    /// The routes that answer, with the request they answer.
    pub(crate) fn bases(&self) -> Vec<Base> {
        let bases = self.answered.iter();
        bases.map(|(at, (note, bare))| Base { note: *note, at: *at, bare: bare.clone() }).collect()
    }

    /// Domains that the target serves.
    pub(crate) fn domains_served(&self) -> impl Iterator<Item = &str> {
        self.live.iter().map(String::as_str)
    }

    /// A way into a domain, or into a wildcard that covers it; `None` when the target serves neither.
    pub(crate) fn door(&self, domain: &str) -> Option<Door> {
        if self.live.contains(domain) {
            return Some(Door::new(self.book, domain, LABEL));
        }
        let host = domain.strip_prefix('*').map_or(domain.to_owned(), |rest| format!("{LABEL}{rest}"));
        let wildcards = self.live.iter().filter(|name| covers(name, &host));
        let name = wildcards.max_by_key(|name| name.len())?;
        Some(Door { host: host.to_ascii_lowercase(), ..Door::new(self.book, name, LABEL) })
    }

    /// Whether the route at a position answers a request.
    pub(crate) fn is_answered_by(&self, at: usize, draft: &Draft) -> bool {
        self.book.winner(&draft.facts(), draft.door.tls) == Winner::Route(at)
    }

    /// Adds the token of a consumer.
    pub(crate) fn carry_consumer(&mut self, consumer: &Consumer, draft: &mut Draft) {
        self.access.consumer(&mut self.vault, consumer, draft);
    }

    /// Takes a request about policies and the like.
    pub(crate) fn effect(&mut self, base: Option<&Base>, draft: Draft) {
        self.effect_without(base, draft, Skip::Nothing);
    }

    /// Takes such a request, which leaves out something that the source asks for.
    pub(crate) fn effect_without(&mut self, base: Option<&Base>, draft: Draft, skip: Skip) {
        self.effect_times(base, draft, skip, None);
    }

    /// Takes a request that is sent many times at once.
    pub(crate) fn burst(&mut self, base: &Base, draft: Draft, times: u32) {
        self.effect_times(Some(base), draft, Skip::Nothing, Some(times));
    }

    fn effect_times(&mut self, base: Option<&Base>, mut draft: Draft, skip: Skip, burst: Option<u32>) {
        let subjects: BTreeSet<usize> = draft.extras.concerns.iter().map(|one| one.subject).collect();
        let of_route = base.map_or(0, |base| self.effects.get(&base.note).copied().unwrap_or(0));
        if of_route >= self.settings.per_route_effects || self.made_effects >= self.settings.effects {
            self.over += 1;
            for subject in subjects {
                self.ledger
                    .reason(subject, "there would be too many requests (`effects`, `perRouteEffects`)");
            }
            return;
        }
        let route = self.book.winner(&draft.facts(), draft.door.tls);
        let route = match route {
            Winner::Route(at) => Some(self.book.route(at).id.as_str()),
            Winner::Secure | Winner::Missing => None,
        };
        let admission = self.access.admit(&mut self.vault, route, &mut draft, skip);
        if admission.guarded {
            // Where it does not get through, equal answers say nothing of what it is about.
            draft.extras.expect.get_or_insert(Expect::Passed);
        }
        if let Some(why) = admission.refused {
            for subject in subjects {
                self.ledger.reason(subject, why.clone());
            }
        }
        if self.add_times(Kind::Effect, base.map(|base| base.note), draft, burst) {
            self.made_effects += 1;
            if let Some(base) = base {
                *self.effects.entry(base.note).or_insert(0) += 1;
            }
        }
    }
}
