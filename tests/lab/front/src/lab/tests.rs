//! The assembled lab over its real sockets.

use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::contract::Contract;
use crate::sign::{Key, SecurityToken};
use crate::testing::signed;
use crate::wire::Wire;

async fn lab(seed: u64) -> Lab {
    let account = Account::Generated { seed, routes: 40 };
    Lab::start(LabOptions { account, speed: 100.0, ..LabOptions::default() }).await.unwrap()
}

/// Sends a request to a server and gives status and body.
async fn send(url: &str, wire: &Wire) -> (u16, Value) {
    let mut text = format!("{} {}?{} HTTP/1.1\r\nconnection: close\r\n", wire.method, wire.path, wire.query);
    for (name, value) in &wire.headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("content-length: {}\r\n\r\n", wire.body.len());
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(&[text.as_bytes(), &wire.body].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or_else(|_| json!(body)))
}

impl Lab {
    fn key(&self) -> Key {
        let LabEndpoints { access_key_id: id, access_key_secret: secret, .. } = self.endpoints().clone();
        Key { id, secret, token: None }
    }

    async fn call(&self, product: &str, method: &str, target: &str, action: &str) -> (u16, Value) {
        self.call_as(&self.key(), product, method, target, action).await
    }

    async fn call_as(
        &self,
        key: &Key,
        product: &str,
        method: &str,
        target: &str,
        action: &str,
    ) -> (u16, Value) {
        let version = &Contract::of(product).unwrap().version;
        let url = &self.endpoints().endpoints[&format!("aliyun/{product}")];
        send(url, &signed(key, version, method, target, action, "")).await
    }

    async fn control(&self, url: &str, method: &str, target: &str, body: &str) -> (u16, Value) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = vec![("host".to_owned(), "lab".to_owned())];
        let wire = Wire {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers,
            body: body.into(),
        };
        send(url, &wire).await
    }

    async fn admin(&self, method: &str, target: &str, body: &str) -> (u16, Value) {
        self.control(&self.endpoints().admin, method, target, body).await
    }
}

#[tokio::test]
async fn every_product_answers_a_signed_call() {
    let lab = lab(1).await;
    for (product, method, target, action) in [
        ("mse", "POST", "/", "ListGateway"),
        ("apig", "GET", "/v1/gateways", "ListGateways"),
        ("alidns", "POST", "/", "DescribeDomains"),
        ("vpc", "POST", "/?RegionId=cn-hangzhou", "DescribeVpcs"),
        ("ecs", "POST", "/?RegionId=cn-hangzhou", "DescribeSecurityGroups"),
        ("cms", "POST", "/?Namespace=acs_mse_gateway", "DescribeMetricRuleList"),
        ("arms", "POST", "/?RegionId=cn-hangzhou&Page=1&Size=10", "GetAlertRules"),
        ("arms", "POST", "/?RegionId=cn-hangzhou", "SearchAlertRules"),
    ] {
        let (status, body) = lab.call(product, method, target, action).await;
        assert_eq!(status, 200, "{product}: {body}");
    }
    let (status, body) = lab.call("mse", "POST", "/", "NoSuchThing").await;
    assert_eq!((status, &body["Code"]), (404, &json!("InvalidAction.NotFound")));
    assert_eq!(lab.stats()["mse"]["ListGateway"].answered, 1);
    lab.shutdown().await;
}

#[tokio::test]
async fn temporary_keys_are_taken_until_they_end() {
    let temporary = |id: &str, hours| {
        let expires = OffsetDateTime::now_utc() + time::Duration::hours(hours);
        let token = SecurityToken { value: format!("token-of-{id}"), expires };
        Key { id: id.to_owned(), secret: "temporary".to_owned(), token: Some(token) }
    };
    let (good, ended, unknown) =
        (temporary("STS.good", 1), temporary("STS.ended", -1), temporary("STS.unknown", 1));
    let account = Account::Generated { seed: 1, routes: 40 };
    let more_keys = vec![good.clone(), ended.clone()];
    let lab = Lab::start(LabOptions { account, more_keys, ..LabOptions::default() }).await.unwrap();
    for (key, due) in [
        (good, None),
        (ended, Some("InvalidSecurityToken.Expired")),
        (unknown, Some("InvalidAccessKeyId.NotFound")),
    ] {
        let (status, body) = lab.call_as(&key, "apig", "GET", "/v1/gateways", "ListGateways").await;
        assert_eq!((status == 200, body["Code"].as_str()), (due.is_none(), due), "{body}");
    }
    lab.shutdown().await;
}

#[tokio::test]
async fn what_products_serve_is_in_their_contract() {
    let lab = lab(1).await;
    for product in lab.parts.products() {
        let contract = Contract::of(product.name()).unwrap();
        assert!(!product.operations().is_empty(), "{}", product.name());
        for operation in product.operations() {
            assert!(contract.operations.contains_key(*operation), "{} {operation}", product.name());
        }
    }
    lab.shutdown().await;
}

#[tokio::test]
async fn the_same_seed_gives_the_same_account() {
    let (one, same, other) = (lab(5).await, lab(5).await, lab(6).await);
    assert_eq!(one.export(), same.export());
    assert_eq!(one.parts.load_targets(), same.parts.load_targets());
    assert_ne!(one.parts.load_targets(), other.parts.load_targets());
    for lab in [one, same, other] {
        lab.shutdown().await;
    }
}

