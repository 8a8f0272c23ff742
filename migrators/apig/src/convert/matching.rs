//! Match conditions of routes.

use gateshift_gateway_model::{MatchKind, PathMatch, RouteMatch, ValueMatch};
use serde_json::{Value, json};

use super::compact;

/// The `match` of a route's body.
#[must_use]
pub fn body(matching: &RouteMatch) -> Value {
    let some = |list: &[Value]| (!list.is_empty()).then(|| list.to_vec());
    let methods: Vec<Value> = matching.methods.iter().map(|method| json!(method)).collect();
    compact(json!({
        "path": {"type": word(matching.path.kind), "value": matching.path.value},
        "ignoreUriCase": matching.path.ignore_case,
        "methods": some(&methods),
        "headers": some(&values(&matching.headers)),
        "queryParams": some(&values(&matching.queries)),
    }))
}

fn values(list: &[ValueMatch]) -> Vec<Value> {
    list.iter().map(|one| json!({"name": one.name, "type": word(one.kind), "value": one.value})).collect()
}

fn word(kind: MatchKind) -> &'static str {
    match kind {
        MatchKind::Exact => "Exact",
        MatchKind::Prefix => "Prefix",
        MatchKind::Regex => "Regex",
    }
}

/// The conditions a `match` means; `None` when it is in no known form.
#[must_use]
pub fn read(body: &Value) -> Option<RouteMatch> {
    Some(RouteMatch {
        path: PathMatch {
            kind: kind(&body["path"]["type"])?,
            value: body["path"]["value"].as_str()?.to_owned(),
            ignore_case: body["ignoreUriCase"].as_bool().unwrap_or(false),
        },
        methods: list(&body["methods"]).map(|one| one.as_str().map(method)).collect::<Option<_>>()?,
        headers: list(&body["headers"]).map(value).collect::<Option<_>>()?,
        queries: list(&body["queryParams"]).map(value).collect::<Option<_>>()?,
    })
}

/// `OPTION` is the product's own spelling in one place; HTTP knows `OPTIONS` only.
fn method(name: &str) -> String {
    if name == "OPTION" { "OPTIONS".to_owned() } else { name.to_owned() }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn value(one: &Value) -> Option<ValueMatch> {
    Some(ValueMatch {
        name: one["name"].as_str()?.to_owned(),
        kind: kind(&one["type"])?,
        value: one["value"].as_str().unwrap_or_default().to_owned(),
    })
}

fn kind(word: &Value) -> Option<MatchKind> {
    match word.as_str()? {
        "Exact" => Some(MatchKind::Exact),
        "Prefix" => Some(MatchKind::Prefix),
        "Regex" => Some(MatchKind::Regex),
        _ => None,
    }
}

/// Conditions in one order of their own, for comparison: all must hold, so their order means nothing.
#[must_use]
pub fn normal(mut matching: RouteMatch) -> RouteMatch {
    matching.methods.sort();
    let key = |one: &ValueMatch| (one.name.clone(), one.kind, one.value.clone());
    matching.headers.sort_by_cached_key(key);
    matching.queries.sort_by_cached_key(key);
    matching
}
