//! The decision, by tables: what is made, and what is refused before anything is written.

use gateshift_gateway_model::{FORMAT, Inventory};
use gateshift_sdk::model::{Plan, Severity, Verb};
use serde_json::{Value, json};

use super::{Settings, decide};
use crate::observed::{Observed, ObservedGateway, ObservedVswitch};

pub(crate) fn inventory(change: impl FnOnce(&mut Value)) -> Inventory {
    let mut value = json!({
        "format": FORMAT, "taken_at": 0,
        "origin": {"product": "p", "region": "cn-hangzhou", "gateway": "gw-old"},
        "instance": {
            "name": "Shop", "edition": "mse_pro", "engine_version": "2", "node": {"vcpu": 4, "memory_gib": 8},
            "peak_nodes": 3, "nodes": 2, "prepaid": false, "vpc": "vpc-1", "vswitches": ["vsw-a", "vsw-b"],
            "entries": [{"ipv4": ["127.0.0.9"], "http_ports": [80], "https_ports": [443], "network": "public"}],
            "tags": {"team": "shop"},
        },
        "domains": [], "certificates": [], "sources": [], "services": [], "routes": [],
        "accounting": {"fields": 0, "accounted": 0, "unknown": []}, "raw": [],
    });
    change(&mut value);
    serde_json::from_value(value).unwrap()
}

fn observed() -> Observed {
    let vswitch = |id: &str, zone: &str| ObservedVswitch { id: id.into(), zone: zone.into(), free: 100 };
    Observed {
        gateways: Vec::new(),
        zones: vec!["zone-a".into(), "zone-b".into()],
        vpcs: vec!["vpc-1".into()],
        vswitches: vec![vswitch("vsw-a", "zone-a"), vswitch("vsw-b", "zone-b")],
    }
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.findings.iter().filter(|one| one.severity >= Severity::Decide).map(|one| one.code.as_str()).collect()
}

#[test]
fn the_target_is_like_the_source() {
    let plan = decide(&inventory(|_| {}), &observed(), &Settings::default());
    assert_eq!(codes(&plan), [""; 0]);
    let [operation] = plan.operations.as_slice() else { panic!("{:?}", plan.operations) };
    assert_eq!(operation.verb, Verb::Create);
    let wanted = &operation.after.value();
    // 4 vCPU x 3 nodes at the peak are 6 units.
    assert_eq!(wanted["spec"], "apigw.small.x4");
    assert_eq!((&wanted["vpc"], &wanted["network"]), (&json!("vpc-1"), &json!("Internet")));
    assert_eq!(wanted["zoneConfig"]["selectOption"], "Manual");
    assert_eq!(
        wanted["tags"],
        json!([{"key": "team", "value": "shop"}, {"key": "migrated-from", "value": "gw-old"}])
    );
}

#[test]
fn zones_are_left_to_the_product_where_two_do_not_fit() {
    for change in [
        |observed: &mut Observed| observed.zones = vec!["zone-a".into()],
        |observed: &mut Observed| observed.vswitches[1].zone = "zone-a".into(),
        |observed: &mut Observed| observed.vswitches.truncate(1),
    ] {
        let mut seen = observed();
        change(&mut seen);
        let plan = decide(&inventory(|_| {}), &seen, &Settings::default());
        assert_eq!(codes(&plan), [""; 0]);
        assert_eq!(
            plan.operations[0].after.value()["zoneConfig"],
            json!({"selectOption": "Auto", "vSwitchId": "vsw-a"})
        );
    }
}

#[test]
fn another_vpc_stops_before_anything_is_made() {
    let plan = decide(&inventory(|_| {}), &Observed { vpcs: Vec::new(), ..observed() }, &Settings::default());
    assert_eq!(codes(&plan), ["INS-VPC-UNKNOWN"]);
    let plan = decide(
        &inventory(|_| {}),
        &observed(),
        &Settings { vpc: Some("vpc-2".into()), ..Settings::default() },
    );
    assert_eq!(codes(&plan), ["INS-VPC-DIFFERS"]);
    let existing = ObservedGateway {
        id: "gw-new".into(),
        name: "n".into(),
        vpc: "vpc-2".into(),
        ..ObservedGateway::default()
    };
    let seen = Observed { gateways: vec![existing], ..observed() };
    let settings = Settings { existing: Some("gw-new".into()), ..Settings::default() };
    assert_eq!(codes(&decide(&inventory(|_| {}), &seen, &settings)), ["INS-VPC-DIFFERS"]);
}

