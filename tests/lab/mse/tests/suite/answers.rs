//! Every read operation answers in the contract's fields and types, for a generated and for a
//! hand-written account, whether it finds something or refuses.

use std::collections::BTreeSet;

use gateshift_lab_kernel::Product;
use gateshift_lab_mse::{generate, generate_rich};
use serde_json::{Value, json};

use crate::checker;
use crate::lab::{Lab, small};

fn is_read(operation: &str) -> bool {
    ["List", "Get", "Query", "Select", "Pull", "GatewayBlackWhiteList"]
        .iter()
        .any(|prefix| operation.starts_with(prefix))
}

#[test]
fn all_reads_of_the_contract_are_served() {
    let lab = small();
    let served: BTreeSet<&str> = lab.mse.operations().iter().copied().collect();
    assert_eq!(served.len(), lab.mse.operations().len(), "an operation is listed twice");
    let known: BTreeSet<&str> = checker::operations().collect();
    assert_eq!(served.difference(&known).count(), 0, "not in the contract");
    let missing: Vec<&&str> = known.iter().filter(|name| is_read(name) && !served.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every read with the parameters of a careful client; details for each object that there is.
fn all_reads(lab: &Lab) -> Vec<(&'static str, Value)> {
    let gateway = json!(lab.gateway);
    let of = json!({ "GatewayUniqueId": gateway });
    let with = |more: Value| {
        let mut query = of.clone();
        query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        query
    };
    let filtered =
        json!({ "PageNumber": 1, "PageSize": 500, "FilterParams": { "GatewayUniqueId": gateway } });
    let rules = json!({ "FilterParams": of.to_string() });
    let mut calls = vec![
        ("ListGateway", json!({ "PageNumber": 1, "PageSize": 2 })),
        ("GetGateway", of.clone()),
        ("ListGatewaySlb", of.clone()),
        ("SelectGatewaySlb", with(json!({ "Type": "PUB_NET" }))),
        ("ListSecurityGroup", of.clone()),
        ("ListSecurityGroupRule", of.clone()),
        (
            "ListTagResources",
            json!({ "RegionId": "cn-hangzhou", "ResourceType": "GATEWAY", "ResourceId": [gateway] }),
        ),
        ("GetGatewayConfig", of.clone()),
        ("GetGatewayOption", of.clone()),
        ("ListGatewayZone", json!({})),
        ("QueryGatewayRegion", json!({})),
        ("QueryGatewayType", json!({})),
        ("QuerySlbSpec", json!({})),
        ("GetMseFeatureSwitch", json!({})),
        ("ListGatewayDomain", with(json!({ "Type": "All" }))),
        ("ListSSLCert", of.clone()),
        ("ListServiceSource", of.clone()),
        ("ListServiceSource", with(json!({ "Source": "K8s" }))),
        ("GetKubernetesSource", of.clone()),
        ("GetMseSource", with(json!({ "Type": "NACOS" }))),
        ("PullServices", of.clone()),
        ("ListGatewayService", filtered.clone()),
        ("ListGatewayRoute", filtered.clone()),
        ("ListGatewayRouteOnAuth", with(json!({ "Type": "JWT" }))),
        ("ListGatewayFlowRule", rules.clone()),
        ("ListGatewayIsolationRule", rules.clone()),
        ("ListGatewayCircuitBreakerRule", rules),
        ("GatewayBlackWhiteList", filtered.clone()),
        ("GetBlackWhiteList", with(json!({ "ResourceType": "GATEWAY", "Type": "IP", "IsWhite": false }))),
        ("GetBlackWhiteList", with(json!({ "IsWhite": true }))),
        ("ListGatewayAuth", filtered),
        ("GetGatewayAuthDetail", with(json!({ "Id": 1 }))),
        ("ListGatewayAuthConsumer", with(json!({ "PageNum": "1", "PageSize": "10" }))),
        ("GetGatewayAuthConsumerDetail", with(json!({ "Id": 1 }))),
        (
            "ListGatewayAuthConsumerResource",
            with(json!({ "ConsumerId": 1, "PageNum": "1", "PageSize": "10" })),
        ),
        ("GetPlugins", of.clone()),
        ("GetPluginConfig", with(json!({ "PluginId": 1 }))),
    ];
    for auth in lab.rows("ListGatewayAuth") {
        calls.push(("GetGatewayAuthDetail", with(json!({ "Id": auth["Id"] }))));
    }
    let pages = json!({ "PageNum": "1", "PageSize": "100" });
    for consumer in lab.data("ListGatewayAuthConsumer", pages)["Result"].as_array().unwrap() {
        calls.push(("GetGatewayAuthConsumerDetail", with(json!({ "Id": consumer["Id"] }))));
        let query = json!({ "ConsumerId": consumer["Id"], "PageNum": "1", "PageSize": "100" });
        calls.push(("ListGatewayAuthConsumerResource", with(query)));
    }
    for plugin in lab.data("GetPlugins", json!({})).as_array().unwrap() {
        calls.push(("GetPluginConfig", with(json!({ "PluginId": plugin["Id"] }))));
    }
    for domain in lab.data("ListGatewayDomain", json!({})).as_array().unwrap() {
        calls.push(("GetGatewayDomainDetail", with(json!({ "Id": domain["Id"].to_string() }))));
    }
    for service in lab.rows("ListGatewayService") {
        calls.push(("GetGatewayServiceDetail", with(json!({ "ServiceId": service["Id"] }))));
    }
    for route in lab.rows("ListGatewayRoute") {
        calls.push(("GetGatewayRouteDetail", with(json!({ "RouteId": route["Id"] }))));
    }
    calls
}

fn check_all(lab: &Lab) {
    lab.data("AddBlackWhiteList", json!({
        "Name": "block", "Content": "192.0.2.0/24", "ResourceType": "GATEWAY", "Type": "IP", "Status": "on", "IsWhite": false,
    }));
    let calls = all_reads(lab);
    let asked: BTreeSet<&str> = calls.iter().map(|(operation, _)| *operation).collect();
    let reads: BTreeSet<&str> =
        lab.mse.operations().iter().copied().filter(|operation| is_read(operation)).collect();
    assert_eq!(asked, reads);
    for (operation, query) in &calls {
        checker::check_call(operation, query);
        match lab.raw(operation, query.clone()) {
            Ok(answer) => {
                checker::check_answer(operation, &answer);
                assert!(answer.get("RequestId").is_none(), "{operation}: the front adds the request id");
            }
            Err(error) => {
                assert_eq!(*operation, "GetGatewayAuthDetail", "{error:?}");
                assert_eq!((error.status, error.code.as_str()), (404, "NotFound"));
            }
        }
    }
}

#[test]
fn answers_about_a_hand_written_account() {
    check_all(&small());
}

#[test]
fn answers_about_an_account_that_uses_every_key() {
    check_all(&Lab::yaml(crate::scenarios::FULL));
}

#[test]
fn answers_about_every_theme() {
    for (_, text) in crate::rich::THEMES {
        check_all(&Lab::yaml(text));
    }
}

#[test]
fn answers_about_generated_accounts() {
    for seed in 0..3 {
        check_all(&Lab::of(&generate(seed, 130)));
        check_all(&Lab::of(&generate_rich(seed, 130)));
    }
}

#[test]
fn refusals_are_in_the_contract_too() {
    let lab = small();
    for (operation, mut query) in all_reads(&lab) {
        let text = query.to_string().replace(&lab.gateway, "gw-unknown");
        query = serde_json::from_str(&text).unwrap();
        match lab.raw(operation, query) {
            Ok(answer) => checker::check_answer(operation, &answer),
            Err(error) => assert_eq!((error.status, error.code.as_str()), (404, "NotFound"), "{operation}"),
        }
    }
}
