//! The plan's writes, replayed one by one: no moment has a larger share than the stage it belongs to,
//! no moment has all records off, and every stage ends at its share.

use std::collections::BTreeMap;

use gateshift_gateway_model::{
    Accounting, Entry, FORMAT, Instance, Inventory, NetworkKind, NodeSize, Origin, TargetInstance,
};
use gateshift_sdk::model::{Plan, Severity};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::decide;
use crate::facts::Facts;
use crate::records::{Observed, Record, RecordSet, Zone};
use crate::settings::{Settings, read};

fn entry(domain: &str, ipv4: &[&str]) -> Entry {
    Entry {
        domain: Some(domain.to_owned()),
        ipv4: ipv4.iter().map(|ip| ip.parse().unwrap()).collect(),
        ipv6: Vec::new(),
        http_ports: vec![80],
        https_ports: vec![443],
        network: NetworkKind::Public,
    }
}

fn inventory(old: &[&str]) -> Inventory {
    Inventory {
        format: FORMAT,
        taken_at: 0,
        origin: Origin { product: "p".into(), region: "r".into(), gateway: "gw-old".into() },
        instance: Instance {
            name: "n".into(),
            edition: String::new(),
            engine_version: String::new(),
            node: NodeSize { vcpu: 2, memory_gib: 4 },
            peak_nodes: 2,
            nodes: 2,
            prepaid: false,
            vpc: "vpc".into(),
            vswitches: Vec::new(),
            security_group: None,
            entries: vec![entry("old.example.net", old)],
            resource_group: None,
            tags: BTreeMap::new(),
            backend_rules: Vec::new(),
            elastic: None,
        },
        domains: Vec::new(),
        certificates: Vec::new(),
        sources: Vec::new(),
        services: Vec::new(),
        routes: Vec::new(),
        access_lists: Vec::new(),
        authentications: Vec::new(),
        consumers: Vec::new(),
        guarded_routes: Vec::new(),
        plugins: Vec::new(),
        observability: Default::default(),
        parameters: BTreeMap::new(),
        accounting: Accounting::default(),
        raw: Vec::new(),
    }
}

fn target(new: &[&str]) -> TargetInstance {
    TargetInstance {
        gateway: "gw-new".into(),
        name: "n".into(),
        environment: "env".into(),
        spec: "s".into(),
        vpc: "vpc".into(),
        version: "2".into(),
        entries: vec![entry("new.example.net", new)],
    }
}

fn set(host: &str, kind: &str, values: &[&str]) -> RecordSet {
    let records = values.iter().enumerate().map(|(index, value)| Record {
        id: format!("{host}-{index}"),
        value: (*value).to_owned(),
        ttl: 600,
        enabled: true,
        locked: false,
        weight: 1,
    });
    RecordSet {
        zone: "example.com".into(),
        rr: host.trim_end_matches(".example.com").into(),
        host: host.into(),
        kind: kind.into(),
        line: "default".into(),
        weighted: false,
        records: records.collect(),
        raw: Value::Null,
    }
}

fn observed(sets: Vec<RecordSet>) -> Observed {
    Observed {
        zones: vec![Zone {
            name: "example.com".into(),
            min_ttl: 1,
            max_records: 90,
            blocked: false,
            servers: vec!["ns1.example".into()],
            delegated_to: Some(vec!["ns1.example".into()]),
        }],
        sets,
        ..Observed::default()
    }
}

fn settings(stages: &[f64]) -> Settings {
    let stages: Vec<String> = stages.iter().map(|stage| format!("{stage}%")).collect();
    read(&json!({"stages": stages, "hold": "2m", "ttl": "60s"})).unwrap()
}

/// Share of the set as the records stand: disabled ones count nothing, without weights all are equal.
fn share(records: &BTreeMap<String, (bool, f64)>, weighted: bool, new: &[&str]) -> f64 {
    let weight = |(value, (enabled, weight)): (&String, &(bool, f64))| {
        let weight = if !enabled {
            0.0
        } else if weighted {
            *weight
        } else {
            1.0
        };
        (new.contains(&value.as_str()), weight)
    };
    let all: f64 = records.iter().map(|one| weight(one).1).sum();
    assert!(all > 0.0, "all records are off");
    100.0 * records.iter().map(weight).filter(|one| one.0).map(|one| one.1).sum::<f64>() / all
}

