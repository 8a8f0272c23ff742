//! key-rate-limit: so many requests for each value of a header or a parameter.

use std::collections::HashMap;

use gateshift_lab_kernel::Shared;
use hyper::StatusCode;
use serde_json::Value;

use super::Effect;
use super::read::{items, number, text};
use crate::plane::Reply;
use crate::policies::limits::Window;
use crate::policies::{Facts, Onward};

const WINDOWS: [(&str, u64); 4] = [
    ("query_per_second", 1_000),
    ("query_per_minute", 60_000),
    ("query_per_hour", 3_600_000),
    ("query_per_day", 86_400_000),
];

#[derive(Debug)]
pub(crate) struct KeyRateLimit {
    header: String,
    parameter: String,
    /// Requests and window by key.
    limits: HashMap<String, (u64, u64)>,
    windows: Shared<HashMap<String, Window>>,
}

impl KeyRateLimit {
    pub(crate) fn read(config: &Value) -> Self {
        let limit = |one: &Value| {
            let found = WINDOWS.iter().find_map(|(name, ms)| Some((number(one, name)?, *ms)));
            Some((text(one, "key"), found?))
        };
        Self {
            header: text(config, "limit_by_header"),
            parameter: text(config, "limit_by_param"),
            limits: items(config, "limit_keys").iter().filter_map(limit).collect(),
            windows: Shared::default(),
        }
    }

    fn key(&self, facts: &Facts<'_>) -> Option<String> {
        if self.header.is_empty() {
            facts.parameter(&self.parameter)
        } else {
            facts.header(&self.header).map(str::to_owned)
        }
    }
}

impl Effect for KeyRateLimit {
    fn request(&self, facts: &Facts<'_>, _: &mut Onward) -> Option<Reply> {
        let key = self.key(facts)?;
        let (most, window_ms) = *self.limits.get(&key)?;
        let taken = self.windows.lock().entry(key).or_default().takes(most, window_ms, facts.now_ms);
        (!taken).then(|| Reply::own(StatusCode::TOO_MANY_REQUESTS, "RL", "rate_limited"))
    }
}
