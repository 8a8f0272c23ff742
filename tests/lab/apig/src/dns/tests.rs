//! Tests of DNS as a client meets it; every call is checked against the contract.

use gateshift_lab_kernel::{Answer, RecordType};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Edition, SeedRecord};
use crate::testing::{Lab, get};

const ZONE: &str = "example.com";

fn lab(edition: Edition) -> (Lab, Vec<String>) {
    let lab = Lab::new();
    let records = [
        SeedRecord::new("www", RecordType::A, "127.0.0.1"),
        SeedRecord::new("*", RecordType::A, "127.0.0.1"),
        SeedRecord { locked: true, ..SeedRecord::new("fixed", RecordType::A, "127.0.0.1") },
    ];
    let ids = lab.dns.seed_zone("Example.com.", edition, &records).expect("seeded");
    (lab, ids)
}

impl Lab {
    fn fails(&self, operation: &str, parameters: Value) -> String {
        self.dns(operation, parameters.clone())
            .map_or_else(|error| error.code, |body| panic!("{operation} {parameters}: {body}"))
    }

    fn add(&self, rr: &str, kind: &str, value: &str, ttl: i64) -> Answer {
        self.dns(
            "AddDomainRecord",
            json!({"DomainName": ZONE, "RR": rr, "Type": kind, "Value": value, "TTL": ttl}),
        )
    }

    fn added(&self, rr: &str, kind: &str, value: &str) -> String {
        let body = self
            .add(rr, kind, value, 600)
            .unwrap_or_else(|error| panic!("{rr} {kind} {value}: {}", error.message));
        body["RecordId"].as_str().expect("an id").to_owned()
    }

    fn records(&self, name: &str) -> Vec<Value> {
        let body = self.dns("DescribeSubDomainRecords", json!({ "SubDomain": name })).expect("records");
        get(&body, "/DomainRecords/Record").as_array().cloned().unwrap_or_default()
    }
}

#[test]
fn records_keep_the_rules_of_their_zone() {
    let (lab, ids) = lab(Edition::Free);
    for (rr, kind, value, ttl, code) in [
        ("www", "A", "127.0.0.1", 600, "DomainRecordDuplicate"),
        ("www", "CNAME", "a.example.net", 600, "DomainRecordConflict"),
        ("new", "A", "a.example.net", 600, "InvalidValue"),
        ("new", "AAAA", "127.0.0.1", 600, "InvalidValue"),
        ("new", "CNAME", "nodots", 600, "InvalidValue"),
        ("new", "MX", "a.example.net", 600, "InvalidRecordType"),
        ("bad host", "A", "127.0.0.1", 600, "InvalidRR.Format"),
        ("new", "A", "127.0.0.1", 599, "QuotaExceeded.TTL"),
        ("new", "A", "127.0.0.1", 86_401, "QuotaExceeded.TTL"),
    ] {
        assert_eq!(lab.add(rr, kind, value, ttl).expect_err(rr).code, code, "{rr} {kind} {value} {ttl}");
    }
    let locked = json!({ "RecordId": ids[2] });
    assert_eq!(lab.fails("DeleteDomainRecord", locked), "DomainRecordLocked");
    let update =
        |ttl: i64| json!({"RecordId": ids[0], "RR": "www", "Type": "A", "Value": "127.0.0.1", "TTL": ttl});
    assert_eq!(lab.fails("UpdateDomainRecord", update(600)), "DomainRecordDuplicate");
    assert_eq!(lab.fails("UpdateDomainRecord", update(60)), "QuotaExceeded.TTL");
    lab.dns("UpdateDomainRecord", update(1200)).expect("updated");
    assert_eq!(lab.records("www.example.com")[0]["TTL"], 1200);
    assert_eq!(
        lab.fails("DescribeDomainRecordInfo", json!({"RecordId": "does-not-exist"})),
        "DomainRecordNotBelongToUser"
    );
    assert_eq!(
        lab.fails("DescribeDomainInfo", json!({"DomainName": "other.org"})),
        "InvalidDomainName.NoExist"
    );
}

#[test]
fn a_disabled_record_makes_room_and_cannot_come_back_into_a_conflict() {
    let (lab, ids) = lab(Edition::EnterpriseAdvanced);
    let set = |status: &str| json!({"RecordId": ids[0], "Status": status});
    assert_eq!(lab.dns("SetDomainRecordStatus", set("Disable")).expect("off")["Status"], "Disable");
    assert_eq!(lab.records("www.example.com")[0]["Status"], "DISABLE");
    lab.added("www", "CNAME", "gw.example.net");
    assert_eq!(lab.fails("SetDomainRecordStatus", set("Enable")), "DomainRecordConflict");
    assert_eq!(lab.fails("SetDomainRecordStatus", set("Away")), "InvalidStatus");
    let gone = lab
        .dns("DeleteSubDomainRecords", json!({"DomainName": ZONE, "RR": "www", "Type": "CNAME"}))
        .expect("gone");
    assert_eq!(gone["TotalCount"], "1");
    lab.dns("SetDomainRecordStatus", set("Enable")).expect("on again");
}

