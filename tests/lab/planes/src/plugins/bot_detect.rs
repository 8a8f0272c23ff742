//! bot-detect: certain user agents are refused.

use hyper::StatusCode;
use hyper::header::USER_AGENT;
use regex::Regex;
use serde_json::Value;

use super::Effect;
use super::read::{expressions, status, text};
use crate::plane::Reply;
use crate::policies::{Facts, Onward};

/// Crawlers that are known without a rule, a part of the product's list.
const KNOWN: &str = r"(?i)(spider|crawler|\bbot\b|bot/|slurp|scrapy)";

#[derive(Debug)]
pub(crate) struct BotDetect {
    allow: Vec<Regex>,
    deny: Vec<Regex>,
    status: StatusCode,
    message: String,
}

impl BotDetect {
    pub(crate) fn read(config: &Value) -> Self {
        let mut deny = expressions(config, "deny", false);
        deny.extend(Regex::new(KNOWN).ok());
        Self {
            allow: expressions(config, "allow", false),
            deny,
            status: status(config, "blocked_code", 403),
            message: text(config, "blocked_message"),
        }
    }
}

impl Effect for BotDetect {
    fn request(&self, facts: &Facts<'_>, _: &mut Onward) -> Option<Reply> {
        let agent = facts.header(USER_AGENT.as_str()).unwrap_or_default();
        let on = |list: &[Regex]| list.iter().any(|one| one.is_match(agent));
        (!on(&self.allow) && on(&self.deny)).then(|| Reply::own(self.status, "", self.message.as_str()))
    }
}
