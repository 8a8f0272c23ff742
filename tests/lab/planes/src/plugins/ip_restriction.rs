//! ip-restriction: a list of addresses as a plugin.

use std::net::IpAddr;

use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Value, json};

use super::Effect;
use super::read::{status, text, texts};
use crate::plane::Reply;
use crate::policies::address::{Network, parse_address};
use crate::policies::{Facts, Onward};

#[derive(Debug)]
pub(crate) struct IpRestriction {
    allow: Vec<Network>,
    deny: Vec<Network>,
    /// Header that names the client, where the rule says so.
    header: Option<String>,
    status: StatusCode,
    message: String,
}

impl IpRestriction {
    pub(crate) fn read(config: &Value) -> Self {
        let networks =
            |name: &str| texts(config, name).iter().filter_map(|one| Network::parse(one)).collect();
        let header = text(config, "ip_header_name");
        let message = text(config, "message");
        Self {
            allow: networks("allow"),
            deny: networks("deny"),
            header: (text(config, "ip_source_type") == "header")
                .then(|| if header.is_empty() { "x-forwarded-for".to_owned() } else { header }),
            status: status(config, "status", 403),
            message: if message.is_empty() { "Your IP address is blocked.".to_owned() } else { message },
        }
    }

    fn client(&self, facts: &Facts<'_>, onward: &Onward) -> Option<IpAddr> {
        match &self.header {
            None => Some(onward.client),
            Some(name) => parse_address(facts.header(name)?.split(',').next()?),
        }
    }
}

impl Effect for IpRestriction {
    fn request(&self, facts: &Facts<'_>, onward: &mut Onward) -> Option<Reply> {
        let client = self.client(facts, onward);
        let on = |list: &[Network]| client.is_some_and(|client| list.iter().any(|one| one.contains(client)));
        let passes = if self.allow.is_empty() { !on(&self.deny) } else { on(&self.allow) };
        if passes {
            return None;
        }
        let mut reply = Reply::own(self.status, "", json!({"message": self.message}).to_string());
        reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Some(reply)
    }
}
