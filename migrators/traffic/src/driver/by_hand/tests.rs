//! A person who sets weights when asked, and sometimes not, or not all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use gateshift_sdk::api::{DnsAnswer, DnsReply};
use gateshift_sdk::model::Plan;
use gateshift_sdk::testing::{ScriptedHost, input};
use gateshift_sdk::walk::walk;

use super::*;

const OLD: &str = "192.0.2.1";
const NEW: &str = "198.51.100.1";

/// Weights of the two sides, and the TTL.
type Set = Arc<Mutex<(u64, u64, u32)>>;

fn server(set: &Set) -> ScriptedHost {
    let (set, count) = (Arc::clone(set), AtomicU64::new(0));
    let refuse = |_: &_| Err(StepError::permanent("GS-TEST", "nothing is called").into());
    ScriptedHost::new(refuse).with_dns(move |question| {
        let (old, new, ttl) = *set.lock().unwrap();
        // A fixed sequence that comes to every place of a hundred equally often.
        let place = count.fetch_add(37, Ordering::Relaxed) % (old + new);
        let value = if place < old { OLD } else { NEW };
        let answer = DnsAnswer { name: question.name.clone(), kind: "A".into(), ttl, value: value.into() };
        let answers = if question.kind == "A" { vec![answer] } else { Vec::new() };
        Ok(DnsReply { server: "s".into(), rcode: "NOERROR".into(), authoritative: true, answers })
    })
}

async fn planned(host: &ScriptedHost, stages: &[&str]) -> (Planned, Vec<Finding>) {
    let observed = ByHand.observe(host, &["www.shop.test".to_owned()].into()).await.unwrap();
    assert_eq!(observed.sets.len(), 1);
    let facts = SetFacts { set: observed.sets[0].clone(), target_values: vec![NEW.to_owned()] };
    let settings = crate::settings::read(&json!({"stages": stages, "ttl": "60s"})).unwrap();
    let mut findings = Vec::new();
    (ByHand.plan(&[facts], 60, &settings, &mut findings), findings)
}

#[tokio::test]
async fn a_stage_is_done_when_the_servers_say_so_and_not_before() {
    let set: Set = Arc::new(Mutex::new((100, 0, 300)));
    let host = server(&set);
    let (planned, findings) = planned(&host, &["1%", "5%", "100%"]).await;
    let names: Vec<&str> = planned.phases.iter().map(|phase| phase.name.as_str()).collect();
    assert_eq!((names, planned.phases[0].stay), (vec!["ttl", "stage 1%", "stage 5%", "stage 100%"], 300));
    assert!(findings.iter().all(|one| one.code == "DNS-BY-HAND" && one.severity == Severity::Manual));
    assert!(
        findings[1].message.contains("192.0.2.1 with weight 99, 198.51.100.1 with weight 1, TTL 60 s"),
        "{}",
        findings[1].message
    );
    assert!(findings[3].message.contains("198.51.100.1 alone"), "{}", findings[3].message);

    let wrong_then_right = [
        ((100, 0, 300), (100, 0, 60)),
        ((100, 0, 60), (99, 1, 60)),
        ((99, 1, 60), (95, 5, 60)),
        ((95, 5, 60), (0, 100, 60)),
    ];
    for (operation, (wrong, right)) in planned.operations.iter().zip(wrong_then_right) {
        let plan = Plan { operations: vec![operation.clone()], ..Plan::default() };
        let attempt = async |state| {
            *set.lock().unwrap() = state;
            walk(&host, &input("traffic", json!({})), &plan, &ByHand).await
        };
        let error = attempt(wrong).await.unwrap_err();
        assert_eq!(error.code, CHECKPOINT_MANUAL, "{wrong:?} is not {}", operation.key);
        assert!(error.message.contains("www.shop.test A: "), "{}", error.message);
        attempt(right).await.unwrap();
    }
}

#[tokio::test]
async fn the_way_back_names_what_is_left_to_do() {
    let set: Set = Arc::new(Mutex::new((100, 0, 60)));
    let host = server(&set);
    let facts = SetFacts {
        set: ByHand.observe(&host, &["www.shop.test".to_owned()].into()).await.unwrap().sets.remove(0),
        target_values: vec![NEW.to_owned()],
    };
    ByHand.shut(&host, &facts, 60).await.unwrap();
    assert!(host.record().log.is_empty());
    *set.lock().unwrap() = (50, 50, 60);
    ByHand.shut(&host, &facts, 60).await.unwrap();
    assert!(host.record().log[0].contains("set www.shop.test A: 192.0.2.1 alone, TTL 60 s"));
    assert!(!ByHand.served(&host, std::slice::from_ref(&facts), 0.0).await.unwrap().1);
    *set.lock().unwrap() = (100, 0, 60);
    assert!(ByHand.served(&host, std::slice::from_ref(&facts), 0.0).await.unwrap().1);
}

#[test]
fn one_stage_is_never_taken_for_another() {
    let of = |percent: f64, all: usize| Answers {
        target: (all as f64 * percent / 100.0).round() as u64,
        all: all as u64,
        neither: 0,
    };
    for pair in [[0.0, 1.0], [1.0, 5.0], [5.0, 20.0], [20.0, 50.0], [50.0, 100.0]] {
        let [low, high] = pair;
        let asked = questions(high);
        assert!(fits(of(high, asked), high) && !fits(of(low, asked), high), "{pair:?}");
        assert!(!fits(Answers { neither: 1, ..of(high, asked) }, high));
    }
    assert!(!fits(Answers::default(), 0.0));
}
