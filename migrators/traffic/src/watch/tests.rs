//! Whole stages under answers of a scripted source of metrics: what is broken holds and says why, what is
//! worse fails, what is fine passes, and every look is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gateshift_gateway_model::{Decision, Look};
use gateshift_sdk::api::{Host, MetricQuery, MetricSample, ServiceFailure};
use gateshift_sdk::model::{StepError, Timestamp};
use gateshift_sdk::testing::{ScriptedHost, ok};
use serde_json::json;

use super::{Knowledge, Seen, held, look};
use crate::facts::{Facts, Phase};
use crate::gate;

fn facts(gates: &serde_json::Value) -> Facts {
    let phase = |name: &str, share| Phase {
        name: name.to_owned(),
        share,
        operations: Vec::new(),
        stay: 300,
        stage: true,
    };
    Facts {
        before: Vec::new(),
        phases: vec![phase("stage 20%", 20.0), phase("stage 100%", 100.0)],
        source: "gw-old".into(),
        target: "gw-new".into(),
        requests: String::new(),
        min_requests: 1,
        ttl: 60,
        gates: gate::read(gates.as_array().map(Vec::as_slice)).unwrap(),
        poll: 30,
        spec: "apigw.small.x1".into(),
        driver: "aliyun/alidns".into(),
    }
}

type Answer = Result<Vec<MetricSample>, ServiceFailure>;
type Script = fn(&MetricQuery) -> Answer;

fn samples(values: &[(Option<&str>, Option<f64>)]) -> Answer {
    let sample = |(le, value): &(Option<&str>, Option<f64>)| MetricSample {
        labels: le.iter().map(|le| ("le".to_owned(), (*le).to_owned())).collect(),
        value: *value,
        at: Timestamp(0),
    };
    Ok(values.iter().map(sample).collect())
}

/// What a gateway would answer that had so many requests, failures, and all of them within 10 ms.
fn healthy(query: &MetricQuery, requests: f64, failed: f64) -> Answer {
    let text = &query.expression;
    if text.contains("bucket") {
        let buckets =
            [(Some("10"), Some(requests)), (Some("50"), Some(requests)), (Some("+Inf"), Some(requests))];
        samples(&buckets)
    } else if text.contains("5xx") {
        samples(&[(None, Some(failed))])
    } else if text.contains("4xx") {
        samples(&[(None, Some(0.0))])
    } else {
        samples(&[(None, Some(requests))])
    }
}

/// Looks at the first stage until something follows, at most so often.
async fn watch(host: &ScriptedHost, facts: &Facts, looks: u32) -> (Result<Seen, StepError>, Vec<Look>) {
    let phase = &facts.phases[0];
    let confirmed = host.now();
    let mut knowledge = Knowledge::default();
    let (mut seen, mut last) = (Vec::new(), None);
    let mut wait = Duration::from_secs(30);
    for _ in 0..looks {
        host.sleep(wait).await.unwrap();
        let waits = held(host, phase, confirmed);
        let at = (confirmed, waits.as_deref());
        let found = look(host, facts, phase, at, &mut knowledge, &mut last).await;
        seen.extend(last.clone().filter(|one| seen.last().is_none_or(|before: &Look| before.at < one.at)));
        match found {
            Ok(Seen::Stay(after, _)) => wait = after,
            other => return (other, seen),
        }
    }
    (Ok(Seen::Stay(wait, "still".to_owned())), seen)
}

fn host(answer: impl Fn(&MetricQuery) -> Answer + Send + Sync + 'static) -> ScriptedHost {
    ScriptedHost::new(|_| Ok(ok(json!({})))).with_metrics(answer)
}

#[tokio::test]
async fn a_healthy_target_passes_when_its_time_is_over_and_not_before() {
    let host =
        host(|query| healthy(query, if query.expression.contains("gw-new") { 100.0 } else { 400.0 }, 0.0));
    let (end, looks) = watch(&host, &facts(&json!(["health"])), 40).await;
    assert!(matches!(end, Ok(Seen::Pass)), "{end:?}");
    assert!((8..=10).contains(&looks.len()), "{}", looks.len());
    let (last, before) = looks.split_last().unwrap();
    assert_eq!((last.decision, last.measured), (Decision::Forward, Some(20.0)));
    assert!(before.iter().all(|look| look.decision == Decision::Hold && look.reason.contains("held for")));
}

