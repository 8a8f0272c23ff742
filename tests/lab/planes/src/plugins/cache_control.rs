//! cache-control: how long browsers may keep files of certain endings.

use hyper::header::{CACHE_CONTROL, HeaderValue};
use serde_json::Value;

use super::Effect;
use super::read::text;
use crate::plane::Reply;
use crate::policies::Facts;

/// Ten years, what `max` means.
const LONGEST: &str = "max-age=315360000";

#[derive(Debug)]
pub(crate) struct CacheControl {
    endings: Vec<String>,
    value: String,
}

impl CacheControl {
    pub(crate) fn read(config: &Value) -> Self {
        let endings = text(config, "suffix");
        let expires = text(config, "expires");
        Self {
            endings: endings.split('|').filter(|one| !one.is_empty()).map(|one| format!(".{one}")).collect(),
            value: match expires.as_str() {
                "max" => LONGEST.to_owned(),
                "epoch" | "no-cache" => "no-cache".to_owned(),
                seconds => format!("max-age={seconds}"),
            },
        }
    }
}

impl Effect for CacheControl {
    fn response(&self, facts: &Facts<'_>, reply: &mut Reply) {
        let path = facts.request.path;
        let fits = self.endings.is_empty() || self.endings.iter().any(|one| path.ends_with(one.as_str()));
        if let Some(value) = HeaderValue::from_str(&self.value).ok().filter(|_| fits) {
            reply.headers.insert(CACHE_CONTROL, value);
        }
    }
}
