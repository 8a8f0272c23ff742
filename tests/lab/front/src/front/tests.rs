//! The front before a product made for the purpose, with requests that are really signed.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::faults::{FaultScript, Quota};
use crate::testing::{key, signed};

/// Answers as its name-giving parameter says.
#[derive(Default)]
struct Dummy {
    calls: Mutex<Vec<Call>>,
}

impl Product for Dummy {
    fn name(&self) -> &'static str {
        "apig"
    }

    fn call(&self, call: &Call) -> Answer {
        self.calls.lock().unwrap().push(call.clone());
        match call.operation.as_str() {
            "GetDomain" if call.path["domainId"] == "d-bad" => Ok(json!({"data": {"domainID": 7}})),
            "GetDomain" => Err(ApiError::new(404, "NotFound", "no such domain")),
            "CreateDomain" => Ok(json!({"code": "Ok", "data": {"domainId": "d-1"}})),
            "ListGateways" => Ok(json!({"data": {"totalSize": self.calls.lock().unwrap().len()}})),
            _ => Ok(json!({"code": "Ok", "data": {"totalSize": 4, "items": [{}, {}, {}, {}]}})),
        }
    }

    fn operations(&self) -> &'static [&'static str] {
        &["GetDomain", "CreateDomain", "ListDomains", "ListGateways"]
    }
}

struct Lab {
    front: Front,
    dummy: Arc<Dummy>,
}

fn lab() -> Lab {
    let dummy = Arc::new(Dummy::default());
    let entry = Entry {
        verifier: Verifier::new(vec![key()]),
        faults: Faults::default(),
        quotas: Quotas::default(),
        stats: Stats::default(),
        recorder: None,
    };
    Lab { front: Front::new(dummy.clone(), Arc::new(entry)).unwrap(), dummy }
}

impl Lab {
    fn ask(&self, method: &str, target: &str, action: &str, body: &str) -> Reply {
        let now = OffsetDateTime::now_utc();
        self.front.answer(&signed(&key(), "2024-03-27", method, target, action, body), now)
    }

    fn list(&self) -> Reply {
        self.ask("GET", "/v1/domains?pageNumber=1", "ListDomains", "")
    }

    fn faults(&self, yaml: &str) {
        self.front.entry.faults.set(FaultScript::parse(yaml).unwrap());
    }

    fn calls(&self) -> usize {
        self.dummy.calls.lock().unwrap().len()
    }
}

