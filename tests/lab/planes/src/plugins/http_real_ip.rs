//! http-real-ip: who the client is for the plugins after it. Lists of addresses have been asked before.

use serde_json::Value;

use super::Effect;
use super::read::{flag, text, texts};
use crate::plane::Reply;
use crate::policies::address::{Network, parse_address};
use crate::policies::{Facts, Onward};

#[derive(Debug)]
pub(crate) struct HttpRealIp {
    from: Vec<Network>,
    header: String,
    recursive: bool,
}

impl HttpRealIp {
    pub(crate) fn read(config: &Value) -> Self {
        let header = text(config, "real_ip_header");
        Self {
            from: texts(config, "real_ip_from").iter().filter_map(|one| Network::parse(one)).collect(),
            header: if header.is_empty() { "x-forwarded-for".to_owned() } else { header },
            recursive: flag(config, "recursive").unwrap_or(false),
        }
    }
}

impl Effect for HttpRealIp {
    fn request(&self, facts: &Facts<'_>, onward: &mut Onward) -> Option<Reply> {
        let trusted = |address| self.from.iter().any(|one| one.contains(address));
        if !self.from.is_empty() && !trusted(onward.client) {
            return None;
        }
        let named = facts.header(&self.header).unwrap_or_default();
        let mut hops = named.rsplit(',').filter_map(parse_address);
        let found = if self.recursive { hops.find(|one| !trusted(*one)) } else { hops.next() };
        if let Some(found) = found {
            onward.client = found;
        }
        None
    }
}
