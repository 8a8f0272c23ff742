//! A small source for tests, and who passes at either product, written from the products' sentences.

use std::net::IpAddr;

use gateshift_gateway_model::{AccessList, Consumer, Grant, Inventory, Level, TokenPlace};
use gateshift_sdk::api::Host;
use serde_json::{Value, json};

use super::lab::ROUTES;

/// A source with the lab's routes and nothing else.
pub(crate) fn inventory() -> Inventory {
    let route = |number: usize| {
        json!({"id": number.to_string(), "name": format!("r{number}"), "domains": ROUTES[number],
            "match": {"path": {"kind": "prefix", "value": "/"}}, "timeout": {"seconds": 60, "explicit": false},
            "retry": {"attempts": 0, "on": [], "explicit": false}, "created_at": number, "state": "published",
            "managed_by": "operator", "destination": {"is": "mock", "status": 200, "body": ""}})
    };
    let routes: Vec<Value> = (0..ROUTES.len()).map(route).collect();
    serde_json::from_value(json!({
        "format": 2, "taken_at": 0, "origin": {"product": "aliyun/mse", "region": "r", "gateway": "gw"},
        "instance": {"name": "n", "edition": "e", "engine_version": "v", "node": {"vcpu": 1, "memory_gib": 2},
            "peak_nodes": 1, "nodes": 1, "prepaid": false, "vpc": "vpc-1", "vswitches": [], "entries": []},
        "domains": [], "certificates": [], "sources": [], "services": [], "routes": routes,
        "accounting": {"fields": 1, "accounted": 1, "unknown": []}, "raw": [],
    }))
    .unwrap()
}

pub(crate) fn list(name: &str, white: bool, level: Level, addresses: &[&str]) -> AccessList {
    AccessList {
        id: format!("id-{name}"),
        name: name.to_owned(),
        note: format!("note of {name}"),
        white,
        level,
        addresses: addresses.iter().map(|one| (*one).to_owned()).collect(),
        enabled: true,
        kind: "IP".to_owned(),
    }
}

pub(crate) fn consumer(host: &dyn Host, name: &str, grants: &[(&str, bool)]) -> Consumer {
    let grant = |(route, enabled): &(&str, bool)| Grant {
        route: (*route).to_owned(),
        name: format!("r{route}"),
        enabled: *enabled,
    };
    Consumer {
        id: format!("id-{name}"),
        name: name.to_owned(),
        description: String::new(),
        enabled: true,
        symmetric: true,
        jwks: host.seal(&format!("hunter2-{name}")).unwrap(),
        claim: "iss".into(),
        claim_value: name.to_owned(),
        token: TokenPlace {
            position: "HEADER".into(),
            name: "Authorization".into(),
            prefix: "Bearer ".into(),
            pass: true,
        },
        grants: grants.iter().map(grant).collect(),
    }
}

/// One network, bit by bit: nothing of the crate's own sets is used here.
fn covers(network: &str, address: IpAddr) -> bool {
    let (base, prefix) =
        network.split_once('/').map_or((network, None), |(base, prefix)| (base, Some(prefix)));
    let bits = |address: IpAddr| -> Vec<bool> {
        let bytes = match address {
            IpAddr::V4(four) => four.octets().to_vec(),
            IpAddr::V6(six) => six.octets().to_vec(),
        };
        bytes.into_iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1 == 1)).collect()
    };
    let (base, address) = (bits(base.parse().unwrap()), bits(address));
    let length = prefix.map_or(base.len(), |prefix| prefix.parse().unwrap());
    base.len() == address.len() && base[..length] == address[..length]
}

/// One entry, as both products read it: place, colour, addresses.
pub(crate) type Plain = (Option<String>, bool, Vec<String>);

/// "The most specific level that has a rule decides": route, then domain, then gateway. Places are `route 1`
/// and `domain a`, or none for the gateway.
pub(crate) fn passes_at_source(lists: &[Plain], route: &str, domain: &str, address: IpAddr) -> bool {
    let places = [Some(format!("route {route}")), Some(format!("domain {domain}")), None];
    let level = places.into_iter().find(|place| lists.iter().any(|(at, _, _)| at == place));
    level.is_none_or(|place| {
        passes(&lists.iter().filter(|(at, _, _)| *at == place).collect::<Vec<_>>(), address)
    })
}

/// "Black lists: union of all levels; white lists: intersection of all levels".
pub(crate) fn passes_at_target(lists: &[Plain], route: &str, domain: &str, address: IpAddr) -> bool {
    let here = |at: &Option<String>| {
        at.as_ref().is_none_or(|at| *at == format!("route {route}") || *at == format!("domain {domain}"))
    };
    let on = |networks: &[String]| networks.iter().any(|one| covers(one, address));
    let mut mine = lists.iter().filter(|(at, _, _)| here(at));
    mine.all(|(_, white, networks)| on(networks) == *white)
}

/// Nobody on a black list, and only those on a white list where there is one.
fn passes(lists: &[&Plain], address: IpAddr) -> bool {
    let on = |networks: &[String]| networks.iter().any(|one| covers(one, address));
    let black = lists.iter().any(|(_, white, networks)| !white && on(networks));
    let white: Vec<_> = lists.iter().filter(|(_, white, _)| *white).collect();
    !black && (white.is_empty() || white.iter().any(|(_, _, networks)| on(networks)))
}