#[test]
fn weights_open_per_set_and_only_then_can_be_changed() {
    let (lab, ids) = lab(Edition::EnterpriseAdvanced);
    let weight = |id: &str, weight: i64| json!({"RecordId": id, "Weight": weight});
    let open = |name: &str, kind: &str, open: bool| json!({"SubDomain": name, "Type": kind, "Open": open});
    assert_eq!(lab.fails("UpdateDNSSLBWeight", weight(&ids[0], 50)), "DisableDNSSLB");
    assert_eq!(lab.fails("SetDNSSLBStatus", open("*.example.com", "A", true)), "PanDomainRecord");
    assert_eq!(
        lab.fails("SetDNSSLBStatus", open("www.example.com", "CNAME", true)),
        "SubDomainRecordNotExist"
    );
    assert_eq!(lab.fails("SetDNSSLBStatus", open("www.other.org", "A", true)), "InvalidDomainName.NoExist");
    assert_eq!(lab.records("www.example.com")[0].get("Weight"), None);
    let answer =
        lab.dns("SetDNSSLBStatus", open("www.example.com", "A", true)).expect("opened with one record");
    assert_eq!((&answer["Open"], &answer["RecordCount"]), (&json!(true), &json!(1)));
    lab.dns("UpdateDNSSLBWeight", weight(&ids[0], 100)).expect("raised");
    let new = lab.added("www", "A", "127.0.0.2");
    let weights: Vec<Value> =
        lab.records("www.example.com").iter().map(|one| one["Weight"].clone()).collect();
    assert_eq!(weights, [100, 1], "a new record joins with weight 1");
    for wrong in [0, 101, -1] {
        assert_eq!(lab.fails("UpdateDNSSLBWeight", weight(&new, wrong)), "InvalidWeigth", "{wrong}");
    }
    lab.dns("SetDomainRecordStatus", json!({"RecordId": new, "Status": "Disable"})).expect("off");
    assert_eq!(lab.fails("UpdateDNSSLBWeight", weight(&new, 5)), "DomainRecordDisable");
    let listed = lab.dns("DescribeDNSSLBSubDomains", json!({"DomainName": ZONE})).expect("listed");
    assert_eq!(
        get(&listed, "/SlbSubDomains/SlbSubDomain/0/LineAlgorithms/LineAlgorithm/0"),
        &json!({"Line": "default", "Open": true})
    );
    let untyped = json!({"SubDomain": "www.example.com", "Open": false});
    lab.dns("SetDNSSLBStatus", untyped).expect("closed without a type");
    assert_eq!(lab.records("www.example.com")[0].get("Weight"), None);
    for id in [&ids[0], &new] {
        lab.dns("DeleteDomainRecord", json!({ "RecordId": id })).expect("deleted");
    }
    assert!(lab.cloud.zones.lock().zones[ZONE].weighted.is_empty());
}

#[test]
fn the_free_edition_weighs_ten_records_and_cnames_can_be_weighted() {
    let (lab, _) = lab(Edition::Free);
    for number in 0..11 {
        lab.added("many", "CNAME", &format!("gw{number}.example.net"));
    }
    let open = json!({"SubDomain": "many.example.com", "Type": "CNAME", "Open": true});
    assert_eq!(lab.fails("SetDNSSLBStatus", open.clone()), "QuotaExceeded.DNSSLB");
    let last = lab.records("many.example.com").pop().expect("a record")["RecordId"].clone();
    lab.dns("DeleteDomainRecord", json!({ "RecordId": last })).expect("deleted");
    lab.dns("SetDNSSLBStatus", open).expect("ten are fine");
}