/// Replays the plan on one set.
fn replay(plan: &Plan, old: &[&str], new: &[&str]) -> Vec<(f64, f64, f64)> {
    let facts = Facts::of(plan).unwrap();
    let mut records: BTreeMap<String, (bool, f64)> =
        old.iter().map(|value| ((*value).to_owned(), (true, 1.0))).collect();
    let mut weighted = false;
    let mut seen = Vec::new();
    for phase in &facts.phases {
        let mut most: f64 = 0.0;
        for operation in plan.operations.iter().filter(|operation| phase.operations.contains(&operation.key))
        {
            let wanted = &operation.after.value();
            let value = wanted["value"].as_str().unwrap_or_default().to_owned();
            match operation.object.kind.as_str() {
                "weights" => weighted = wanted["open"] == Value::Bool(true),
                "record" => assert!(records.insert(value, (true, 1.0)).is_none()),
                "record-weight" => records.get_mut(&value).unwrap().1 = wanted["weight"].as_f64().unwrap(),
                "record-status" => {
                    records.get_mut(&value).unwrap().0 = wanted["enabled"] == Value::Bool(true)
                }
                _ => {}
            }
            most = most.max(share(&records, weighted, new));
        }
        seen.push((phase.share, most, share(&records, weighted, new)));
    }
    seen
}

const OLD: &[&str] = &["10.0.0.1", "10.0.0.2", "10.0.0.3"];
const NEW: &[&str] = &["10.1.0.1", "10.1.0.2", "10.1.0.3"];

proptest! {
    #[test]
    fn never_above_the_stage_and_never_all_off(
        old in 1_usize..=3, new in 1_usize..=3, raw in proptest::collection::btree_set(1_u32..=99, 1..6), last in any::<bool>(),
    ) {
        let (old, new) = (&OLD[..old], &NEW[..new]);
        let mut stages: Vec<f64> = raw.into_iter().map(f64::from).collect();
        if last {
            stages.push(100.0);
        }
        let plan = decide(&inventory(old), &target(new), &observed(vec![set("www.example.com", "A", old)]), &settings(&stages));
        prop_assert!(plan.blocking().next().is_none(), "{:?}", plan.findings);
        for (planned, most, end) in replay(&plan, old, new) {
            prop_assert!(most <= planned + 1e-6, "{most} at a stage of {planned}");
            prop_assert!(planned == 0.0 || end > planned * 0.6 - 0.5, "{end} at a stage of {planned}");
            prop_assert!(planned < 100.0 || end >= 100.0);
        }
    }
}

