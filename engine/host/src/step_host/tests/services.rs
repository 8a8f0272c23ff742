//! Redaction of everything else that leaves, metric queries and probes.

use std::time::Duration;

use gateshift_model::{OperationKey, Outcome, Settled};
use gateshift_step_api::{
    CallKind, DnsQuestion, LogLevel, Manifest, MetricQuery, ProbeFailure, ProbeRequest, ProbeUse, Progress,
    ServiceFailure,
};
use serde_json::{Value, json};

use super::{WRITE, fine, on};
use crate::encode;
use crate::testing::{Memory, Reply, SECRET, Seen, Server, host, manifest, options, request};

#[tokio::test]
async fn a_secret_of_the_host_leaves_by_no_way() {
    let server = Server::start(|_| fine()).await;
    let recorder = Memory::new();
    let host = on(&server, options(), &recorder);
    let mut asked = request(WRITE, CallKind::Write);
    asked.query = vec![("Name".to_owned(), SECRET.to_owned())];
    host.call(asked).await.unwrap();
    host.checkpoint(json!({"a": [SECRET]})).await.unwrap();
    let settled =
        Settled { outcome: Outcome::Created, id: Some(SECRET.to_owned()), data: json!({SECRET: 1}) };
    host.settle(&OperationKey::new("k"), settled).await.unwrap();
    host.put_artifact("a", "text/plain", format!("x {} y", encode::percent(SECRET)).into_bytes())
        .await
        .unwrap();
    host.progress(Progress { done: 1, total: 2, text: SECRET.to_owned() });
    host.log(LogLevel::Info, SECRET);
    let all = recorder.all();
    assert_eq!(
        recorder.kinds(),
        ["intend", "answered", "checkpoint", "settle", "artifact", "progress", "log"]
    );
    assert!(!all.contains(SECRET) && !all.contains(&encode::percent(SECRET)), "{all}");
    assert!(server.seen()[0].target.contains(&encode::percent(SECRET)), "the request itself is as it was");
}

#[tokio::test]
async fn metric_queries() {
    let server = Server::start(|seen: &Seen| {
        if seen.target.contains("broken") {
            return Reply::json(400, json!({"status": "error", "errorType": "bad_data", "error": "parse error"}));
        }
        let pair: Value = json!([1.5, "0.25"]);
        Reply::json(200, json!({"status": "success", "data": {"resultType": "vector", "result": [{"metric": {"a": "b"}, "value": pair}]}}))
    })
    .await;
    let recorder = Memory::new();
    let with = json!({"url": format!("{}/prom/", server.url())});
    let host = host(options(), manifest("test/plain", &[], &[]), "test/plain", with, &recorder);
    let ask = |expression: &str| {
        host.query(MetricQuery { connection: "c".to_owned(), expression: expression.to_owned() })
    };
    let samples = ask("sum(rate(x[1m]))").await.unwrap();
    assert_eq!((samples[0].value, samples[0].labels["a"].as_str()), (Some(0.25), "b"));
    let seen = server.seen().remove(0);
    assert_eq!(seen.target, "/prom/api/v1/query?query=sum%28rate%28x%5B1m%5D%29%29");
    assert!(!seen.headers.contains_key("authorization"));
    let failure = ask("broken").await.unwrap_err();
    assert!(
        matches!(&failure, ServiceFailure::Failed { cause, .. } if cause.contains("parse error")),
        "{failure:?}"
    );
}

#[tokio::test]
async fn probes_go_where_the_rehearsal_listens_and_only_if_declared() {
    let server = Server::start(|_| Reply::json(200, json!("here"))).await;
    let recorder = Memory::new();
    let mut mapped = options();
    mapped.overrides.connect.insert(443, server.address.port());
    let probe = |address: &str| ProbeRequest {
        address: address.parse().unwrap(),
        port: 443,
        tls: None,
        method: "GET".to_owned(),
        host: "a.example.com".to_owned(),
        target: "/".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout: Duration::from_secs(2),
    };
    let with = json!({"url": server.url()});
    let bold = manifest("test/rpc", &[], &[]);
    let reply = host(mapped.clone(), bold.clone(), "test/rpc", with.clone(), &recorder)
        .probe(probe("127.0.0.1"))
        .await
        .unwrap();
    assert_eq!((reply.status, server.seen()[0].headers["host"].as_str()), (200, "a.example.com"));

    let shy = Manifest { probes: ProbeUse::default(), ..bold.clone() };
    let shy = host(mapped.clone(), shy, "test/rpc", with.clone(), &recorder);
    let question = DnsQuestion { name: "a.example.com".to_owned(), kind: "A".to_owned(), server: None };
    assert!(
        matches!(shy.probe(probe("127.0.0.1")).await, Err(ProbeFailure::Host(error)) if error.code == "GS-UNDECLARED-PROBE")
    );
    assert!(
        matches!(shy.resolve(question).await, Err(ServiceFailure::Host(error)) if error.code == "GS-UNDECLARED-PROBE")
    );

    mapped.overrides.time_scale = 60.0;
    let fast = host(mapped, bold, "test/rpc", with, &recorder).probe(probe("192.0.2.1")).await;
    assert!(matches!(fast, Err(ProbeFailure::Host(error)) if error.code == "GS-TIME-SCALE"));
    assert_eq!(server.seen().len(), 1);
}