#[test]
fn zones_tell_their_edition_and_lists_page_and_filter() {
    for (edition, least) in [
        (Edition::Free, 600),
        (Edition::Personal, 600),
        (Edition::EnterpriseBasic, 60),
        (Edition::EnterpriseAdvanced, 1),
    ] {
        let (lab, _) = lab(edition);
        let info = lab
            .dns("DescribeDomainInfo", json!({"DomainName": ZONE, "NeedDetailAttributes": true}))
            .expect("info");
        assert_eq!((&info["MinTtl"], &info["VersionCode"]), (&json!(least), &json!(edition.code())));
        assert_eq!(get(&info, "/AvailableTtls/AvailableTtl/0"), &json!(least.to_string()));
        assert!(get(&info, "/RecordLines/RecordLine").as_array().is_some_and(|lines| lines.len() > 1));
    }
    let (lab, ids) = lab(Edition::default());
    let page = lab
        .dns("DescribeDomainRecords", json!({"DomainName": ZONE, "PageSize": 2, "PageNumber": 2}))
        .expect("page");
    assert_eq!((&page["TotalCount"], get(&page, "/DomainRecords/Record/0/RR")), (&json!(3), &json!("fixed")));
    let found =
        lab.dns("DescribeDomainRecords", json!({"DomainName": ZONE, "RRKeyWord": "ww"})).expect("found");
    assert_eq!(found["TotalCount"], 1);
    lab.dns("UpdateDomainRecordRemark", json!({"RecordId": ids[0], "Remark": "old"})).expect("remarked");
    let one = lab.dns("DescribeDomainRecordInfo", json!({"RecordId": ids[0]})).expect("one");
    assert_eq!((&one["Remark"], &one["DomainName"]), (&json!("old"), &json!(ZONE)));
    let main = lab.dns("GetMainDomainName", json!({"InputString": "a.b.example.com"})).expect("main");
    assert_eq!((&main["DomainName"], &main["RR"]), (&json!(ZONE), &json!("a.b")));
    assert_eq!(lab.dns("DescribeDomains", json!({"KeyWord": "exam"})).expect("domains")["TotalCount"], 1);
    lab.dns("DescribeDomainNs", json!({"DomainName": ZONE})).expect("name servers");
    lab.dns("DescribeSupportLines", json!({})).expect("lines");
    lab.added("logged", "A", "127.0.0.9");
    let logs = lab.dns("DescribeRecordLogs", json!({"DomainName": ZONE, "KeyWord": "logged"})).expect("logs");
    assert_eq!(get(&logs, "/RecordLogs/RecordLog/0/Action"), &json!("ADD"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Any sequence of additions, deletions and switches keeps lists equal to a plain model, never has
    /// an enabled CNAME beside an enabled A, and shows weights exactly while they are on.
    #[test]
    fn records_equal_a_plain_model(steps in prop::collection::vec((0..5_u8, 0..2_u8, 0..3_u8), 0..50)) {
        let (lab, _) = lab(Edition::EnterpriseAdvanced);
        let mut model: Vec<(String, String, bool, String)> = Vec::new();
        for (what, kind, value) in steps {
            let (kind, value) = if kind == 0 { ("A", format!("127.0.1.{value}")) } else { ("CNAME", format!("g{value}.example.net")) };
            let at = model.iter().position(|one| one.0 == kind && one.1 == value);
            let clash = model.iter().any(|one| one.0 != kind && one.2);
            match (what, at) {
                (0 | 1, None) => {
                    let answer = lab.add("api", kind, &value, 60);
                    prop_assert_eq!(answer.is_err(), clash);
                    if let Ok(body) = answer {
                        model.push((kind.to_owned(), value, true, body["RecordId"].as_str().unwrap_or_default().to_owned()));
                    }
                }
                (0 | 1, Some(_)) => prop_assert!(lab.add("api", kind, &value, 60).is_err()),
                (2, Some(at)) => {
                    lab.dns("DeleteDomainRecord", json!({"RecordId": model.remove(at).3})).expect("deleted");
                }
                (3, Some(at)) => {
                    lab.dns("SetDomainRecordStatus", json!({"RecordId": model[at].3, "Status": "Disable"})).expect("off");
                    model[at].2 = false;
                }
                (4, Some(at)) => {
                    let answer = lab.dns("SetDomainRecordStatus", json!({"RecordId": model[at].3, "Status": "Enable"}));
                    prop_assert_eq!(answer.is_err(), clash);
                    model[at].2 |= answer.is_ok();
                }
                _ => {}
            }
        }
        let mut shown: Vec<(String, String, bool)> = lab.records("api.example.com").iter().map(|one| {
            prop_assert!(one.get("Weight").is_none());
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            Ok((text("Type"), text("Value"), one["Status"] == "ENABLE"))
        }).collect::<Result<_, TestCaseError>>()?;
        shown.sort();
        let mut expected: Vec<(String, String, bool)> = model.iter().map(|one| (one.0.clone(), one.1.clone(), one.2)).collect();
        expected.sort();
        prop_assert_eq!(shown, expected);
        let enabled: std::collections::BTreeSet<&str> = model.iter().filter(|one| one.2).map(|one| one.0.as_str()).collect();
        prop_assert!(enabled.len() < 2);
    }
}
