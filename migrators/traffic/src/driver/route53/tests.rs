//! The driver against a zone of a few lines that keeps to the product's rules: a batch is all or nothing, what
//! is deleted has to be named exactly, and weighted and simple records of a name exclude each other.

use std::sync::{Arc, Mutex};

use gateshift_sdk::api::{Body, CallRequest};
use gateshift_sdk::model::Plan;
use gateshift_sdk::testing::{ScriptedHost, input, ok};
use gateshift_sdk::walk::walk;
use serde_json::json;

use super::super::Driver;
use super::super::whole::Whole;
use super::document::batch;
use super::*;
use crate::facts::SetFacts;

type Kept = Arc<Mutex<Vec<Entry>>>;

fn entry(name: &str, id: Option<&str>, weight: Option<u32>, ttl: u32, values: &[&str]) -> Entry {
    Entry {
        name: name.to_owned(),
        kind: "A".to_owned(),
        id: id.map(str::to_owned),
        weight,
        ttl: Some(ttl),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        other: None,
    }
}

/// Carries out a batch as the product would.
fn change(kept: &mut Vec<Entry>, text: &str) -> Result<(), String> {
    let mut next = kept.clone();
    let actions = text.split("<Action>").skip(1).map(|rest| rest.split('<').next().unwrap());
    for (action, entry) in actions.zip(entries(&text.into()).unwrap()) {
        let place = next.iter().position(|one| *one == entry);
        match (action, place) {
            ("DELETE", Some(place)) => drop(next.remove(place)),
            ("DELETE", None) => return Err("values do not match".to_owned()),
            ("CREATE", _) => {
                let same = next.iter().filter(|one| one.name == entry.name && one.kind == entry.kind);
                for other in same {
                    if other.id == entry.id {
                        return Err("it exists already".to_owned());
                    }
                    if other.id.is_none() || entry.id.is_none() {
                        return Err("a record of another routing policy exists".to_owned());
                    }
                }
                next.push(entry);
            }
            _ => return Err(format!("what is {action}")),
        }
    }
    *kept = next;
    Ok(())
}

fn product(kept: &Kept) -> ScriptedHost {
    let (kept, pending) = (Arc::clone(kept), Mutex::new(0));
    ScriptedHost::new(move |call: &CallRequest| {
        let mut kept = kept.lock().unwrap();
        let text = match call.action.as_str() {
            "ListHostedZonesByName" => "<R><HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>shop.test.</Name><Config><PrivateZone>false</PrivateZone></Config></HostedZone><HostedZone><Id>/hostedzone/Z2</Id><Name>shop.test.</Name><Config><PrivateZone>true</PrivateZone></Config></HostedZone></HostedZones></R>".to_owned(),
            "GetHostedZone" => "<R><DelegationSet><NameServers><NameServer>NS-1.example.</NameServer></NameServers></DelegationSet></R>".to_owned(),
            "ListResourceRecordSets" => {
                let asked = |wanted: &str| {
                    call.query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
                };
                let from = (asked("name").unwrap_or_default().trim_end_matches('.').to_owned(), asked("identifier"));
                kept.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
                let all: Vec<&Entry> =
                    kept.iter().filter(|one| (&one.name, &one.id) >= (&from.0, &from.1)).collect();
                let page: Vec<(&str, &Entry)> = all.iter().take(2).map(|entry| ("", *entry)).collect();
                let rest = all.get(2).map(|next| {
                    let id = next.id.as_ref().map(|id| format!("<NextRecordIdentifier>{id}</NextRecordIdentifier>"));
                    format!(
                        "<NextRecordName>{}.</NextRecordName><NextRecordType>A</NextRecordType>{}",
                        next.name,
                        id.unwrap_or_default()
                    )
                });
                let text = batch(&page).replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "");
                format!("<R>{text}<IsTruncated>{}</IsTruncated>{}</R>", rest.is_some(), rest.unwrap_or_default())
            }
            "ChangeResourceRecordSets" => {
                let Body::Text { text, media } = &call.body else { panic!("no document") };
                assert_eq!((media.as_str(), call.path.as_str()), ("application/xml", "/2013-04-01/hostedzone/Z1/rrset/"));
                if let Err(message) = change(&mut kept, text) {
                    let (connection, action) = ("dns".to_owned(), call.action.clone());
                    return Err(CallFailure::Refused { connection, action, status: 400, code: "InvalidChangeBatch".to_owned(), message, request_id: None });
                }
                *pending.lock().unwrap() = 2;
                "<R><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status></ChangeInfo></R>".to_owned()
            }
            "GetChange" => {
                assert_eq!(call.path, "/2013-04-01/change/C1");
                let mut left = pending.lock().unwrap();
                *left -= 1;
                format!("<R><ChangeInfo><Id>/change/C1</Id><Status>{}</Status></ChangeInfo></R>", if *left > 0 { "PENDING" } else { "INSYNC" })
            }
            other => panic!("{other}"),
        };
        Ok(ok(json!(text)))
    })
    .with_dns(|question| Err(StepError::permanent("GS-TEST", format!("no answer for {}", question.name)).into()))
}