fn code(reply: &Reply) -> &str {
    reply.body.get("code").or_else(|| reply.body.get("Code")).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn a_good_call_reaches_the_product_typed_and_comes_back_with_its_id() {
    let lab = lab();
    let reply = lab.ask("POST", "/v1/domains?dryRun=True", "CreateDomain", r#"{"name":"a.example.com"}"#);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"code": "Ok", "data": {"domainId": "d-1"}, "requestId": reply.request_id}));
    let call = lab.dummy.calls.lock().unwrap().remove(0);
    assert_eq!((&call.query["dryRun"], &call.body["name"]), (&json!(true), &json!("a.example.com")));
    assert_eq!(call.request_id, reply.request_id);
}

#[test]
fn refusals_say_who_and_why() {
    let lab = lab();
    for (method, target, body, status, due) in [
        ("GET", "/v1/domains/d-1", "", 404, "NotFound"),
        ("GET", "/v1/domains/d-bad", "", 500, VIOLATION),
        ("GET", "/v1/nothing", "", 404, "InvalidAction.NotFound"),
        ("GET", "/v1/services", "", 501, "LabNotServed"),
        ("POST", "/v1/domains", "{}", 400, "InvalidParameter.IsEmpty"),
        ("GET", "/v1/domains?colour=red", "", 400, "InvalidParameter.WithDetail"),
    ] {
        let reply = lab.ask(method, target, "", body);
        assert_eq!((reply.status, code(&reply)), (status, due), "{method} {target}: {}", reply.body);
    }
    let violation = lab.ask("GET", "/v1/domains/d-bad", "", "");
    assert!(violation.body["message"].as_str().unwrap().contains("response.data.domainID: unknown"));
    let counts = lab.front.entry.stats.counts();
    assert_eq!(counts["apig"]["GetDomain"].refused[VIOLATION], 2);
}

#[test]
fn unsigned_requests_never_reach_the_product() {
    let lab = lab();
    let now = OffsetDateTime::now_utc();
    let mut wire = signed(&key(), "2024-03-27", "GET", "/v1/domains", "ListDomains", "");
    wire.query = "pageSize=100".to_owned();
    let reply = lab.front.answer(&wire, now);
    assert_eq!((reply.status, code(&reply), lab.calls()), (400, "SignatureDoesNotMatch", 0));
}

#[test]
fn refusing_faults_come_before_the_work() {
    let lab = lab();
    for (effect, status, due) in [
        ("throttle: { retry_after_ms: 70 }", 429, "Throttling.Api"),
        ("refuse: { status: 503, code: ServiceUnavailable }", 503, "ServiceUnavailable"),
        ("lock_failed", 409, "Conflict.LockFailed"),
    ] {
        let effect = if effect.contains(':') { format!("{{ {effect} }}") } else { effect.to_owned() };
        lab.faults(&format!("rules: [{{ product: apig, operation: List*, times: 1, do: {effect} }}]"));
        let reply = lab.list();
        assert_eq!((reply.status, code(&reply), lab.calls()), (status, due, 0), "{}", reply.body);
        assert_eq!(reply.retry_after_ms, effect.contains("throttle").then_some(70));
    }
    assert_eq!(lab.list().status, 200);
}

#[test]
fn the_other_faults_come_after_it() {
    let lab = lab();
    lab.faults("rules: [{ do: drop_reply, times: 1 }, { do: { slow: { ms: 30 } }, after: 1, times: 1 }]");
    let dropped = lab.list();
    assert!(dropped.dropped && lab.calls() == 1);
    let slow = lab.list();
    assert!(!slow.dropped && slow.delay == Duration::from_millis(30) && lab.calls() == 2);
    lab.faults("rules: [{ do: half_page, times: 1 }]");
    let half = lab.list().body;
    assert_eq!((half["data"]["items"].as_array().unwrap().len(), &half["data"]["totalSize"]), (2, &json!(4)));
    assert_eq!(lab.list().body["data"]["items"].as_array().unwrap().len(), 4);
    let count = &lab.front.entry.stats.counts()["apig"]["ListDomains"];
    assert_eq!((count.calls, count.answered, count.dropped), (4, 3, 1));
}

#[test]
fn a_stale_read_answers_as_the_last_time() {
    let lab = lab();
    let total = |target| lab.ask("GET", target, "ListGateways", "").body["data"]["totalSize"].clone();
    lab.faults("rules: [{ operation: List*, after: 2, times: 2, do: stale_read }]");
    let (asked, other) = ("/v1/gateways?pageNumber=1", "/v1/gateways?pageNumber=2");
    assert_eq!([total(asked), total(asked), total(asked)], [json!(1), json!(2), json!(2)]);
    // Nobody asked this before, so there is nothing stale to tell.
    assert_eq!([total(other), total(asked)], [json!(3), json!(4)]);
}

#[test]
fn a_quota_throttles_and_says_how_long() {
    let lab = lab();
    lab.front.entry.quotas.set(&BTreeMap::from([("apig".to_owned(), Quota { per_second: 0.1, burst: 2 })]));
    assert_eq!((lab.list().status, lab.list().status), (200, 200));
    let reply = lab.list();
    assert_eq!((reply.status, code(&reply), lab.calls()), (429, "Throttling.Api", 2));
    assert!(reply.retry_after_ms.unwrap() > 5_000, "{reply:?}");
}
