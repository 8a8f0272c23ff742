//! A plugin whose effect the lab does not model: its answers carry a digest of the rule in force. It is
//! the lab's own device, the same on both gateways for the same rule.

use hyper::header::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::Effect;
use crate::plane::Reply;
use crate::policies::{Facts, header};

#[derive(Debug)]
pub(crate) struct Mark(Option<(HeaderName, HeaderValue)>);

impl Mark {
    /// The mark of a rule: `x-plugin-<name>: <first 8 hex digits of the SHA-256 of its text>`.
    pub(crate) fn of(plugin: &str, text: &str) -> Self {
        let plain = |one: char| if one.is_ascii_alphanumeric() { one.to_ascii_lowercase() } else { '-' };
        let name: String = plugin.chars().map(plain).collect();
        let digest = hex::encode(Sha256::digest(text));
        Self(header(&format!("x-plugin-{name}"), &digest[..8]))
    }
}

impl Effect for Mark {
    fn response(&self, _: &Facts<'_>, reply: &mut Reply) {
        if let Some((name, value)) = &self.0 {
            reply.headers.insert(name.clone(), value.clone());
        }
    }
}