#[tokio::test]
async fn clients_are_served_by_the_source_gateway() {
    for seed in 0..4 {
        let lab = lab(seed).await;
        assert!(lab.parts.load_targets().len() > 20, "seed {seed}");
        let load = lab.load_client(150.0).unwrap();
        tokio::time::sleep(Duration::from_millis(1000)).await;
        let report = load.stop().await;
        assert_eq!((report.failed, &report.failures), (0, &Vec::new()), "seed {seed}");
        assert!(report.sent > 50, "seed {seed}: {report:?}");
        let source = lab.source_addresses();
        assert!(report.by_address.keys().all(|address| source.contains(address)), "seed {seed}: {report:?}");
        lab.shutdown().await;
    }
}

#[tokio::test]
async fn the_control_makes_trouble_and_ends_it() {
    let lab = lab(3).await;
    let list = async || lab.call("mse", "POST", "/", "ListGateway").await.0;
    let script = "rules: [{ product: mse, do: { refuse: { status: 503, code: ServiceUnavailable } } }]";
    assert_eq!(lab.admin("PUT", "/faults", script).await.0, 200);
    assert_eq!(list().await, 503);
    assert_eq!(lab.admin("GET", "/faults", "").await.1["hits"], json!([1]));
    assert_eq!(lab.admin("PUT", "/faults", "rules: 7").await.0, 400);
    assert_eq!(lab.admin("DELETE", "/faults", "").await.0, 200);
    assert_eq!(list().await, 200);
    assert_eq!(lab.admin("PUT", "/quotas", r#"{"mse": {"per_second": 0.01, "burst": 1}}"#).await.0, 200);
    assert_eq!((list().await, list().await), (200, 400));
    assert_eq!(lab.admin("GET", "/state", "").await.1, lab.export());
    assert_eq!(lab.admin("GET", "/stats", "").await.1["calls"]["mse"]["ListGateway"]["calls"], json!(4));
    let gateway = lab.endpoints().gateway.clone();
    assert_eq!(lab.admin("GET", "/planes", "").await.1, json!([gateway]));
    let listens = async || {
        let port = lab.endpoints().connect["80"];
        TcpStream::connect((lab.source_addresses()[0], port)).await.is_ok()
    };
    assert!(listens().await);
    assert_eq!(lab.admin("POST", &format!("/planes/{gateway}/crash"), "").await.0, 200);
    assert!(!listens().await);
    assert_eq!(lab.admin("POST", &format!("/planes/{gateway}/restore"), "").await.0, 200);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(listens().await);
    assert_eq!(lab.admin("POST", "/planes/gw-none/crash", "").await.0, 404);
    assert_eq!(lab.admin("POST", &format!("/planes/{gateway}/explode"), "").await.0, 400);
    assert_eq!(lab.admin("POST", "/dns/slow?ms=0", "").await.0, 200);
    assert_eq!(lab.admin("POST", "/dns/slow?ms=-1", "").await.0, 400);
    lab.shutdown().await;
}

#[tokio::test]
async fn metrics_can_be_asked_and_scraped() {
    let lab = lab(4).await;
    let url = lab.endpoints().endpoints["prometheus"].clone();
    let port = lab.endpoints().connect["80"];
    let mut gateway = TcpStream::connect((lab.source_addresses()[0], port)).await.unwrap();
    gateway
        .write_all(b"GET /nowhere HTTP/1.1\r\nhost: nowhere.invalid\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    gateway.read_to_end(&mut Vec::new()).await.unwrap();
    let label = format!("gateway_id=\"{}\"", lab.endpoints().gateway);
    let query = format!(
        "/api/v1/query?query={}",
        crate::wire::encode(&format!("envoy_http_downstream_rq_total{{{label}}}"))
    );
    let (status, body) = lab.control(&url, "GET", &query, "").await;
    assert_eq!((status, &body["data"]["result"][0]["value"][1]), (200, &json!("1")), "{body}");
    assert_eq!(lab.control(&url, "GET", "/api/v1/query?query=rate(x", "").await.0, 400);
    let (_, text) = lab.control(&url, "GET", "/metrics", "").await;
    assert!(text.as_str().unwrap().contains(&label), "{text}");
    lab.shutdown().await;
}

#[tokio::test]
async fn the_recording_holds_every_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("recording.jsonl");
    let account = Account::Generated { seed: 1, routes: 40 };
    let options = LabOptions { account, record: Some(record.clone()), ..LabOptions::default() };
    let lab = Lab::start(options).await.unwrap();
    let secret = lab.endpoints().access_key_secret.clone();
    for _ in 0..3 {
        lab.call("mse", "POST", "/?PageSize=5", "ListGateway").await;
    }
    lab.shutdown().await;
    let text = std::fs::read_to_string(&record).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert!(
        lines.iter().all(|line| line["query"] == json!({"PageSize": "5"}) && line["status"] == json!(200))
    );
    assert!(!text.contains(&secret) && !text.contains("authorization"));
    let unwritable = LabOptions { record: Some(folder.path().join("none/x")), ..LabOptions::default() };
    assert!(matches!(Lab::start(unwritable).await, Err(LabError::Record { .. })));
}

#[tokio::test]
async fn a_wanted_port_is_taken_and_a_taken_one_refused() {
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let options = || LabOptions {
        account: Account::Generated { seed: 1, routes: 40 },
        ports: BTreeMap::from([("mse".to_owned(), free)]),
        ..LabOptions::default()
    };
    let lab = Lab::start(options()).await.unwrap();
    assert_eq!(lab.endpoints().endpoints["aliyun/mse"], format!("http://127.0.0.1:{free}"));
    let refused = Lab::start(options()).await.err().unwrap().to_string();
    assert_eq!(refused, format!("the lab cannot listen at port {free} for mse"));
    lab.shutdown().await;
}
