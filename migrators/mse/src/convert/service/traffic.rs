//! Load balancing and TLS of a service and of its ports.
//!
//! The list and the detail of services spell the same settings differently, and each has parts that
//! the other leaves out. Both are brought to the detail's spelling and laid over one another; where
//! they say different things, nobody can tell which holds.

use gateshift_gateway_model::{BackendTls, Balancer, HashKey, LoadBalancing, PortPolicy, PortTls, TlsMode};
use gateshift_sdk::model::Finding;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::convert::{take, unclear};

/// Spellings of the list, each with the detail's.
const SPELLINGS: [(&str, &str); 3] = [("Tls", "TlsSetting"), ("Mode", "TlsMode"), ("Ttl", "TTL")];

/// What a traffic policy says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Traffic {
    /// Load balancing, when it says anything about it.
    pub(super) load_balancing: Option<LoadBalancing>,
    /// TLS.
    pub(super) tls: PortTls,
}

/// A policy in the detail's spelling, without anything empty.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Wire {
    load_balancer_settings: Option<BalancerWire>,
    tls_setting: Option<TlsWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct BalancerWire {
    loadbalancer_type: Option<String>,
    warmup_duration: Option<u32>,
    #[serde(rename = "ConsistentHashLBConfig")]
    consistent_hash: HashWire,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HashWire {
    #[serde(rename = "ConsistentHashLBType")]
    kind: Option<String>,
    parameter_name: Option<String>,
    http_cookie: CookieWire,
    minimum_ring_size: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CookieWire {
    name: Option<String>,
    path: Option<String>,
    #[serde(rename = "TTL")]
    ttl: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TlsWire {
    tls_mode: Option<String>,
    cert_id: Option<String>,
    ca_cert_id: Option<String>,
    ca_cert_content: Option<String>,
    sni: Option<String>,
    subject_alt_names: Vec<String>,
}

/// The policy of a service, from its detail and its item in the list.
pub(super) fn of_service(
    (detail, listed): (&Value, &Value),
    object: &str,
    findings: &mut Vec<Finding>,
) -> Traffic {
    let object = format!("{object}/traffic-policy");
    let (mut whole, listed) = (normal(detail), normal(listed));
    if let Some(place) = lay_over(&mut whole, listed, "GatewayTrafficPolicy") {
        findings.push(unclear(
            &object,
            format!("its detail and the list of services say different things about {place}"),
        ));
        return Traffic::default();
    }
    one(&whole, &object, findings)
}

/// The policies of single ports.
pub(super) fn of_ports(list: &[Value], object: &str, findings: &mut Vec<Finding>) -> Vec<PortPolicy> {
    let mut policies = Vec::new();
    for item in list {
        let port = item["ServicePort"].as_u64().and_then(|port| u16::try_from(port).ok());
        let Some(port) = port.filter(|port| *port != 0) else {
            findings.push(unclear(format!("{object}/port-policies"), "a policy names no port"));
            continue;
        };
        let object = format!("{object}/port-policies/{port}");
        let Traffic { load_balancing, tls } = one(&normal(&item["TrafficPolicy"]), &object, findings);
        policies.push(PortPolicy { port, load_balancing, tls });
    }
    policies
}

fn one(policy: &Value, object: &str, findings: &mut Vec<Finding>) -> Traffic {
    let wire: Wire = match take(policy, object) {
        Ok(wire) => wire,
        Err(finding) => {
            findings.push(*finding);
            return Traffic::default();
        }
    };
    let mut found = Traffic::default();
    match wire.load_balancer_settings.map(load_balancing).transpose() {
        Ok(load_balancing) => found.load_balancing = load_balancing,
        Err(cause) => findings.push(unclear(object, cause)),
    }
    match wire.tls_setting.map_or(Ok(PortTls::Inherited), tls) {
        Ok(tls) => found.tls = tls,
        Err(cause) => findings.push(unclear(object, cause)),
    }
    found
}

/// Settings of a hash are looked at only when one is in use.
fn load_balancing(wire: BalancerWire) -> Result<LoadBalancing, String> {
    let balancer = match wire.loadbalancer_type.as_deref() {
        None | Some("ROUND_ROBIN") => Balancer::RoundRobin,
        Some("LEAST_CONN") => Balancer::LeastConnections,
        Some("RANDOM") => Balancer::Random,
        Some("CONSISTENT_HASH") => Balancer::ConsistentHash {
            minimum_ring_size: wire.consistent_hash.minimum_ring_size,
            key: key(wire.consistent_hash)?,
        },
        Some(other) => return Err(format!("it has a load balancing of an unknown kind `{other}`")),
    };
    Ok(LoadBalancing { balancer, warmup: wire.warmup_duration.unwrap_or(0) })
}

fn key(wire: HashWire) -> Result<HashKey, String> {
    let named = |name: Option<String>, what: &str| {
        name.ok_or_else(|| format!("its load balancing hashes a {what} and does not say which"))
    };
    let cookie = wire.http_cookie;
    match wire.kind.as_deref() {
        Some("HEADER") => Ok(HashKey::Header { name: named(wire.parameter_name, "header")? }),
        Some("COOKIE") => {
            Ok(HashKey::Cookie { name: named(cookie.name, "cookie")?, path: cookie.path, ttl: cookie.ttl })
        }
        Some("SOURCE_IP") => Ok(HashKey::SourceIp),
        Some("QUERY_PARAMETER") => {
            Ok(HashKey::QueryParameter { name: named(wire.parameter_name, "parameter")? })
        }
        Some(other) => Err(format!("its load balancing hashes something of an unknown kind `{other}`")),
        None => Err("its load balancing does not say what it hashes".to_owned()),
    }
}

fn tls(wire: TlsWire) -> Result<PortTls, String> {
    let mode = match wire.tls_mode.as_deref() {
        Some("DISABLE") => return Ok(PortTls::Off),
        Some("SIMPLE") => TlsMode::Simple,
        Some("MUTUAL") => TlsMode::Mutual,
        Some("ISTIO_MUTUAL") => TlsMode::Mesh,
        Some(other) => return Err(format!("its TLS has an unknown mode `{other}`")),
        None => return Err("its TLS has settings and no mode".to_owned()),
    };
    Ok(PortTls::On(BackendTls {
        mode,
        sni: wire.sni,
        certificate: wire.cert_id,
        authority: wire.ca_cert_id,
        authority_pem: wire.ca_cert_content,
        alternative_names: wire.subject_alt_names,
    }))
}

/// The detail's spelling, without nulls, empty texts, empty lists and empty objects.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let full = fields.iter().filter_map(|(name, field)| {
                let name =
                    SPELLINGS.iter().find(|(old, _)| old == name).map_or(name.as_str(), |(_, new)| new);
                let field = normal(field);
                (!is_empty(&field)).then(|| (name.to_owned(), field))
            });
            Value::Object(full.collect::<Map<_, _>>())
        }
        Value::Null => Value::Object(Map::new()),
        other => other.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Adds what `other` has and `whole` lacks; gives back the first place where both differ.
fn lay_over(whole: &mut Value, other: Value, path: &str) -> Option<String> {
    match (whole, other) {
        (Value::Object(whole), Value::Object(other)) => other.into_iter().find_map(|(name, field)| {
            let path = format!("{path}.{name}");
            match whole.get_mut(&name) {
                Some(mine) => lay_over(mine, field, &path),
                None => {
                    whole.insert(name, field);
                    None
                }
            }
        }),
        (whole, other) => (*whole != other).then(|| path.to_owned()),
    }
}

#[cfg(test)]
mod tests;
