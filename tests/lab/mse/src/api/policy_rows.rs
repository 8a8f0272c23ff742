//! How a route's policies are written in its detail: once as objects, once more as text of texts,
//! and the misspelt names of Dubbo transcoding.

use serde_json::{Map, Value, json};

use super::route_rows;
use crate::scenario::{Cors, Dubbo, HeaderChange, HeaderOp, Mirror, Rewrite, Side};
use crate::state::{Gateway, Policies, Route};

/// Puts the policies that a route has into its detail; there is nothing of those that it has not.
pub(crate) fn put(gateway: &Gateway, policies: &Policies, row: &mut Map<String, Value>) {
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            row.insert(name.to_owned(), value);
        }
    };
    put("HTTPRewrite", policies.rewrite.as_ref().map(rewrite));
    put("HeaderOp", (!policies.headers.is_empty()).then(|| header_op(&policies.headers)));
    put("Cors", policies.cors.as_ref().map(cors));
    put("FlowMirror", policies.mirror.as_ref().map(|to| mirror(gateway, to)));
}

fn status(off: bool) -> &'static str {
    if off { "off" } else { "on" }
}

fn rewrite(rewrite: &Rewrite) -> Value {
    let mut row = json!({ "Status": status(rewrite.off) });
    let paths = [("EQUAL", &rewrite.path), ("PRE", &rewrite.prefix)];
    for (kind, path) in paths {
        if let Some(path) = path {
            row["PathType"] = kind.into();
            row["Path"] = path.as_str().into();
        }
    }
    if let Some(pattern) = &rewrite.regex {
        row["PathType"] = "ERGULAR".into();
        row["Pattern"] = pattern.as_str().into();
        row["Substitution"] = rewrite.substitution.clone().unwrap_or_default().into();
    }
    if let Some(host) = &rewrite.host {
        row["Host"] = host.as_str().into();
    }
    row
}

fn header_op(changes: &[HeaderChange]) -> Value {
    let items: Vec<Value> = changes
        .iter()
        .map(|change| {
            json!({
                "DirectionType": match change.on { Side::Request => "Request", Side::Response => "Response" },
                "Key": change.name,
                "OpType": match change.op {
                    HeaderOp::Add => "Add",
                    HeaderOp::Update => "Update",
                    HeaderOp::Delete => "Delete",
                },
                "Value": change.value,
            })
        })
        .collect();
    json!({ "HeaderOpItems": items, "Status": "on" })
}

fn cors(cors: &Cors) -> Value {
    json!({
        "AllowCredentials": cors.credentials,
        "AllowHeaders": cors.headers.join(","),
        "AllowMethods": cors.methods.join(","),
        "AllowOrigins": cors.origins.join(","),
        "ExposeHeaders": cors.expose.join(","),
        "Status": status(cors.off),
        "TimeUnit": "h",
        "UnitNum": cors.hours,
    })
}

fn mirror(gateway: &Gateway, mirror: &Mirror) -> Value {
    let mut row = json!({
        "Percentage": mirror.percent,
        "Status": status(mirror.off),
        "TargetServiceName": mirror.service,
    });
    if let Some(service) = gateway.service_named(&mirror.service) {
        row["TargetServiceId"] = service.id.into();
        let port = if mirror.port == 0 { service.spec.port } else { mirror.port };
        if port != 0 {
            row["Port"] = port.into();
        }
    }
    row
}

/// All policies as text of texts, with names that begin with a small letter.
pub(crate) fn text(route: &Route) -> String {
    let (content, policies) = (&route.content, &route.policies);
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| all.insert(name.to_owned(), value.to_string().into());
    put("Waf", json!({ "enabled": policies.waf }));
    if content.timeout_s.is_some() {
        put("Timeout", small(route_rows::timeout(content)));
    }
    if content.retry.is_some() {
        put("Retry", small(route_rows::retry(content)));
    }
    if let Some(of) = &policies.rewrite {
        put("HTTPRewrite", small(rewrite(of)));
    }
    if !policies.headers.is_empty() {
        put("HeaderOp", small(header_op(&policies.headers)));
    }
    if let Some(of) = &policies.cors {
        put("CORS", small(cors(of)));
    }
    if let Some(of) = &policies.mirror {
        let mut row = json!({ "Percentage": of.percent, "Status": status(of.off) });
        if of.port != 0 {
            row["Port"] = of.port.into();
        }
        put("FlowMirror", small(row));
    }
    Value::Object(all).to_string()
}

/// The same with names that begin with a small letter.
fn small(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, field)| (uncapitalised(&name), small(field))).collect(),
        ),
        Value::Array(items) => items.into_iter().map(small).collect(),
        other => other,
    }
}

fn uncapitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// Dubbo transcoding under its wire names.
pub(crate) fn transcoder(dubbo: &Dubbo) -> Value {
    let methods: Vec<Value> = dubbo
        .methods
        .iter()
        .map(|method| {
            let params: Vec<Value> = method
                .params
                .iter()
                .map(|param| {
                    json!({ "ExtractKey": param.key, "ExtractKeySpec": param.from, "MappingType": param.kind })
                })
                .collect();
            let pass = match (method.all_headers, method.headers.is_empty()) {
                (true, _) => "PASS_ALL",
                (false, true) => "PASS_NOT",
                (false, false) => "PASS_ASSIGN",
            };
            json!({
                "DubboMothedName": method.name,
                "HttpMothed": format!("ALL_{}", method.http),
                "Mothedpath": method.path,
                "ParamMapsList": params,
                "PassThroughAllHeaders": pass,
                "PassThroughList": method.headers,
            })
        })
        .collect();
    json!({
        "DubboServiceGroup": dubbo.group,
        "DubboServiceName": dubbo.interface,
        "DubboServiceVersion": dubbo.version,
        "MothedMapList": methods,
    })
}
