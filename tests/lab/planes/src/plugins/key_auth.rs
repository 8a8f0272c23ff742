//! key-auth: a key in a header or in the query names the caller.

use super::callers::{Allowed, callers, unknown};
use super::read::{flag, text, texts};
use super::{Effect, Rule};
use crate::plane::Reply;
use crate::policies::{Facts, Onward};

const PLUGIN: &str = "Key Auth";

#[derive(Debug)]
pub(crate) struct KeyAuth {
    keys: Vec<String>,
    in_header: bool,
    in_query: bool,
    /// Key and name.
    callers: Vec<(String, String)>,
    allowed: Allowed,
}

impl KeyAuth {
    pub(crate) fn read(rule: Rule<'_>) -> Self {
        let place = [Some(rule.config), rule.global].into_iter().flatten();
        let place = place.into_iter().find(|one| one.get("keys").is_some()).unwrap_or(rule.config);
        let mut known = Vec::new();
        for (name, one) in callers(rule) {
            let mut keys = texts(one, "credentials");
            keys.push(text(one, "credential"));
            known.extend(keys.into_iter().filter(|key| !key.is_empty()).map(|key| (key, name.clone())));
        }
        Self {
            keys: texts(place, "keys"),
            in_header: flag(place, "in_header").unwrap_or(true),
            in_query: flag(place, "in_query").unwrap_or(true),
            callers: known,
            allowed: Allowed::read(rule),
        }
    }

    fn shown(&self, facts: &Facts<'_>) -> Option<String> {
        self.keys.iter().find_map(|name| {
            let in_header = || self.in_header.then(|| facts.header(name).map(bare)).flatten();
            let in_query = || self.in_query.then(|| facts.parameter(name)).flatten();
            in_header().or_else(in_query)
        })
    }
}

fn bare(value: &str) -> String {
    value.strip_prefix("Bearer ").unwrap_or(value).to_owned()
}

impl Effect for KeyAuth {
    fn request(&self, facts: &Facts<'_>, onward: &mut Onward) -> Option<Reply> {
        if !self.allowed.asks() {
            return None;
        }
        let Some(key) = self.shown(facts) else {
            return Some(unknown("Key", PLUGIN, "No API key found in request"));
        };
        match self.callers.iter().find(|(known, _)| *known == key) {
            Some((_, name)) => self.allowed.pass(name, PLUGIN, onward),
            None => Some(unknown("Key", PLUGIN, "Invalid API key")),
        }
    }
}
