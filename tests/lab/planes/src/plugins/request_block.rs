//! request-block: requests with certain texts in address, headers or body are refused.

use hyper::StatusCode;
use regex::Regex;
use serde_json::Value;

use super::Effect;
use super::read::{expressions, flag, status, text, texts};
use crate::plane::Reply;
use crate::policies::{Facts, Onward};

#[derive(Debug)]
pub(crate) struct RequestBlock {
    urls: Vec<String>,
    exact_urls: Vec<String>,
    url_expressions: Vec<Regex>,
    headers: Vec<String>,
    bodies: Vec<String>,
    case_sensitive: bool,
    status: StatusCode,
    message: String,
}

impl RequestBlock {
    pub(crate) fn read(config: &Value) -> Self {
        let case_sensitive = flag(config, "case_sensitive").unwrap_or(true);
        let list = |name: &str| {
            let found = texts(config, name);
            if case_sensitive { found } else { found.iter().map(|one| one.to_lowercase()).collect() }
        };
        Self {
            urls: list("block_urls"),
            exact_urls: list("block_exact_urls"),
            url_expressions: expressions(config, "block_regexp_urls", !case_sensitive),
            headers: list("block_headers"),
            bodies: list("block_bodies"),
            case_sensitive,
            status: status(config, "blocked_code", 403),
            message: text(config, "blocked_message"),
        }
    }

    fn blocks(&self, facts: &Facts<'_>) -> bool {
        let spelt = |text: String| if self.case_sensitive { text } else { text.to_lowercase() };
        let request = facts.request;
        let mark = if request.query.is_empty() { "" } else { "?" };
        let url = spelt(format!("{}{mark}{}", request.path, request.query));
        let headers: String = request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\n", lossy(value.as_bytes())))
            .collect();
        let headers = spelt(headers);
        let body = spelt(lossy(facts.body));
        let holds = |needles: &[String], text: &str| needles.iter().any(|one| text.contains(one.as_str()));
        holds(&self.urls, &url)
            || self.exact_urls.contains(&url)
            || self.url_expressions.iter().any(|one| one.is_match(&url))
            || holds(&self.headers, &headers)
            || holds(&self.bodies, &body)
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Effect for RequestBlock {
    fn request(&self, facts: &Facts<'_>, _: &mut Onward) -> Option<Reply> {
        self.blocks(facts).then(|| Reply::own(self.status, "", self.message.as_str()))
    }
}
