//! hsts: browsers are told to come over HTTPS.

use hyper::header::{HeaderValue, STRICT_TRANSPORT_SECURITY};
use serde_json::Value;

use super::Effect;
use super::read::{flag, number};
use crate::plane::Reply;
use crate::policies::Facts;

/// Half a year, where the rule says nothing.
const USUAL_AGE: u64 = 15_552_000;

#[derive(Debug)]
pub(crate) struct Hsts(String);

impl Hsts {
    pub(crate) fn read(config: &Value) -> Self {
        let on = |name: &str, text: &'static str| if flag(config, name) == Some(true) { text } else { "" };
        Self(format!(
            "max-age={}{}{}",
            number(config, "max_age").unwrap_or(USUAL_AGE),
            on("include_subdomains", "; includeSubDomains"),
            on("preload", "; preload"),
        ))
    }
}

impl Effect for Hsts {
    fn response(&self, _: &Facts<'_>, reply: &mut Reply) {
        if let Ok(value) = HeaderValue::from_str(&self.0) {
            reply.headers.insert(STRICT_TRANSPORT_SECURITY, value);
        }
    }
}
