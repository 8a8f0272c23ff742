//! hmac-auth: a signature in `x-ca-*` headers names the caller.

use super::callers::{Allowed, callers, unknown};
use super::read::text;
use super::{Effect, Rule};
use crate::plane::Reply;
use crate::policies::signature::{self, ACCESS_KEY, SIGNATURE};
use crate::policies::{Facts, Onward};

const PLUGIN: &str = "HMAC Auth";

#[derive(Debug)]
pub(crate) struct HmacAuth {
    /// Key, secret, name.
    callers: Vec<(String, String, String)>,
    allowed: Allowed,
}

impl HmacAuth {
    pub(crate) fn read(rule: Rule<'_>) -> Self {
        let known = callers(rule).into_iter();
        let known = known.map(|(name, one)| (text(one, "key"), text(one, "secret"), name));
        Self { callers: known.collect(), allowed: Allowed::read(rule) }
    }
}

impl Effect for HmacAuth {
    fn request(&self, facts: &Facts<'_>, onward: &mut Onward) -> Option<Reply> {
        if !self.allowed.asks() {
            return None;
        }
        let refused = |why: &str| Some(unknown("HMAC", PLUGIN, why));
        let Some(key) = facts.header(ACCESS_KEY).filter(|_| facts.header(SIGNATURE).is_some()) else {
            return refused("Empty Signature");
        };
        let Some((_, secret, name)) = self.callers.iter().find(|(known, ..)| known == key) else {
            return refused("Invalid Key");
        };
        if signature::holds(facts, secret) {
            self.allowed.pass(name, PLUGIN, onward)
        } else {
            refused("Invalid Signature")
        }
    }
}