#[test]
fn nothing_is_exposed_before_the_first_stage() {
    let plan = decide(
        &inventory(&OLD[..1]),
        &target(&NEW[..1]),
        &observed(vec![set("www.example.com", "A", &OLD[..1])]),
        &settings(&[1.0, 100.0]),
    );
    let shares = replay(&plan, &OLD[..1], &NEW[..1]);
    assert_eq!(shares, [(0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (100.0, 100.0, 100.0)]);
    let facts = Facts::of(&plan).unwrap();
    assert_eq!(facts.phases[0].stay, 600, "the old TTL is waited out");
}

#[test]
fn what_must_not_be_touched_is_a_finding() {
    let one = |mut change: Box<dyn FnMut(&mut RecordSet)>| {
        let mut set = set("www.example.com", "A", &OLD[..1]);
        change(&mut set);
        let plan = decide(&inventory(&OLD[..1]), &target(&NEW[..1]), &observed(vec![set]), &settings(&[1.0]));
        plan.findings
            .into_iter()
            .filter(|finding| finding.severity >= Severity::Decide)
            .map(|finding| finding.code)
            .collect::<Vec<_>>()
    };
    let stranger = |value: &str| Record {
        id: "x".into(),
        value: value.into(),
        ttl: 600,
        enabled: true,
        locked: false,
        weight: 1,
    };
    assert_eq!(one(Box::new(|set| set.records[0].locked = true)), ["DNS-LOCKED"]);
    assert_eq!(one(Box::new(move |set| set.records.push(stranger("192.0.2.9")))), ["DNS-FOREIGN"]);
    assert_eq!(one(Box::new(move |set| set.records.push(stranger(NEW[0])))), ["DNS-TARGET-PRESENT"]);
    assert_eq!(one(Box::new(|set| set.host = "*.example.com".into())), ["DNS-WILDCARD"]);
    assert_eq!(one(Box::new(|set| set.records[0].value = "192.0.2.9".into())), ["DNS-NO-RECORDS"]);
    let half = decide(
        &inventory(&OLD[..1]),
        &target(&NEW[..1]),
        &observed(vec![set("www.example.com", "A", &OLD[..1])]),
        &settings(&[0.5]),
    );
    assert!(half.findings.iter().any(|finding| finding.code == "DNS-GRANULARITY"));
}

#[test]
fn aliases_stay_aliases() {
    let plan = decide(
        &inventory(&OLD[..1]),
        &target(NEW),
        &observed(vec![set("www.example.com", "CNAME", &["old.example.net"])]),
        &settings(&[1.0, 100.0]),
    );
    let added: Vec<_> = plan
        .operations
        .iter()
        .filter(|operation| operation.object.kind == "record")
        .map(|operation| operation.after.value()["value"].clone())
        .collect();
    assert_eq!(added, [json!("new.example.net")]);
}

#[test]
fn what_the_provider_of_the_zone_forbids_is_a_finding() {
    let codes = |change: &dyn Fn(&mut Zone)| -> Vec<String> {
        let mut all = observed(vec![set("www.example.com", "A", &OLD[..1])]);
        change(&mut all.zones[0]);
        let plan = decide(&inventory(&OLD[..1]), &target(&NEW[..1]), &all, &settings(&[1.0]));
        let grave = plan.findings.into_iter().filter(|finding| finding.severity == Severity::Block);
        grave.map(|finding| finding.code).collect()
    };
    assert_eq!(codes(&|zone| zone.blocked = true), ["DNS-BLOCKED"]);
    assert_eq!(codes(&|zone| zone.max_records = 1), ["DNS-LIMIT"]);
    assert!(codes(&|zone| zone.max_records = 2).is_empty());
}

#[test]
fn longer_addresses_go_to_longer_addresses() {
    let mut source = inventory(&OLD[..1]);
    source.instance.entries[0].ipv6 = vec!["2001:db8::7".parse().unwrap()];
    let sets = || vec![set("www.example.com", "AAAA", &["2001:DB8:0::7"])];
    let mut gateway = target(&NEW[..1]);
    let plan = decide(&source, &gateway, &observed(sets()), &settings(&[1.0]));
    let found = plan.findings.iter().find(|finding| finding.code == "DNS-TYPE").unwrap();
    assert!(found.severity == Severity::Block && found.message.contains("AAAA"), "{found:?}");

    gateway.entries[0].ipv6 = vec!["2001:db8::9".parse().unwrap()];
    let plan = decide(&source, &gateway, &observed(sets()), &settings(&[1.0]));
    let added = plan.operations.iter().filter(|operation| operation.object.kind == "record");
    let added: Vec<_> = added.map(|operation| operation.after.value()["value"].clone()).collect();
    assert_eq!(added, [json!("2001:db8::9")]);
}

#[test]
fn the_zone_itself_is_looked_at() {
    let codes = |observed: &Observed| -> Vec<(String, Severity)> {
        let plan = decide(&inventory(&OLD[..1]), &target(&NEW[..1]), observed, &settings(&[1.0]));
        let noted = plan.findings.into_iter().filter(|finding| finding.code != "DNS-NO-METRICS");
        noted.map(|finding| (finding.code, finding.severity)).collect()
    };
    let weighted = || RecordSet { weighted: true, ..set("www.example.com", "A", &OLD[..1]) };
    let is = |code: &str, severity| vec![(code.to_owned(), severity)];
    assert!(codes(&observed(vec![weighted()])).is_empty());
    let single = observed(vec![set("www.example.com", "A", &OLD[..1])]);
    assert_eq!(codes(&single), is("DNS-OPENING", Severity::Warn));

    let mut zone = observed(vec![weighted()]);
    zone.zones[0].delegated_to = Some(vec!["ns.elsewhere.example".into()]);
    assert_eq!(codes(&zone), is("DNS-DELEGATION", Severity::Block));
    for unknown in [None, Some(Vec::new())] {
        zone.zones[0].delegated_to = unknown;
        assert_eq!(codes(&zone), is("DNS-DELEGATION", Severity::Warn));
    }
    zone.zones[0].delegated_to = Some(vec!["ns.elsewhere.example".into(), "ns1.example".into()]);
    assert!(codes(&zone).is_empty(), "a delegation in the middle of a change");

    let line = |name: &str, value: &str| RecordSet {
        line: name.into(),
        ..RecordSet { weighted: true, ..set("www.example.com", "A", &[value]) }
    };
    for (value, says) in [(OLD[0], "each line"), ("192.0.2.9", "telecom do not lead to the source")] {
        let both = observed(vec![weighted(), line("telecom", value)]);
        let plan = decide(&inventory(&OLD[..1]), &target(&NEW[..1]), &both, &settings(&[1.0]));
        let found = plan.findings.iter().find(|finding| finding.code == "DNS-LINES").unwrap();
        assert!(found.message.contains(says), "{}", found.message);
    }
}
