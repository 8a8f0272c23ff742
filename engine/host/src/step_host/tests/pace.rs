//! Throttling, stopping and the flow of time.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use gateshift_model::ConnectionDefinition;
use gateshift_step_api::{CallFailure, CallKind};
use serde_json::json;

use super::{READ, WRITE, fine, on};
use crate::testing::{Memory, Reply, Seen, Server, options, request};

/// A quota as a token bucket; answers how many were refused as well.
fn quota(rate: f64) -> impl Fn(&Seen) -> Reply + Send + Sync + 'static {
    let state = Mutex::new((rate, Instant::now()));
    move |_| {
        let mut state = state.lock().unwrap();
        let now = Instant::now();
        state.0 = (state.0 + (now - state.1).as_secs_f64() * rate).min(rate);
        state.1 = now;
        if state.0 < 1.0 {
            return Reply::throttled();
        }
        state.0 -= 1.0;
        fine()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_quota_everything_ends_well_and_nearly_as_fast_as_it_allows() {
    let (rate, calls) = (60.0, 240);
    let server = Server::start(quota(rate)).await;
    let recorder = Memory::new();
    let host = on(&server, options(), &recorder);
    let began = Instant::now();
    let results = join_all((0..calls).map(|_| host.call(request(READ, CallKind::Read)))).await;
    let took = began.elapsed().as_secs_f64();
    assert!(results.iter().all(Result::is_ok));
    let least = f64::from(calls) / rate;
    assert!(took <= least * 1.3, "{took} s where {least} s would do");
}

#[tokio::test]
async fn patience_with_throttling_ends_and_a_wish_is_heeded() {
    let mut brief = options();
    brief.limits.throttle_budget = Duration::from_millis(400);
    let server = Server::start(|_| Reply::throttled()).await;
    let recorder = Memory::new();
    let failure = on(&server, brief, &recorder).call(request(WRITE, CallKind::Write)).await.unwrap_err();
    assert!(
        matches!(&failure, CallFailure::Throttled { code, tries, .. } if code == "Throttling.User" && *tries > 1),
        "{failure:?}"
    );

    let count = AtomicU32::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Answer {
            status: 503,
            headers: vec![("x-acs-retry-after", "300".to_owned())],
            body: "{}".to_owned(),
        },
        _ => fine(),
    })
    .await;
    let began = Instant::now();
    on(&server, options(), &recorder).call(request(WRITE, CallKind::Write)).await.unwrap();
    assert!((300..900).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn stopping_ends_waits_and_sends_nothing_more() {
    let server = Server::start(|_| fine()).await;
    let recorder = Memory::new();
    let host = on(&server, options(), &recorder);
    let began = Instant::now();
    let (slept, ()) = tokio::join!(host.sleep(Duration::from_secs(60)), async {
        recorder.stop.send_replace(true);
    });
    assert_eq!(slept.unwrap_err().code, "GS-STOPPED");
    assert!(began.elapsed() < Duration::from_secs(5));
    let failure = host.call(request(WRITE, CallKind::Write)).await.unwrap_err();
    assert_eq!(failure.code(), Some("GS-STOPPED"));
    assert!(server.seen().is_empty() && recorder.kinds().is_empty());
}

#[tokio::test]
async fn fast_time_shortens_waits_and_stays_on_this_machine() {
    let server = Server::start(|_| fine()).await;
    let mut fast = options();
    fast.overrides.time_scale = 1000.0;
    let recorder = Memory::new();
    let host = on(&server, fast.clone(), &recorder);
    let began = Instant::now();
    host.sleep(Duration::from_secs(60)).await.unwrap();
    assert!((60..3000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    let far = ConnectionDefinition {
        uses: "test/rpc".to_owned(),
        with: serde_json::from_value(json!({"url": "https://192.0.2.1"})).unwrap(),
        credentials: BTreeMap::new(),
    };
    let hosts = crate::Hosts::new(fast).unwrap();
    assert_eq!(hosts.check_connection("far", &far).unwrap_err().code, "GS-TIME-SCALE");
    assert!(crate::Hosts::new(options()).unwrap().check_connection("far", &far).is_ok());
}
