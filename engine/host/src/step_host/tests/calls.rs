//! What is sent, recorded and answered when a migrator calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use gateshift_model::OperationKey;
use gateshift_step_api::{Body, CallFailure, CallKind, CallRequest};
use serde_json::json;

use super::{READ, WRITE, fine, on};
use crate::testing::{Memory, Reply, SECRET, Seen, Server, host, manifest, options, request};

#[tokio::test]
async fn a_write_is_intended_sent_signed_and_answered() {
    let server = Server::start(|_| fine()).await;
    let recorder = Memory::new();
    let mut asked = request(WRITE, CallKind::Write);
    asked.query = vec![("Name".to_owned(), "a b*".to_owned()), ("Empty".to_owned(), String::new())];
    asked.body = Body::Form(vec![("Config".to_owned(), "x y".to_owned())]);
    asked.operation = Some(OperationKey::new("thing/a"));
    let reply = on(&server, options(), &recorder).call(asked).await.unwrap();
    assert_eq!(
        (reply.status, reply.request_id.as_deref(), &reply.body["Data"]),
        (200, Some("R-1"), &json!([1]))
    );
    let seen = server.seen().remove(0);
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str(), seen.body.as_str()),
        ("POST", "/?Name=a%20b%2A&Empty=", "Config=x+y")
    );
    let header = |name: &str| seen.headers.get(name).cloned().unwrap_or_default();
    assert_eq!(header("host"), server.address.to_string());
    assert_eq!(
        (header("x-acs-action"), header("x-acs-version")),
        (WRITE.to_owned(), "2020-01-01".to_owned())
    );
    assert_eq!(header("content-type"), "application/x-www-form-urlencoded");
    assert!(
        header("authorization").starts_with(
            "ACS3-HMAC-SHA256 Credential=the-key-id,SignedHeaders=content-type;host;x-acs-action;"
        )
    );
    let events = recorder.events.lock().unwrap().clone();
    assert_eq!(events[0].0, "intend");
    assert_eq!(
        (events[1].0.as_str(), &events[1].1["call"]["call"], &events[1].1["status"]),
        ("answered", &json!(7), &json!(200))
    );
    assert_eq!(events[1].1["call"]["operation"], "thing/a");
    assert_eq!(events[1].1["call"]["connection"], "conn");
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn a_read_is_only_answered_and_nonces_are_fresh() {
    let server = Server::start(|_| fine()).await;
    let recorder = Memory::new();
    let host = on(&server, options(), &recorder);
    for _ in 0..2 {
        host.call(request(READ, CallKind::Read)).await.unwrap();
    }
    assert_eq!(recorder.kinds(), ["answered", "answered"]);
    let seen = server.seen();
    assert_ne!(seen[0].headers["x-acs-signature-nonce"], seen[1].headers["x-acs-signature-nonce"]);
    assert_eq!(seen[0].headers["content-length"], "0");
}

#[tokio::test]
async fn a_lost_reply_is_repeated_only_where_that_is_harmless() {
    for (kind, action, sent) in
        [(CallKind::Read, READ, 2), (CallKind::IdempotentWrite, WRITE, 2), (CallKind::Write, WRITE, 1)]
    {
        let count = AtomicU32::new(0);
        let server =
            Server::start(
                move |_| if count.fetch_add(1, Ordering::SeqCst) == 0 { Reply::Drop } else { fine() },
            )
            .await;
        let recorder = Memory::new();
        let result = on(&server, options(), &recorder).call(request(action, kind)).await;
        assert_eq!(server.seen().len(), sent, "{kind:?}");
        assert_eq!(result.is_ok(), sent == 2, "{kind:?} {result:?}");
        if kind == CallKind::Write {
            assert!(matches!(result, Err(CallFailure::Lost { .. })), "{result:?}");
            assert_eq!(recorder.kinds(), ["intend", "answered"]);
        }
    }
}

#[tokio::test]
async fn a_slow_answer_is_lost_and_a_closed_port_is_unreachable() {
    let server = Server::start(|_| Reply::Late(Duration::from_secs(30), Box::new(fine()))).await;
    let mut hurried = options();
    hurried.limits.reply = Duration::from_millis(100);
    let recorder = Memory::new();
    let result = on(&server, hurried.clone(), &recorder).call(request(WRITE, CallKind::Write)).await;
    assert!(matches!(result, Err(CallFailure::Lost { .. })), "{result:?}");
    let closed = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    let with = json!({"url": format!("http://{closed}")});
    let host = host(hurried, manifest("test/rpc", &[READ], &[WRITE]), "test/rpc", with, &recorder);
    for (action, kind) in [(WRITE, CallKind::Write), (READ, CallKind::Read)] {
        let result = host.call(request(action, kind)).await;
        assert!(matches!(result, Err(CallFailure::Unreachable { .. })), "{result:?}");
    }
}

#[tokio::test]
async fn refusals_are_told_in_the_other_sides_words_without_our_secrets() {
    let server = Server::start(|seen: &Seen| {
        let words = format!("got {} with {SECRET}", seen.headers["x-acs-action"]);
        Reply::json(404, json!({"code": "NotFound", "message": words, "requestId": "r"}))
    })
    .await;
    let recorder = Memory::new();
    let failure = on(&server, options(), &recorder).call(request(READ, CallKind::Read)).await.unwrap_err();
    let CallFailure::Refused { status: 404, code, message, .. } = &failure else { panic!("{failure:?}") };
    assert_eq!(code, "NotFound");
    assert!(message.starts_with("got ListThings with [redacted "), "{message}");
    assert!(!recorder.all().contains(SECRET));
}

#[tokio::test]
async fn writes_with_one_key_run_one_after_another() {
    let (under_way, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (now, high) = (Arc::clone(&under_way), Arc::clone(&most));
    // The script runs at the start of a request, the next one only after the answer; a late answer overlaps otherwise.
    let server = Server::start(move |_| {
        high.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let done = Arc::clone(&now);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(25)).await;
            done.fetch_sub(1, Ordering::SeqCst);
        });
        Reply::Late(Duration::from_millis(40), Box::new(fine()))
    })
    .await;
    let recorder = Memory::new();
    let host = on(&server, options(), &recorder);
    let call = |serial: Option<&str>| {
        host.call(CallRequest { serial: serial.map(str::to_owned), ..request(WRITE, CallKind::Write) })
    };
    join_all((0..4).map(|_| call(Some("gateway:1")))).await;
    assert_eq!(most.load(Ordering::SeqCst), 1);
    join_all((0..4).map(|_| call(None))).await;
    assert!(most.load(Ordering::SeqCst) > 1);
}

#[tokio::test]
async fn without_keys_nothing_is_intended() {
    let server = Server::start(|_| fine()).await;
    let recorder = Memory::new();
    let mut bare = options();
    bare.environment.variables.clear();
    let failure = on(&server, bare, &recorder).call(request(WRITE, CallKind::Write)).await.unwrap_err();
    let CallFailure::Host(error) = failure else { panic!("{failure:?}") };
    assert_eq!(error.code, "GS-CREDENTIALS");
    for place in [
        "environment: ALIBABA_CLOUD_ACCESS_KEY_ID",
        "OIDC: ",
        "config.json: the home folder",
        "role of the machine: ",
        "URI: ",
    ] {
        assert!(error.message.contains(place), "{place}: {}", error.message);
    }
    assert!(server.seen().is_empty() && recorder.kinds().is_empty());
}