fn neighbours() -> [Entry; 2] {
    [
        entry("api.shop.test", None, None, 300, &["192.0.2.50"]),
        entry("zz.shop.test", Some("x"), Some(7), 300, &["192.0.2.60"]),
    ]
}

async fn facts(host: &ScriptedHost) -> SetFacts {
    let observed = Route53.observe(host, &["www.shop.test".to_owned()].into()).await.unwrap();
    assert_eq!((observed.odd.len(), observed.zones[0].servers[0].as_str()), (0, "ns-1.example"));
    let set = observed.sets.into_iter().find(|set| set.host == "www.shop.test").unwrap();
    SetFacts { set, target_values: vec!["198.51.100.1".to_owned(), "198.51.100.2".to_owned()] }
}

fn plan(facts: &SetFacts) -> Plan {
    let settings = crate::settings::read(&json!({"stages": ["1%", "20%", "100%"], "ttl": "60s"})).unwrap();
    let planned = Whole(Route53).plan(std::slice::from_ref(facts), 60, &settings, &mut Vec::new());
    Plan { operations: planned.operations, ..Plan::default() }
}

#[tokio::test]
async fn simple_and_weighted_records_go_there_and_back_and_neighbours_stay() {
    let simple = vec![entry("www.shop.test", None, None, 300, &["192.0.2.1", "192.0.2.2"])];
    let weighted = vec![
        entry("www.shop.test", Some("a"), Some(3), 300, &["192.0.2.1"]),
        entry("www.shop.test", Some("b"), Some(1), 300, &["192.0.2.2"]),
    ];
    for (before, least) in [(simple, 100.0 / 100.0), (weighted, 100.0 / 199.0)] {
        let kept: Kept = Arc::new(Mutex::new([&before[..], &neighbours()].concat()));
        let host = product(&kept);
        let facts = facts(&host).await;
        let plan = plan(&facts);
        let mut shares = Vec::new();
        for operation in &plan.operations {
            let part = Plan { operations: vec![operation.clone()], ..Plan::default() };
            walk(&host, &input("traffic", json!({})), &part, &Whole(Route53)).await.unwrap();
            let all = kept.lock().unwrap().clone();
            assert_eq!(all.iter().filter(|one| neighbours().contains(one)).count(), 2, "{all:?}");
            let own: Vec<&Entry> = all.iter().filter(|one| one.name == "www.shop.test").collect();
            let sum = |own: &[&Entry]| own.iter().map(|one| one.weight.unwrap_or(1)).sum::<u32>();
            let new: Vec<&Entry> =
                own.iter().filter(|one| one.id.as_deref() == Some("gateshift-target")).copied().collect();
            assert!(
                sum(&own) > 0 && new.iter().all(|one| one.values.len() == 2),
                "never all weights zero: {own:?}"
            );
            shares.push(100.0 * f64::from(sum(&new)) / f64::from(sum(&own)));
        }
        let stages = [0.0, 0.0, 1.0, 20.0, 100.0];
        assert_eq!(shares.len(), stages.len());
        for (share, stage) in shares.iter().zip(stages) {
            assert!(*share <= stage + 1e-9 && *share >= stage * 0.6, "{shares:?}");
        }
        assert!(shares[2] >= least - 1e-9, "{shares:?}");
        Whole(Route53).shut(&host, &facts, 60).await.unwrap();
        let mut all = kept.lock().unwrap().clone();
        all.retain(|one| one.name == "www.shop.test");
        let back: Vec<Entry> = before.iter().map(|one| Entry { ttl: Some(60), ..one.clone() }).collect();
        assert_eq!(all, back, "as it was, with the short TTL");
        assert!(Whole(Route53).shut(&host, &facts, 60).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_record_that_changed_in_the_last_moment_is_left_alone() {
    let kept: Kept = Arc::new(Mutex::new(vec![entry("www.shop.test", None, None, 300, &["192.0.2.1"])]));
    let host = product(&kept);
    let facts = facts(&host).await;
    kept.lock().unwrap()[0].values = vec!["203.0.113.9".to_owned()];
    let mut after = facts.set.clone();
    after.records[0].ttl = 60;
    let failure =
        Route53.replace(&host, &OperationKey::new("k"), Some(&facts.set), &after).await.unwrap_err();
    let WriteFailure::Step(error) = failure else { panic!("{failure:?}") };
    assert!(error.code == "GS-DNS-CHANGED" && error.message.contains("203.0.113.9"), "{error}");
}

#[tokio::test]
async fn what_is_answered_by_more_than_weights_is_not_moved() {
    let one = |id: &str| entry("www.shop.test", Some(id), Some(1), 60, &["192.0.2.1"]);
    let (found, why) = sets(
        "shop.test",
        "Z1",
        vec![one("a"), Entry { other: Some("a health check".to_owned()), ..one("b") }],
    );
    assert!(found.is_empty() && why["www.shop.test"].contains("a health check"), "{why:?}");

    let kept: Kept = Arc::new(Mutex::new(vec![one("a"), Entry { weight: Some(0), ..one("b") }]));
    let observed = Route53.observe(&product(&kept), &["www.shop.test".to_owned()].into()).await.unwrap();
    assert_eq!((observed.sets.len(), observed.odd[0].code.as_str()), (0, "DNS-UNFIT"));
}
