//! Levels by what rules name, and plugins from both of their answers.

use gateshift_gateway_model::{Domain, Http2, Level, ManagedBy, Mtls, Protocol, PublishState, Route, Stage};
use serde_json::{Value, json};

use super::{level, plugin};

fn domain(id: &str, name: &str) -> Domain {
    Domain {
        id: id.to_owned(),
        name: name.to_owned(),
        protocol: Protocol::Http,
        force_https: false,
        certificate: None,
        http2: Http2::Gateway,
        tls_min: None,
        tls_max: None,
        ciphers: Vec::new(),
        mtls: Mtls::default(),
        managed_by: ManagedBy::Operator,
        state: PublishState::Published,
    }
}

fn route(id: &str, name: &str) -> Route {
    let route = json!({
        "id": id, "name": name, "description": "", "domains": [],
        "match": {"path": {"kind": "prefix", "value": "/", "ignore_case": false}, "methods": [], "headers": [], "queries": []},
        "destination": {"is": "mock", "status": 200, "body": ""},
        "timeout": {"seconds": 60, "explicit": false},
        "retry": {"attempts": 2, "on": [], "statuses": [], "explicit": false},
        "created_at": 0, "state": "published", "managed_by": "operator", "other_policies": {},
    });
    serde_json::from_value(route).unwrap()
}

fn resources(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
}

/// Rows: number, resources, what the level has to be. Routes are 1 `a` and 7 `same`, domains are
/// 1 `a.example`, 7 `same` and 9 `*`.
#[test]
fn the_level_is_read_off_what_the_rule_names() {
    let routes = [route("1", "a"), route("7", "same"), route("8", "b")];
    let domains = [domain("1", "a.example"), domain("7", "same"), domain("9", "*")];
    let ids = |ids: &[&str]| Some(Level::Routes { ids: ids.iter().map(|id| (*id).to_owned()).collect() });
    let names = |names: &[&str]| {
        Some(Level::Domains { names: names.iter().map(|name| (*name).to_owned()).collect() })
    };
    for number in [1, 2] {
        for (given, wanted) in [
            (&[("1", "a")][..], ids(&["1"])),
            (&[("1", "a"), ("8", "b")], ids(&["1", "8"])),
            (&[("1", "a.example")], names(&["a.example"])),
            (&[("1", "A.Example"), ("9", "*")], names(&["a.example", "*"])),
            (&[("", "a")], ids(&["1"])),
            (&[("8", "")], ids(&["8"])),
            // The id of a route and of a domain alike, and no name that tells them apart.
            (&[("1", "")], None),
            (&[("7", "same")], None),
            // Names and ids that do not go together, or nothing that is known.
            (&[("8", "a")], None),
            (&[("99", "gone")], None),
            (&[("1", "a"), ("1", "a.example")], None),
            (&[("", "")], None),
            (&[], None),
        ] {
            assert_eq!(level(number, &resources(given), &routes, &domains), wanted, "{number} {given:?}");
        }
    }
    assert_eq!(level(0, &[], &routes, &domains), Some(Level::Gateway));
    assert_eq!(level(0, &resources(&[("5", "orders-gateway")]), &routes, &domains), Some(Level::Gateway));
    assert_eq!(level(0, &resources(&[("1", "a")]), &routes, &domains), None);
}

fn read(item: Value, detail: Value) -> (Option<gateshift_gateway_model::Plugin>, Vec<String>) {
    let mut findings = Vec::new();
    let found = plugin(&item, &detail, &[route("1", "a")], &[], &mut findings);
    (found, findings.into_iter().map(|finding| finding.object).collect())
}

#[test]
fn list_and_detail_are_joined() {
    let item = json!({
        "Id": 12, "Name": "mine", "Category": 0, "Phase": 2, "Priority": 0, "WasmLang": 1, "Version": "1.0.2", "Status": "1",
        "Mode": 0, "PublishState": 3, "WasmFile": "sealed:v1:abc", "Summary": "does things",
    });
    let rules = json!([
        {"Id": 5, "ConfigLevel": 1, "Enable": true, "Config": "sealed:v1:def", "ResourceList": [{"Id": 1, "Name": "a"}]},
        {"Id": 6, "ConfigLevel": 0, "Enable": false, "Config": "", "ResourceList": null},
    ]);
    let (found, findings) = read(item, json!({"GatewayConfigList": rules, "ImageName": ""}));
    let found = found.unwrap();
    assert_eq!(findings, Vec::<String>::new());
    assert!(found.custom && found.enabled);
    assert_eq!(
        (found.id.as_str(), found.stage, found.language),
        ("12", Some(Stage::Authentication), Some(1))
    );
    assert_eq!(found.binary.unwrap().as_str(), "sealed:v1:abc");
    assert_eq!(found.rules[0].level, Some(Level::Routes { ids: vec!["1".to_owned()] }));
    assert_eq!((found.rules[1].level.clone(), found.rules[1].enabled), (Some(Level::Gateway), false));
    assert_eq!(found.rules[1].config.as_str(), "");
}

#[test]
fn an_own_plugin_of_unknown_phase_or_language_is_a_finding_and_an_idle_one_is_not() {
    let item = json!({"Id": 1, "Name": "mine", "Category": 0, "Phase": 9, "WasmLang": 7, "Status": "1"});
    let rule = json!([{"Id": 5, "ConfigLevel": 0, "Enable": true, "Config": "sealed:v1:def"}]);
    assert_eq!(read(item.clone(), json!({"GatewayConfigList": rule})).1.len(), 2);
    assert_eq!(read(item, json!({"GatewayConfigList": []})).1.len(), 0);
    let lua = json!({"Id": 1, "Name": "lua", "Category": 0, "Status": "0"});
    let (found, findings) = read(lua, json!({"GatewayConfigList": rule}));
    assert!(findings.is_empty() && !found.unwrap().custom);
    let odd = json!({"Id": 1, "Name": "odd", "Category": [1]});
    assert_eq!(read(odd, json!({})).1, ["plugins/odd"]);
}