#[test]
fn a_name_of_others_is_not_taken_over() {
    let named = |tag: Option<&str>| {
        let tags = tag.map(|gateway| ("migrated-from".to_owned(), gateway.to_owned())).into_iter().collect();
        ObservedGateway {
            id: "gw-x".into(),
            name: gateshift_sdk::name::plain("Shop"),
            vpc: "vpc-1".into(),
            tags,
            ..ObservedGateway::default()
        }
    };
    for (tag, expected) in
        [(None, vec!["INS-NAME-TAKEN"]), (Some("gw-other"), vec!["INS-NAME-TAKEN"]), (Some("gw-old"), vec![])]
    {
        let seen = Observed { gateways: vec![named(tag)], ..observed() };
        assert_eq!(codes(&decide(&inventory(|_| {}), &seen, &Settings::default())), expected, "{tag:?}");
        let leaving = ObservedGateway { status: "Deleting".into(), ..named(tag) };
        let seen = Observed { gateways: vec![leaving], ..observed() };
        let plan = decide(&inventory(|_| {}), &seen, &Settings::default());
        assert_eq!((codes(&plan), plan.operations[0].verb), (vec![], Verb::Create), "{tag:?} on its way out");
    }
}

#[test]
fn what_an_earlier_run_made_for_this_source_is_taken_again() {
    let earlier = |spec: &str| ObservedGateway {
        id: "gw-x".into(),
        name: gateshift_sdk::name::plain("Shop"),
        vpc: "vpc-1".into(),
        spec: spec.into(),
        tags: [("migrated-from".to_owned(), "gw-old".to_owned())].into(),
        ..ObservedGateway::default()
    };
    let plan = |spec| {
        decide(
            &inventory(|_| {}),
            &Observed { gateways: vec![earlier(spec)], ..observed() },
            &Settings::default(),
        )
    };
    let good = plan("apigw.small.x4");
    assert_eq!(codes(&good), [""; 0]);
    assert_eq!(
        (good.operations[0].verb, &good.operations[0].after.value()["id"]),
        (Verb::Adopt, &json!("gw-x"))
    );
    assert_eq!(codes(&plan("apigw.small.x1")), ["CAP-SMALL"]);
}

#[test]
fn sizes_below_the_need_and_beyond_the_largest_are_refused() {
    let spec = |spec: &str, allow_smaller| Settings {
        spec: Some(spec.into()),
        allow_smaller,
        ..Settings::default()
    };
    assert_eq!(
        codes(&decide(&inventory(|_| {}), &observed(), &spec("apigw.small.x1", false))),
        ["CAP-SMALL"]
    );
    assert_eq!(codes(&decide(&inventory(|_| {}), &observed(), &spec("apigw.small.x1", true))), [""; 0]);
    assert_eq!(
        codes(&decide(&inventory(|_| {}), &observed(), &spec("apigw.huge", false))),
        ["CAP-UNKNOWN-SPEC"]
    );
    let large = inventory(|value| value["instance"]["peak_nodes"] = json!(200));
    assert_eq!(codes(&decide(&large, &observed(), &Settings::default())), ["CAP-SMALL"]);
}

#[test]
fn too_few_addresses_and_unknown_switches_are_refused() {
    let mut seen = observed();
    seen.vswitches[0].free = 3;
    assert_eq!(codes(&decide(&inventory(|_| {}), &seen, &Settings::default())), ["INS-ADDRESSES"]);
    let seen = Observed { vswitches: Vec::new(), ..observed() };
    assert_eq!(codes(&decide(&inventory(|_| {}), &seen, &Settings::default())), ["INS-VSWITCH-UNKNOWN"]);
}

#[test]
fn both_kinds_of_network_are_kept() {
    let entry =
        |network: &str| json!({"ipv4": [], "http_ports": [80], "https_ports": [443], "network": network});
    for (kinds, expected) in [
        (vec!["public"], "Internet"),
        (vec!["private"], "Intranet"),
        (vec!["private", "public"], "InternetAndIntranet"),
    ] {
        let source =
            inventory(|value| value["instance"]["entries"] = kinds.iter().map(|kind| entry(kind)).collect());
        let plan = decide(&source, &observed(), &Settings::default());
        assert_eq!(plan.operations[0].after.value()["network"], expected);
    }
}
