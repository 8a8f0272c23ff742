//! Who passes is the same on both products after any plan: shown by an oracle that shares nothing with
//! the crate, on the four cases of the guide and on random lists of both families.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use gateshift_gateway_model::{AccessList, Inventory, Level, TargetInstance, TargetRoute, TargetRoutes};
use gateshift_sdk::model::{Plan, Severity};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::lab::ROUTES;
use super::model::{Plain, inventory, list, passes_at_source, passes_at_target};
use crate::observe::Observed;
use crate::plan::{Given, plan};
use crate::sets::Addresses;
use crate::settings::Settings;

fn target() -> (TargetInstance, TargetRoutes) {
    let route = |number: usize| {
        (
            number.to_string(),
            TargetRoute { id: format!("route-{number}"), name: format!("r{number}"), deployed: true },
        )
    };
    let routes = TargetRoutes {
        rest: Default::default(),
        api: "api".into(),
        domains: ["a.example.com", "b.example.com"]
            .iter()
            .map(|name| ((*name).to_owned(), format!("d-{name}")))
            .collect(),
        sources: Default::default(),
        services: Default::default(),
        routes: (0..ROUTES.len()).map(route).collect(),
    };
    let instance = json!({"gateway": "gw-t", "name": "t", "environment": "env", "spec": "s", "vpc": "v", "version": "2", "entries": []});
    (serde_json::from_value(instance).unwrap(), routes)
}

fn planned(inventory: &Inventory, settings: Value) -> Plan {
    let (target, routes) = target();
    let settings: Settings = serde_json::from_value(settings).unwrap();
    plan(&Given {
        inventory,
        observed: &Observed::default(),
        target: &target,
        routes: &routes,
        settings: &settings,
    })
}

fn blocks(plan: &Plan) -> Vec<&str> {
    let found =
        plan.findings.iter().filter(|one| one.severity == Severity::Block && one.code != "POL-DIALECT");
    found.map(|one| one.code.as_str()).collect()
}

fn plain(lists: &[AccessList]) -> Vec<Plain> {
    let places = |level: &Level| match level {
        Level::Gateway => vec![None],
        Level::Domains { names } => names.iter().map(|name| Some(format!("domain {name}"))).collect(),
        Level::Routes { ids } => ids.iter().map(|id| Some(format!("route {id}"))).collect(),
    };
    let on = lists.iter().filter(|one| one.enabled);
    on.flat_map(|one| places(&one.level).into_iter().map(|place| (place, one.white, one.addresses.clone())))
        .collect()
}

/// The policies of a plan, read from its operations like the product would.
fn written(plan: &Plan) -> Vec<Plain> {
    let lists = plan
        .operations
        .iter()
        .filter(|one| one.object.kind == "access-list" && one.after.value()["config"]["enable"] == true);
    lists
        .map(|one| {
            let written = one.after.value();
            let id = written["attachResourceIds"][0].as_str().unwrap();
            let place = match written["attachResourceType"].as_str().unwrap() {
                "Gateway" => None,
                "Domain" => Some(format!("domain {}", id.strip_prefix("d-").unwrap())),
                _ => Some(format!("route {}", id.strip_prefix("route-").unwrap())),
            };
            let config = &written["config"];
            let addresses =
                config["content"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned());
            (place, config["type"] == "White", addresses.collect())
        })
        .collect()
}

