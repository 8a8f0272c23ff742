//! What the data plane is given: what serves, and nothing else.

use std::time::Duration;

use gateshift_lab_kernel::Product;
use gateshift_lab_kernel::gateway::{Action, GatewayConfig, MatchKind, Route};
use gateshift_lab_mse::{Scenario, generate};
use serde_json::json;

use crate::lab::{Lab, small};

fn config(lab: &Lab) -> GatewayConfig {
    lab.mse.gateways().remove(0)
}

fn route<'a>(config: &'a GatewayConfig, name: &str) -> Option<&'a Route> {
    config.routes.iter().find(|route| route.name == name)
}

#[test]
fn an_edited_route_serves_what_was_published() {
    let lab = small();
    let detail = lab.data("GetGatewayRouteDetail", json!({ "RouteId": lab.route("search") }));
    assert_eq!(detail["Status"], 4);
    assert_eq!(detail["RoutePredicates"]["PathPredicates"]["Path"], "/search");
    assert_eq!(route(&config(&lab), "search").unwrap().path.value, "/find");
    lab.data("ApplyGatewayRoute", json!({ "RouteId": lab.route("search").to_string() }));
    assert_eq!(route(&config(&lab), "search").unwrap().path.value, "/search");
}

#[test]
fn what_is_not_published_is_not_served() {
    let lab = small();
    assert!(route(&config(&lab), "next-season").is_none());
    let watch = lab.cloud.watch();
    lab.data("OfflineGatewayRoute", json!({ "RouteId": lab.route("orders").to_string() }));
    assert!(watch.has_changed().unwrap(), "the planes are told");
    assert!(route(&config(&lab), "orders").is_none());
}

#[test]
fn a_route_says_what_its_scenario_says() {
    let lab = small();
    let config = config(&lab);
    let export = route(&config, "export").unwrap();
    assert_eq!((export.path.kind, export.path.value.as_str()), (MatchKind::Exact, "/orders/export"));
    assert_eq!(export.domains, ["shop.example.com"]);
    assert_eq!(export.methods, ["GET"]);
    let Action::Forward(forward) = &export.action else { panic!("{export:?}") };
    assert_eq!((forward.timeout_ms, forward.retries), (120_000, 1));
    let shares: Vec<(&str, u32)> =
        forward.targets.iter().map(|target| (target.labels["version"].as_str(), target.weight)).collect();
    assert_eq!(shares, [("v1", 90), ("v2", 10)]);
    let Action::Forward(forward) = &route(&config, "recommend").unwrap().action else { panic!() };
    assert_eq!(forward.targets[0].upstream, "dns://rec.internal.example.org:80");
    assert_eq!(forward.fallback[0].upstream, "vip://10.1.0.7:8080,10.1.0.8:8080");
    assert_eq!((forward.timeout_ms, forward.retries), (60_000, 2), "the product's defaults");
    assert!(
        matches!(&route(&config, "health").unwrap().action, Action::Mock { status: 200, body } if body == "ok")
    );
    assert!(matches!(
        &route(&config, "moved").unwrap().action,
        Action::Redirect { status: 301, host: None, path: Some(path) } if path == "/new"
    ));
    assert_eq!(config.domains[0].certificate.as_deref(), Some("2001-cn-hangzhou"));
    assert_eq!(config.domains[1].certificate, None);
}

#[test]
fn every_upstream_of_a_route_exists_in_the_world() {
    let lab = Lab::of(&generate(11, 400));
    let world = lab.cloud.world.lock();
    for route in config(&lab).routes {
        if let Action::Forward(forward) = route.action {
            assert_eq!(forward.targets.iter().map(|target| target.weight).sum::<u32>(), 100);
            for target in forward.targets.iter().chain(&forward.fallback) {
                let upstream = world.upstreams.get(&target.upstream).unwrap();
                let has_labels = |instance: &std::collections::BTreeMap<String, String>| {
                    target.labels.iter().all(|(key, value)| instance.get(key) == Some(value))
                };
                assert!(target.labels.is_empty() || upstream.instances.iter().any(has_labels), "{target:?}");
            }
        }
    }
}

#[test]
fn the_served_routes_are_those_with_status_3_and_4() {
    let lab = Lab::of(&generate(5, 300));
    let served = |row: &&serde_json::Value| row["Status"] == 3 || row["Status"] == 4;
    let rows = lab.rows("ListGatewayRoute");
    let mut expected: Vec<&str> =
        rows.iter().filter(served).map(|row| row["Name"].as_str().unwrap()).collect();
    let config = config(&lab);
    let mut actual: Vec<&str> = config.routes.iter().map(|route| route.name.as_str()).collect();
    expected.sort_unstable();
    actual.sort_unstable();
    assert_eq!(actual, expected);
}

#[test]
fn publishing_takes_a_moment_of_lab_time() {
    let scenario = Scenario::from_yaml(include_str!("../../scenarios/small.yaml")).unwrap();
    let lab = Lab::at_speed(&scenario, 100.0);
    let id = lab.route("next-season");
    let status = || lab.data("GetGatewayRouteDetail", json!({ "RouteId": id }))["Status"].clone();
    lab.data("ApplyGatewayRoute", json!({ "RouteId": id.to_string() }));
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(status(), 3);
    lab.data("OfflineGatewayRoute", json!({ "RouteId": id.to_string() }));
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(status(), 0);
}

#[test]
fn creation_times_are_the_same_in_every_form() {
    let lab = Lab::of(&generate(3, 40));
    let config = config(&lab);
    for row in lab.rows("ListGatewayRoute") {
        let Some(served) = route(&config, row["Name"].as_str().unwrap()) else { continue };
        let text = row["GmtCreate"].as_str().unwrap().replace("+0000", "Z");
        assert_eq!(gateshift_lab_mse::scenario::Moment::parse(&text).unwrap().0, served.created_ms);
    }
}
