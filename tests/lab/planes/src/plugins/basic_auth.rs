//! basic-auth: user name and password name the caller.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::AUTHORIZATION;

use super::callers::{Allowed, callers, unknown};
use super::read::text;
use super::{Effect, Rule};
use crate::plane::Reply;
use crate::policies::{Facts, Onward};

const PLUGIN: &str = "Basic Auth";

#[derive(Debug)]
pub(crate) struct BasicAuth {
    /// `user:password` and name.
    callers: Vec<(String, String)>,
    allowed: Allowed,
}

impl BasicAuth {
    pub(crate) fn read(rule: Rule<'_>) -> Self {
        let known = callers(rule).into_iter().map(|(name, one)| (text(one, "credential"), name));
        Self { callers: known.collect(), allowed: Allowed::read(rule) }
    }
}

impl Effect for BasicAuth {
    fn request(&self, facts: &Facts<'_>, onward: &mut Onward) -> Option<Reply> {
        if !self.allowed.asks() {
            return None;
        }
        let sent = facts.header(AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Basic "));
        let Some(sent) = sent else {
            return Some(unknown("Basic", PLUGIN, "No Basic Authentication information found."));
        };
        let sent = STANDARD.decode(sent.trim()).unwrap_or_default();
        match self.callers.iter().find(|(known, _)| known.as_bytes() == sent) {
            Some((_, name)) => self.allowed.pass(name, PLUGIN, onward),
            None => Some(unknown("Basic", PLUGIN, "Invalid username and/or password.")),
        }
    }
}
