//! Policies of a route: what the detail's own fields show, and whether its raw text holds more.

use gateshift_gateway_model::{
    Cors, Direction, DubboMethod, DubboTranscoding, HeaderChange, HeaderOp, Mirror, PathRewrite, Rewrite,
    RoutePolicies,
};
use serde_json::{Value, json};

use super::some;
use crate::fetch::id_text;
use crate::wire::{CorsPolicy, HeaderPolicy, MirrorPolicy, RewritePolicy, RouteDetail, Transcoder};

/// Hours that browsers keep a preflight answer when the source says nothing.
const DEFAULT_MAX_AGE: u64 = 24;

/// The policies that are on. The three kinds of rules come from lists of their own.
pub(super) fn policies(wire: &RouteDetail) -> Result<RoutePolicies, String> {
    Ok(RoutePolicies {
        rewrite: wire.rewrite.as_ref().filter(|one| one.status).map(rewrite).transpose()?.flatten(),
        headers: match wire.header_op.as_ref().filter(|one| one.status) {
            Some(policy) => headers(policy)?,
            None => Vec::new(),
        },
        cors: wire.cors.as_ref().filter(|one| one.status).map(cors),
        mirror: wire.flow_mirror.as_ref().filter(|one| one.status).map(mirror).transpose()?,
        waf: wire.enable_waf,
        ..RoutePolicies::default()
    })
}

fn rewrite(policy: &RewritePolicy) -> Result<Option<Rewrite>, String> {
    let regex =
        || PathRewrite::Regex { pattern: policy.pattern.clone(), substitution: policy.substitution.clone() };
    let path = match policy.path_type.as_str() {
        "EQUAL" => some(&policy.path).map(|path| PathRewrite::Exact { path }),
        "PRE" => some(&policy.path).map(|prefix| PathRewrite::Prefix { prefix }),
        "ERGULAR" | "REGULAR" | "REGEX" => some(&policy.pattern).map(|_| regex()),
        "" if !policy.pattern.is_empty() => Some(regex()),
        "" if policy.path.is_empty() => None,
        other => return Err(format!("rewrite type `{other}` is not known")),
    };
    let host = some(&policy.host);
    Ok((path.is_some() || host.is_some()).then_some(Rewrite { path, host }))
}

fn headers(policy: &HeaderPolicy) -> Result<Vec<HeaderChange>, String> {
    let one = |item: &crate::wire::HeaderItem| {
        Ok(HeaderChange {
            direction: match item.direction_type.to_ascii_lowercase().as_str() {
                "request" => Direction::Request,
                "response" => Direction::Response,
                other => return Err(format!("direction `{other}` of a header change is not known")),
            },
            op: match item.op_type.to_ascii_lowercase().as_str() {
                "add" => HeaderOp::Add,
                "update" => HeaderOp::Update,
                "delete" => HeaderOp::Delete,
                other => return Err(format!("header change `{other}` is not known")),
            },
            name: item.key.clone(),
            value: item.value.clone(),
        })
    };
    policy.header_op_items.iter().map(one).collect()
}

fn cors(policy: &CorsPolicy) -> Cors {
    let list = |text: &str| -> Vec<String> {
        let parts = text.split([',', ';', '\n']).map(str::trim);
        parts.filter(|one| !one.is_empty()).map(str::to_owned).collect()
    };
    Cors {
        allow_origins: list(&policy.allow_origins),
        allow_methods: list(&policy.allow_methods),
        allow_headers: list(&policy.allow_headers),
        expose_headers: list(&policy.expose_headers),
        allow_credentials: policy.allow_credentials,
        max_age: policy.unit_num.unwrap_or(DEFAULT_MAX_AGE),
        unit: some(&policy.time_unit).unwrap_or_else(|| "h".to_owned()),
    }
}

fn mirror(policy: &MirrorPolicy) -> Result<Mirror, String> {
    if matches!(id_text(&policy.target_service_id).as_str(), "null" | "" | "0") {
        return Err("a copy of the traffic is on and names no service".to_owned());
    }
    Ok(Mirror {
        service: id_text(&policy.target_service_id),
        port: policy.port.filter(|port| *port != 0),
        percent: policy.percentage.ok_or("a copy of the traffic is on and says no percentage")?,
    })
}

/// The transcoding towards a Dubbo service, when there is one.
pub(super) fn dubbo(wire: Option<&Transcoder>) -> Result<Option<DubboTranscoding>, String> {
    let Some(wire) = wire else { return Ok(None) };
    if wire.service.is_empty() {
        let idle = wire.version.is_empty() && wire.group.is_empty() && wire.methods.is_empty();
        return if idle { Ok(None) } else { Err("transcoding to Dubbo names no interface".to_owned()) };
    }
    let methods = wire.methods.iter().map(|one| DubboMethod {
        method: one.method.clone(),
        http_method: one.http_method.clone(),
        path: one.path.clone(),
        rest: json!(one.rest),
    });
    Ok(Some(DubboTranscoding {
        service: wire.service.clone(),
        version: some(&wire.version),
        group: some(&wire.group),
        methods: methods.collect(),
    }))
}

/// What the raw text of the policies says and the detail's own fields do not: it would be lost.
pub(super) fn hidden(wire: &RouteDetail) -> Vec<String> {
    if wire.policies.trim().is_empty() {
        return Vec::new();
    }
    let Ok(Value::Object(all)) = serde_json::from_str(&wire.policies) else {
        return vec!["its raw text of policies is no JSON object".to_owned()];
    };
    let one = |(name, value): (&String, &Value)| {
        // Each is JSON text inside the JSON text.
        let inner = value.as_str().and_then(|text| serde_json::from_str(text).ok());
        let config = inner.as_ref().unwrap_or(value);
        (is_on(config) && !shown(wire, name)).then(|| {
            format!("its raw text of policies has `{name}` in use, and the route's own fields do not show it")
        })
    };
    all.iter().filter_map(one).collect()
}

/// Whether the fields of the detail show that policy as on.
fn shown(wire: &RouteDetail, name: &str) -> bool {
    match name.to_ascii_lowercase().as_str() {
        "cors" => wire.cors.as_ref().is_some_and(|one| one.status),
        "httprewrite" => wire.rewrite.as_ref().is_some_and(|one| one.status),
        "headerop" => wire.header_op.as_ref().is_some_and(|one| one.status),
        "flowmirror" => wire.flow_mirror.as_ref().is_some_and(|one| one.status),
        "timeout" => wire.timeout.as_ref().is_some_and(|one| one.status),
        "retry" => wire.retry.as_ref().is_some_and(|one| one.status),
        "waf" => wire.enable_waf,
        "directresponse" => wire.direct_response.is_some(),
        "redirect" => wire.redirect.is_some(),
        "fallback" => wire.fallback,
        _ => false,
    }
}

/// A configuration with a switch is on when the switch is; one without, when it says anything.
fn is_on(config: &Value) -> bool {
    let switch = ["status", "Status", "enable", "Enable", "enabled", "Enabled"];
    match switch.iter().map(|name| &config[*name]).find(|value| !value.is_null()) {
        Some(Value::Bool(on)) => *on,
        Some(Value::String(text)) => matches!(text.to_ascii_lowercase().as_str(), "on" | "true" | "1"),
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        Some(_) => true,
        None => says(config),
    }
}

fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(says),
        Value::Object(fields) => fields.values().any(says),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
