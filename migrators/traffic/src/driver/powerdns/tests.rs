//! What is read from a zone's record sets, and the one request that changes a set and nothing beside it.

use gateshift_sdk::testing::{ScriptedHost, ok};
use serde_json::{Value, json};

use super::super::whole::Store;
use super::{PowerDns, changes, sets};
use crate::records::{Record, RecordSet};

fn rrset(name: &str, kind: &str, ttl: u32, contents: &[&str]) -> Value {
    let records: Vec<Value> = contents.iter().map(|one| json!({"content": one, "disabled": false})).collect();
    json!({"name": name, "type": kind, "ttl": ttl, "records": records, "comments": []})
}

fn zone(rrsets: &[Value]) -> Value {
    json!({"name": "shop.test.", "kind": "Native", "rrsets": rrsets})
}

fn one(body: &Value, kind: &str) -> RecordSet {
    sets("shop.test", body).0.into_iter().find(|set| set.kind == kind).unwrap()
}

fn weighted(set: &RecordSet, values: &[(&str, u32)]) -> RecordSet {
    let records = values.iter().map(|(value, weight)| Record {
        id: String::new(),
        value: (*value).to_owned(),
        ttl: 60,
        enabled: true,
        locked: false,
        weight: *weight,
    });
    RecordSet { weighted: true, records: records.collect(), raw: Value::Null, ..set.clone() }
}

#[test]
fn plain_records_become_a_choice_and_come_back_as_they_were() {
    let mut plain = rrset("www.shop.test.", "A", 300, &["192.0.2.1"]);
    let spare = json!({"content": "192.0.2.7", "disabled": true});
    plain["records"].as_array_mut().unwrap().push(spare.clone());
    let body = zone(&[plain, rrset("www.shop.test.", "TXT", 300, &["\"kept\""])]);
    let before = one(&body, "A");
    assert_eq!((before.rr.as_str(), before.records.len(), before.records[1].enabled), ("www", 2, false));

    let open = weighted(&before, &[("192.0.2.1", 100)]);
    let script = r#"A "pickwrandom({{100,'192.0.2.1'}})""#;
    let sent = changes(&body, &open);
    assert_eq!((&sent[0]["changetype"], &sent[0]["records"]), (&json!("REPLACE"), &json!([spare])));
    assert_eq!(sent[1]["records"], json!([{"content": script, "disabled": false}]));
    assert_eq!((sent.len(), &sent[1]["ttl"]), (2, &json!(60)));

    let mut left = rrset("www.shop.test.", "A", 300, &[]);
    left["records"] = json!([spare]);
    for order in [
        [rrset("www.shop.test.", "LUA", 60, &[script]), left.clone()],
        [left, rrset("www.shop.test.", "LUA", 60, &[script])],
    ] {
        assert_eq!(one(&zone(&order), "A").records, open.records, "what is off does not count");
    }
    let body = zone(&[rrset("www.shop.test.", "LUA", 60, &[script])]);
    let mut wanted = before.clone();
    wanted.records.retain(|record| record.enabled);
    let back = changes(&body, &wanted);
    assert_eq!(back[0], json!({"name": "www.shop.test.", "type": "LUA", "changetype": "DELETE"}));
    assert_eq!(back[1]["records"], json!([{"content": "192.0.2.1", "disabled": false}, spare]));
}