#[tokio::test]
async fn a_target_that_fails_is_found_at_the_second_look() {
    let host = host(|query| {
        let new = query.expression.contains("gw-new");
        healthy(query, if new { 100.0 } else { 400.0 }, if new { 10.0 } else { 0.0 })
    });
    let (end, looks) = watch(&host, &facts(&json!(["health"])), 40).await;
    let error = end.unwrap_err();
    assert_eq!(error.code, "GS-GATE-FAILED");
    assert!(error.message.starts_with("stage 20%: health errors: 20 of 200 (10 %)"), "{}", error.message);
    assert_eq!((looks.len(), looks[1].decision), (2, Decision::Back));
    assert!(error.details["gates"].as_array().is_some_and(|gates| !gates.is_empty()));
}

#[tokio::test]
async fn whatever_is_broken_holds_and_says_why() {
    let broken: [(&str, Script); 7] = [
        ("has no series", |_| samples(&[])),
        ("is not a number", |_| samples(&[(None, None)])),
        ("2 series instead of one", |_| samples(&[(None, Some(1.0)), (None, Some(1.0))])),
        ("timeout", |query| {
            Err(ServiceFailure::Failed { what: query.expression.clone(), cause: "timeout".into() })
        }),
        ("backwards", |query| healthy(query, -100.0, 0.0)),
        ("no label `le`", |query| {
            if query.expression.contains("bucket") {
                samples(&[(None, Some(1.0))])
            } else {
                healthy(query, 1.0, 0.0)
            }
        }),
        ("histogram holds", |query| {
            if query.expression.contains("bucket") {
                healthy(query, 5.0, 0.0)
            } else {
                healthy(query, 900.0, 0.0)
            }
        }),
    ];
    for (says, answer) in broken {
        let host = host(answer);
        let (end, looks) = watch(&host, &facts(&json!(["health"])), 30).await;
        assert!(matches!(end, Ok(Seen::Stay(..))), "{says}: {end:?}");
        assert!(!looks.is_empty());
        for look in looks {
            assert!(look.decision == Decision::Hold && look.reason.contains(says), "{says}: {}", look.reason);
            assert_eq!((look.measured, look.target), (None, None), "no zero is made of it");
        }
    }
}

#[tokio::test]
async fn what_was_not_measured_is_part_of_the_next_answer() {
    let asked = Arc::new(AtomicU32::new(0));
    let windows = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (count, seen) = (Arc::clone(&asked), Arc::clone(&windows));
    let host = host(move |query| {
        if count.fetch_add(1, Ordering::Relaxed) == 0 {
            return samples(&[]);
        }
        let window = query.expression.rsplit_once('[').unwrap().1.split_once('s').unwrap().0.to_owned();
        seen.lock().unwrap().push(window.parse::<u64>().unwrap());
        healthy(query, 100.0, 0.0)
    });
    let _ = watch(&host, &facts(&json!(["health"])), 4).await;
    let windows = windows.lock().unwrap();
    assert!(windows[0] > 45, "{windows:?}");
    assert!(windows.last().unwrap() <= &31, "{windows:?}");
}

#[tokio::test]
async fn numbers_of_the_business_are_asked_for_both_sides_and_late_ones_hold() {
    let gates = json!([{"business": {"name": "orders", "minCases": 20}}]);
    let answer = |good: f64, until: i64| {
        ScriptedHost::new(move |call| {
            let new = call.query.iter().any(|pair| *pair == ("side".to_owned(), "new".to_owned()));
            let good = if new { good } else { 99.0 };
            Ok(ok(json!({"good": good, "total": 100.0, "until": until})))
        })
    };
    let (end, _) = watch(&answer(99.0, i64::MAX), &facts(&gates), 40).await;
    assert!(matches!(end, Ok(Seen::Pass)), "{end:?}");
    let (end, _) = watch(&answer(60.0, i64::MAX), &facts(&gates), 40).await;
    let error = end.unwrap_err();
    assert!(error.message.contains("orders: 80 of 200 (40 %) cases of the new gateway"), "{}", error.message);
    let (end, looks) = watch(&answer(60.0, 1_700_000_000_000), &facts(&gates), 20).await;
    assert!(matches!(end, Ok(Seen::Stay(..))), "{end:?}");
    assert!(looks.iter().all(|look| look.reason.contains("the numbers of `orders` for the old side end")));
}