/// Every end of every network and its neighbours: between two of them nothing can change.
fn samples(lists: &[Plain]) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> =
        vec!["0.0.0.0".parse().unwrap(), "::".parse().unwrap(), "255.255.255.255".parse().unwrap()];
    for network in lists.iter().flat_map(|(_, _, networks)| networks) {
        let (base, prefix) = network
            .split_once('/')
            .map_or((network.as_str(), None), |(base, prefix)| (base, prefix.parse::<u32>().ok()));
        match base.parse::<IpAddr>().unwrap() {
            IpAddr::V4(four) => {
                let mask = u32::MAX.checked_shr(prefix.unwrap_or(32)).unwrap_or(0);
                let (first, last) = (u32::from(four) & !mask, u32::from(four) | mask);
                found.extend(
                    [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
                        .map(|one| IpAddr::V4(Ipv4Addr::from(one))),
                );
            }
            IpAddr::V6(six) => {
                let mask = u128::MAX.checked_shr(prefix.unwrap_or(128)).unwrap_or(0);
                let (first, last) = (u128::from(six) & !mask, u128::from(six) | mask);
                found.extend(
                    [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
                        .map(|one| IpAddr::V6(Ipv6Addr::from(one))),
                );
            }
        }
    }
    found
}

/// The first address that one product lets in and the other does not.
fn difference(source: &[Plain], target: &[Plain]) -> Option<String> {
    let addresses = samples(&[source, target].concat());
    for (route, domains) in ROUTES.iter().enumerate() {
        for domain in *domains {
            for address in &addresses {
                let route = route.to_string();
                let (one, other) = (
                    passes_at_source(source, &route, domain, *address),
                    passes_at_target(target, &route, domain, *address),
                );
                if one != other {
                    return Some(format!("{address} on {route} under {domain}: {one} and {other}"));
                }
            }
        }
    }
    None
}

fn on_route(id: &str) -> Level {
    Level::Routes { ids: vec![id.to_owned()] }
}

fn on_domain(name: &str) -> Level {
    Level::Domains { names: vec![name.to_owned()] }
}

#[test]
fn the_four_cases_of_the_guide() {
    for (lists, flattened) in [
        (
            vec![
                list("g", false, Level::Gateway, &["1.2.3.0/24"]),
                list("r", true, on_route("0"), &["1.2.3.4"]),
            ],
            true,
        ),
        (
            vec![
                list("g", true, Level::Gateway, &["10.0.0.0/8"]),
                list("r", true, on_route("0"), &["192.168.0.0/16"]),
            ],
            true,
        ),
        (
            vec![
                list("g", true, Level::Gateway, &["10.0.0.0/8"]),
                list("r", false, on_route("0"), &["10.1.0.0/16"]),
            ],
            true,
        ),
        (vec![list("g", true, Level::Gateway, &["10.0.0.0/8", "2001:db8::/32"])], false),
    ] {
        let source = plain(&lists);
        assert_eq!(difference(&source, &source).is_some(), flattened, "a literal copy of {source:?}");
        let mut inventory = inventory();
        inventory.access_lists = lists;
        let plan = planned(&inventory, json!({}));
        assert!(blocks(&plan).is_empty(), "{:?}", plan.findings);
        assert_eq!(difference(&source, &written(&plan)), None, "{:?}", plan.operations);
        assert_eq!(plan.findings.iter().any(|one| one.code == "ACL-SEMANTICS"), flattened);
        let literal = planned(&inventory, json!({"lists": "literal"}));
        assert_eq!(blocks(&literal).contains(&"ACL-SEMANTICS"), flattened);
        if !flattened {
            assert_eq!(plan.operations.len(), 1);
            assert_eq!(plan.operations[0].after.value()["description"], "note of g");
        }
    }
}

#[test]
fn domains_of_one_route_that_differ_are_said_and_not_guessed() {
    let mut inventory = inventory();
    inventory.access_lists = vec![
        list("g", true, Level::Gateway, &["10.0.0.0/8"]),
        list("a", true, on_domain("a.example.com"), &["192.168.0.0/16"]),
    ];
    let plan = planned(&inventory, json!({}));
    assert!(blocks(&plan).contains(&"ACL-SEMANTICS"), "{:?}", plan.findings);
    let blocked = plan
        .findings
        .iter()
        .find(|one| one.severity == Severity::Block && one.code == "ACL-SEMANTICS")
        .unwrap();
    assert_eq!(blocked.object, "routes/r2");
}

#[test]
fn colours_at_one_place_the_client_address_and_layer_four_need_an_answer() {
    let mut inventory = inventory();
    inventory.access_lists = vec![
        list("w", true, Level::Gateway, &["10.0.0.0/8"]),
        list("b", false, Level::Gateway, &["10.1.0.0/16"]),
    ];
    assert_eq!(blocks(&planned(&inventory, json!({}))), ["ACL-SAME-LEVEL"]);
    let accepted = planned(&inventory, json!({"acknowledge": ["ACL-SAME-LEVEL"]}));
    assert!(blocks(&accepted).is_empty());
    assert_eq!(difference(&plain(&inventory.access_lists), &written(&accepted)), None);
    inventory.access_lists = vec![list("b", false, Level::Gateway, &["10.1.0.0/16"])];
    let layered = planned(&inventory, json!({"layer4": ["b"]}));
    assert_eq!(layered.operations[0].after.value()["config"]["protocolLayer"], "L4");
    assert_eq!(blocks(&planned(&inventory, json!({"layer4": ["w"]}))), ["ACL-LAYER4"]);
    inventory.parameters.insert("EnableXffTrustedCidrs".into(), json!({"Enable": true}));
    assert_eq!(blocks(&planned(&inventory, json!({}))), ["ACL-CLIENT-IP"]);
    assert!(blocks(&planned(&inventory, json!({"acknowledge": ["ACL-CLIENT-IP"]}))).is_empty());
}

#[test]
fn lists_of_one_place_become_one_that_says_so() {
    let mut inventory = inventory();
    inventory.access_lists = vec![
        list("one", false, Level::Gateway, &["1.1.1.1"]),
        list("two", false, Level::Gateway, &["2.2.2.0/24"]),
    ];
    let plan = planned(&inventory, json!({}));
    assert_eq!(plan.operations.len(), 1);
    assert_eq!(plan.operations[0].after.value()["description"], "note of one; note of two");
    assert!(plan.findings.iter().any(|one| one.code == "ACL-MERGED"));
    assert_eq!(difference(&plain(&inventory.access_lists), &written(&plan)), None);
    let mut off = list("off", true, on_domain("b.example.com"), &["3.3.3.3"]);
    off.enabled = false;
    inventory.access_lists.push(off);
    let plan = planned(&inventory, json!({}));
    let kept = plan.operations.iter().find(|one| one.object.name == "off").unwrap();
    assert_eq!(kept.after.value()["config"]["enable"], false);
}

#[test]
fn ten_thousand_routes_with_lists_are_planned_in_moments() {
    let mut inventory = inventory();
    let (target, mut routes) = target();
    let (model, made) = (inventory.routes[0].clone(), routes.routes["0"].clone());
    for number in 10..10_010 {
        let id = number.to_string();
        inventory.routes.push(gateshift_gateway_model::Route {
            id: id.clone(),
            name: format!("r{id}"),
            ..model.clone()
        });
        routes.routes.insert(
            id.clone(),
            TargetRoute { id: format!("route-{id}"), name: format!("r{id}"), ..made.clone() },
        );
        let address = format!("10.{}.{}.0/24", number / 256, number % 256);
        inventory.access_lists.push(list(&format!("l{id}"), number % 2 == 0, on_route(&id), &[&address]));
    }
    inventory.access_lists.push(list("g", true, Level::Gateway, &["10.0.0.0/8", "2001:db8::/32"]));
    let started = std::time::Instant::now();
    let (settings, observed) = (Settings::default(), Observed::default());
    let given = Given {
        inventory: &inventory,
        observed: &observed,
        target: &target,
        routes: &routes,
        settings: &settings,
    };
    let plan = plan(&given);
    assert!(blocks(&plan).is_empty());
    assert_eq!(plan.operations.len(), 10_003);
    // Far more than it takes, on a machine that is busy with something else.
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

fn network() -> impl Strategy<Value = String> {
    // Few bits vary, so that networks of different lists meet.
    prop_oneof![
        (0_u32..8, 24_u32..=32, 0_u32..4)
            .prop_map(|(third, prefix, last)| format!("10.0.{third}.{last}/{prefix}")),
        (0_u32..4).prop_map(|last| format!("10.0.0.{last}")),
        (0_u32..4, 30_u32..=34).prop_map(|(part, prefix)| format!("2001:{part}::/{prefix}")),
        Just("0.0.0.0/0".to_owned()),
        Just("::/0".to_owned()),
    ]
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![
        Just(Level::Gateway),
        prop_oneof![Just("a.example.com"), Just("b.example.com")].prop_map(on_domain),
        prop::collection::btree_set(0..ROUTES.len(), 1..=2)
            .prop_map(|ids| Level::Routes { ids: ids.into_iter().map(|id| id.to_string()).collect() }),
    ]
}

fn lists() -> impl Strategy<Value = Vec<AccessList>> {
    let one = (any::<bool>(), level(), prop::collection::vec(network(), 1..4), prop::bool::weighted(0.9));
    prop::collection::vec(one, 0..5).prop_map(|all| {
        let make = |(at, (white, level, addresses, enabled)): (usize, (bool, Level, Vec<String>, bool))| {
            AccessList { enabled, addresses, ..list(&format!("l{at}"), white, level, &[]) }
        };
        all.into_iter().enumerate().map(make).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_same_callers_pass_after_every_plan_that_is_not_blocked(lists in lists()) {
        let mut inventory = inventory();
        inventory.access_lists = lists.clone();
        let plan = planned(&inventory, json!({"acknowledge": ["ACL-SAME-LEVEL"]}));
        let source = plain(&lists);
        prop_assert!(!plan.findings.iter().any(|one| one.message.contains("defect")), "{:?}", plan.findings);
        if blocks(&plan).is_empty() {
            prop_assert_eq!(difference(&source, &written(&plan)), None);
        } else {
            // Only the route with two domains can be impossible.
            prop_assert!(plan.findings.iter().filter(|one| one.severity == Severity::Block && one.code != "POL-DIALECT").all(|one| one.object == "routes/r2"));
        }
    }

    #[test]
    fn sets_are_sets(one in prop::collection::vec(network(), 0..5), two in prop::collection::vec(network(), 0..5)) {
        let (a, b) = (Addresses::parse(&one).unwrap(), Addresses::parse(&two).unwrap());
        prop_assert_eq!(Addresses::parse(&a.networks()).unwrap(), a.clone());
        prop_assert_eq!(a.complement().complement(), a.clone());
        prop_assert_eq!(a.union(&b), a.complement().intersection(&b.complement()).complement());
        prop_assert_eq!(a.minus(&b).union(&a.intersection(&b)), a.clone());
        prop_assert!(a.intersection(&a.complement()).is_empty() && a.union(&a.complement()) == Addresses::all());
        for address in samples(&[(None, true, one.clone()), (None, true, two)]) {
            prop_assert_eq!(a.union(&b).contains(address), a.contains(address) || b.contains(address));
            prop_assert_eq!(a.minus(&b).contains(address), a.contains(address) && !b.contains(address));
            let alone = [(None, true, one.clone())];
            prop_assert_eq!(a.contains(address), !one.is_empty() && passes_at_target(&alone, "0", "a", address));
        }
    }
}