#[test]
fn scripts_of_other_types_of_the_host_stay() {
    let (six, text) = (r#"AAAA "pickwrandom({{1,'2001:db8::1'}})""#, r#"TXT ";return 'x'""#);
    let body = zone(&[
        rrset("www.shop.test.", "A", 300, &["192.0.2.1"]),
        rrset("www.shop.test.", "LUA", 30, &[six, text]),
    ]);
    let before = one(&body, "A");
    let sent = changes(&body, &weighted(&before, &[("192.0.2.1", 99), ("192.0.2.9", 1)]));
    let contents: Vec<&str> =
        sent[1]["records"].as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap()).collect();
    assert_eq!(contents, [six, text, r#"A "pickwrandom({{99,'192.0.2.1'},{1,'192.0.2.9'}})""#]);
    let back = changes(&body, &before);
    assert_eq!((&back[0]["changetype"], &back[0]["ttl"]), (&json!("REPLACE"), &json!(30)));
    assert_eq!(back[0]["records"].as_array().unwrap().len(), 2, "{back:?}");
}

#[test]
fn a_choice_by_the_askers_address_comes_back_as_such() {
    let hashed = r#"A "pickwhashed({{3,'192.0.2.1'},{1,'192.0.2.2'}})""#;
    let body = zone(&[rrset("www.shop.test.", "LUA", 60, &[hashed])]);
    let before = one(&body, "A");
    assert_eq!(before.records.iter().map(|record| record.weight).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(changes(&body, &before)[0]["records"][0]["content"], hashed);
}

#[test]
fn what_cannot_be_told_is_not_moved() {
    let program = r#"A ";if country('CN') then return '192.0.2.1' end""#;
    let choice = r#"A "pickwrandom({{1,'192.0.2.1'}})""#;
    for rrsets in [
        vec![rrset("www.shop.test.", "LUA", 60, &[program])],
        vec![rrset("www.shop.test.", "LUA", 60, &[choice, choice])],
        vec![rrset("www.shop.test.", "A", 60, &["192.0.2.1"]), rrset("www.shop.test.", "LUA", 60, &[choice])],
        vec![rrset("www.shop.test.", "LUA", 60, &[choice]), rrset("www.shop.test.", "A", 60, &["192.0.2.1"])],
    ] {
        let (sets, odd) = sets("shop.test", &zone(&rrsets));
        assert!(sets.is_empty() && odd.contains_key("www.shop.test"), "{rrsets:?}");
    }
}

#[tokio::test]
async fn a_zone_that_cannot_take_weights_blocks_before_anything_is_written() {
    let observed = |kind: &'static str, lua: &'static str, presigned: bool| async move {
        let host = ScriptedHost::new(move |call| {
            Ok(ok(match call.action.as_str() {
                "ListZones" if call.query[0].1 == "shop.test." => json!([{"name": "shop.test."}]),
                "ListZones" => json!([]),
                "ListSettings" => {
                    json!([{"name": "api", "value": "yes"}, {"name": "enable-lua-records", "value": lua}])
                }
                "GetMetadata" => json!({"kind": "ENABLE-LUA-RECORDS", "metadata": []}),
                _ => json!({"name": "shop.test.", "kind": kind, "presigned": presigned, "rrsets": [
                    {"name": "www.shop.test.", "type": "A", "ttl": 60, "records": [{"content": "192.0.2.1", "disabled": false}]},
                    {"name": "shop.test.", "type": "NS", "ttl": 60, "records": [{"content": "NS1.shop.test."}]},
                ]}),
            }))
        });
        let observed = PowerDns.observe(&host, &["www.shop.test".to_owned()].into()).await.unwrap();
        assert_eq!((observed.sets.len(), observed.zones[0].servers[0].as_str()), (1, "ns1.shop.test"));
        observed.odd.into_iter().map(|finding| (finding.code, finding.severity as u8)).collect::<Vec<_>>()
    };
    let severity = |severity: gateshift_sdk::model::Severity| ("DNS-UNFIT".to_owned(), severity as u8);
    use gateshift_sdk::model::Severity::{Block, Warn};
    assert_eq!(observed("Native", "yes", false).await, []);
    assert_eq!(observed("Slave", "yes", false).await, [severity(Block)]);
    assert_eq!(observed("Native", "no", false).await, [severity(Block)]);
    assert_eq!(observed("Native", "yes", true).await, [severity(Block)]);
    assert_eq!(observed("Master", "yes", false).await, [severity(Warn)]);
}
