//! Destinations of routes.

use gateshift_gateway_model::{Destination, RouteTarget};
use serde_json::{Value, json};

use super::compact;

/// The `backendConfig` of a route's body. `service` says what a service, by its id at the source, is
/// referred to by.
#[must_use]
pub fn body(destination: &Destination, service: &dyn Fn(&str) -> String) -> Value {
    let listed = |targets: &[RouteTarget], weighted: bool| -> Vec<Value> {
        targets.iter().map(|one| target(one, weighted, service)).collect()
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

fn target(one: &RouteTarget, weighted: bool, service: &dyn Fn(&str) -> String) -> Value {
    compact(json!({
        "serviceId": service(&one.service),
        "port": one.port,
        "protocol": one.protocol,
        "version": one.version,
        "weight": weighted.then_some(one.weight),
    }))
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
        })
    };
    match scene {
        "Mock" => Some(Meaning::Mock),
        "Redirect" => Some(Meaning::Redirect),
        "Single" | "SingleService" | "MultiServiceByRatio" | "MultiServiceByTag" => {
            let mut shares: Vec<Share> =
                body["services"].as_array()?.iter().map(share).collect::<Option<_>>()?;
            shares.sort();
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
                    });
                    at.map(|at| left.swap_remove(at)).is_some()
                })
        }
        _ => wanted == found,
    }
}
