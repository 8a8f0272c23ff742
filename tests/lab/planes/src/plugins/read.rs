//! Reading of rules, which people write: a scalar may be text, a number or a truth value.

use gateshift_lab_kernel::policy::Cors;
use regex::{Regex, RegexBuilder};
use serde_json::Value;

/// A scalar as text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// The text under a name, empty when there is none.
pub(crate) fn text(config: &Value, name: &str) -> String {
    config.get(name).and_then(scalar).unwrap_or_default()
}

/// The texts under a name.
pub(crate) fn texts(config: &Value, name: &str) -> Vec<String> {
    items(config, name).iter().filter_map(scalar).collect()
}

/// The items under a name.
pub(crate) fn items<'a>(config: &'a Value, name: &str) -> &'a [Value] {
    config.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The truth value under a name.
pub(crate) fn flag(config: &Value, name: &str) -> Option<bool> {
    config.get(name).and_then(scalar)?.parse().ok()
}

/// The number under a name.
pub(crate) fn number(config: &Value, name: &str) -> Option<u64> {
    config.get(name).and_then(scalar)?.parse().ok()
}

/// The status under a name, or the usual one.
pub(crate) fn status(config: &Value, name: &str, usual: u16) -> hyper::StatusCode {
    let wanted = number(config, name).and_then(|number| u16::try_from(number).ok()).unwrap_or(usual);
    hyper::StatusCode::from_u16(wanted).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR)
}

/// The expressions under a name, those that are none left out.
pub(crate) fn expressions(config: &Value, name: &str, ignore_case: bool) -> Vec<Regex> {
    let compile = |text: &String| RegexBuilder::new(text).case_insensitive(ignore_case).build().ok();
    texts(config, name).iter().filter_map(compile).collect()
}

/// The cors plugin's rule as a policy.
pub(crate) fn cors(config: &Value) -> Cors {
    let list = |name: &str| texts(config, name);
    let or_all = |found: Vec<String>| if found.is_empty() { vec!["*".to_owned()] } else { found };
    let mut origins = list("allow_origins");
    origins.extend(list("allow_origin_patterns"));
    Cors {
        origins: or_all(origins),
        methods: or_all(list("allow_methods")),
        headers: or_all(list("allow_headers")),
        expose: or_all(list("expose_headers")),
        credentials: flag(config, "allow_credentials").unwrap_or(false),
        max_age_seconds: number(config, "max_age").unwrap_or(86_400),
    }
}
