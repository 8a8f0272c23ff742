//! Destinations of routes.

use gateshift_gateway_model::{Destination, DubboTranscoding, RouteTarget};
use serde_json::{Map, Value, json};

use super::compact;
use super::route::References;

/// The `backendConfig` of a route's body.
#[must_use]
pub fn body(destination: &Destination, references: &References<'_>) -> Value {
    let listed = |targets: &[RouteTarget], weighted: bool| -> Vec<Value> {
        targets.iter().map(|one| target(one, weighted, references)).collect()
    };
    match destination {
        Destination::Single { target } => {
            json!({"scene": "SingleService", "services": listed(std::slice::from_ref(target), false)})
        }
        Destination::Weighted { targets } => {
            json!({"scene": "MultiServiceByRatio", "services": listed(targets, true)})
        }
        Destination::Versions { targets } => {
            json!({"scene": versions_scene(targets), "services": listed(targets, true)})
        }
        Destination::Mock { .. } => json!({"scene": "Mock", "services": []}),
        Destination::Redirect { .. } => json!({"scene": "Redirect", "services": []}),
    }
}

/// By tag means the versions of one service; versions of several are shares like any other.
fn versions_scene(targets: &[RouteTarget]) -> &'static str {
    let one_service = targets.windows(2).all(|two| two[0].service == two[1].service);
    let versioned = targets.iter().all(|one| one.version.is_some());
    if one_service && versioned { "MultiServiceByTag" } else { "MultiServiceByRatio" }
}

fn target(one: &RouteTarget, weighted: bool, references: &References<'_>) -> Value {
    let mut body = compact(json!({
        "serviceId": (references.service)(&one.service),
        "port": one.port,
        "protocol": one.protocol,
        "version": one.version,
        "weight": weighted.then_some(one.weight),
    }));
    if let Some(dubbo) = &one.dubbo {
        body["protocol"] = json!("DUBBO");
        body["sourceType"] = json!("MSE_NACOS");
        body["httpDubboTranscoder"] = transcoder(dubbo);
        if let Some((namespace, group)) = (references.registry)(&one.service) {
            body["namespace"] = json!(namespace);
            body["groupName"] = json!(group);
        }
    }
    body
}

/// The source misspells some of these names; the target does not.
fn transcoder(dubbo: &DubboTranscoding) -> Value {
    let methods = dubbo.methods.iter().map(|one| {
        let mut method = lower(&one.rest);
        if !method.is_object() {
            method = json!({});
        }
        method["dubboMethodName"] = json!(one.method);
        method["httpMethod"] = json!(one.http_method);
        method["methodPath"] = json!(one.path);
        compact(method)
    });
    compact(json!({
        "dubboServiceName": dubbo.service,
        "dubboServiceVersion": dubbo.version,
        "dubboServiceGroup": dubbo.group,
        "methodMapList": methods.collect::<Vec<_>>(),
    }))
}

/// The same with a small first letter in every name.
fn lower(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let small = |name: &String| {
                let mut letters = name.chars();
                let first = letters.next().map(|letter| letter.to_ascii_lowercase());
                first.into_iter().chain(letters).collect::<String>()
            };
            Value::Object(
                fields.iter().map(|(name, value)| (small(name), lower(value))).collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(lower).collect()),
        other => other.clone(),
    }
}

/// What a destination means, whichever spelling an answer or a body uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Services by share.
    Services(Vec<Share>),
    /// An answer by the gateway; what it is says a policy.
    Mock,
    /// A redirect; where to says a policy.
    Redirect,
}

/// The share of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Service.
    pub service: String,
    /// Version.
    pub version: Option<String>,
    /// Port.
    pub port: Option<u64>,
    /// Protocol.
    pub protocol: Option<String>,
    /// Percent.
    pub weight: u64,
    /// Transcoding to Dubbo, in the product's words.
    pub dubbo: Value,
}

/// Reads a destination; `None` when it is in no known form.
#[must_use]
pub fn read(body: &Value) -> Option<Meaning> {
    let scene = body["scene"].as_str()?;
    let single = matches!(scene, "Single" | "SingleService");
    let share = |one: &Value| {
        Some(Share {
            service: one["serviceId"].as_str()?.to_owned(),
            version: one["version"].as_str().filter(|text| !text.is_empty()).map(str::to_owned),
            port: one["port"].as_u64().filter(|port| *port != 0),
            protocol: one["protocol"].as_str().filter(|text| !text.is_empty()).map(str::to_owned),
            weight: if single { 100 } else { one["weight"].as_u64()? },
            dubbo: one["httpDubboTranscoder"].clone(),
        })
    };
    match scene {
        "Mock" => Some(Meaning::Mock),
        "Redirect" => Some(Meaning::Redirect),
        "Single" | "SingleService" | "MultiServiceByRatio" | "MultiServiceByTag" => {
            let mut shares: Vec<Share> =
                body["services"].as_array()?.iter().map(share).collect::<Option<_>>()?;
            shares.sort_by_cached_key(|one| {
                (one.service.clone(), one.version.clone(), one.port, one.protocol.clone(), one.weight)
            });
            Some(Meaning::Services(shares))
        }
        _ => None,
    }
}

/// Whether a destination that is there means what the wanted one means. Ports and protocols that were
/// not asked for may have been filled in by the product.
#[must_use]
pub fn same(wanted: &Meaning, found: &Meaning) -> bool {
    match (wanted, found) {
        (Meaning::Services(wanted), Meaning::Services(found)) => {
            let mut left: Vec<&Share> = found.iter().collect();
            wanted.len() == found.len()
                && wanted.iter().all(|one| {
                    let at = left.iter().position(|two| {
                        one.service == two.service
                            && one.version == two.version
                            && one.weight == two.weight
                            && (one.port.is_none() || one.port == two.port)
                            && (one.protocol.is_none() || one.protocol == two.protocol)
                            && same_dubbo(&one.dubbo, &two.dubbo)
                    });
                    at.map(|at| left.swap_remove(at)).is_some()
                })
        }
        _ => wanted == found,
    }
}

/// A transcoding that is not wanted must not be there, either.
fn same_dubbo(wanted: &Value, found: &Value) -> bool {
    let idle =
        |value: &Value| value.is_null() || value["dubboServiceName"].as_str().is_none_or(str::is_empty);
    if idle(wanted) { idle(found) } else { crate::compare::difference(wanted, found).is_none() }
}
