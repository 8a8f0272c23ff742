//! Running data planes, asked over real sockets.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::common::*;
use gateshift_lab_kernel::gateway::{Action, Forward, MatchKind};
use http_body_util::Full;
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde_json::json;

use MatchKind::{Exact, Prefix};

const SHOP: &str = "k8s://c/ns/shop";
const ONE: &str = "vip://10.0.0.1:80";
const DEAD: &str = "vip://10.0.0.9:80";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_answered_as_the_routes_say() {
    let cloud = cloud(1.0);
    let address = cloud.addresses.take();
    let all = ["api.example.com"];
    let at = |name: &str, path: &str, action| route(name, &all, Exact, path, action);
    let pinned = forward(vec![target(SHOP, labels("v2"), 100)]);
    let redirect = Action::Redirect { status: 302, host: Some("new.example.com".to_owned()), path: None };
    let routes = vec![
        at("mock", "/mock", Action::Mock { status: 418, body: "short and stout".to_owned() }),
        at("redirect", "/redirect", redirect),
        at("shop", "/shop", Action::Forward(pinned)),
        at("dead", "/dead", Action::Forward(forward(vec![target(DEAD, BTreeMap::new(), 100)]))),
    ];
    let domains = vec![domain("api.example.com", None, false)];
    let lab = Lab::start(cloud, vec![gateway("gw-1", address, domains, routes)]);

    let answer = lab.get(address, "API.example.com:80", "/mock").await;
    assert_eq!((answer.status, answer.body.as_str()), (418, "short and stout"));
    assert_eq!(answer.header("server"), "istio-envoy");
    assert!(!answer.header("date").is_empty());

    let answer = lab.get(address, "api.example.com", "/redirect?a=b").await;
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("location"), "http://new.example.com/redirect?a=b");

    let request = Request::post("/shop?x=1")
        .header("host", "api.example.com")
        .header("x-request-id", "id-7")
        .header("x-canary", "yes")
        .header("x-lab-upstream", "forged")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let answer = lab.send(address, request).await.expect("answer");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-request-id"), "id-7");
    assert!(!answer.header("x-envoy-upstream-service-time").is_empty());
    assert!(!answer.header("req-cost-time").is_empty());
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(
        answer.json(),
        json!({
            "upstream": SHOP, "labels": { "version": "v2" }, "method": "POST", "path": "/shop",
            "query": "x=1", "host": "api.example.com", "body_sha256": empty,
            "headers": {
                "x-canary": "yes",
                "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            },
        })
    );

    let head = Request::head("/shop").header("host", "api.example.com");
    let answer = lab.send(address, head).await.expect("answer");
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert!(answer.header("content-length").parse::<u32>().is_ok_and(|length| length > 100));

    let answer = lab.get(address, "api.example.com", "/dead").await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "no healthy upstream"));
    assert_eq!(lab.get(address, "api.example.com", "/none").await.status, 404);
    assert_eq!(lab.get(address, "other.example.com", "/mock").await.status, 404);

    let log = lab.planes.access_log();
    let summary: Vec<_> =
        log.iter().map(|e| (e.route_name.as_str(), e.response_code, e.response_flags.as_str())).collect();
    let wanted = [
        ("mock", 418, "-"),
        ("redirect", 302, "-"),
        ("shop", 200, "-"),
        ("shop", 200, "-"),
        ("dead", 503, "UH"),
        ("-", 404, "NR"),
        ("-", 404, "NR"),
    ];
    assert_eq!(summary, wanted);
    let shop = serde_json::to_value(&*log[2]).expect("entry");
    assert_eq!(shop["cluster_id"], "gw-1");
    assert_eq!(shop["path"], "/shop?x=1");
    assert_eq!(shop["upstream_cluster"], SHOP);
    assert_eq!(shop["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(shop["request_id"], "id-7");

    assert_eq!(lab.planes.requests_since("gw-1", 0, None), 7);
    let missed = |entry: &gateshift_lab_planes::LogEntry| entry.response_code == 404;
    assert_eq!(lab.planes.requests_since("gw-1", 0, Some(&missed)), 2);
    let query =
        "sum(increase(envoy_http_downstream_rq{gateway_id=\"gw-1\",response_code_class=\"5xx\"}[60s]))";
    assert_eq!(lab.planes.query(query).expect("answer")[0].value, 1.0);
    let (status, body) = lab.planes.query_response(query);
    assert_eq!((status, &body["data"]["result"][0]["value"][1]), (200, &json!("1")));
    assert_eq!(lab.planes.query_response("up").1["data"]["result"], json!([]));
    assert_eq!(lab.planes.query_response("up + 1").0, 400);
    assert!(lab.planes.metrics_text().contains("envoy_http_downstream_rq_total{gateway_id=\"gw-1\"} 7"));
    lab.planes.shutdown().await;
    assert!(lab.send(address, Request::get("/mock")).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_follows_the_server_name_and_speaks_both_protocols() {
    let cloud = cloud(1.0);
    let address = cloud.addresses.take();
    let names = ["api.example.com", "*.example.com", "plain.org"];
    let domains = vec![
        domain(names[0], Some("1-cn-hangzhou"), true),
        domain(names[1], Some("2-cn-hangzhou"), false),
        domain(names[2], None, false),
    ];
    let routes = vec![
        route("api", &names[..1], Prefix, "/", mock("api")),
        route("rest", &names[1..2], Prefix, "/", mock("rest")),
        route("plain", &names[2..], Prefix, "/", mock("plain")),
    ];
    let lab = Lab::start(cloud, vec![gateway("gw-1", address, domains, routes)]);
    let request = |host: &str| Request::get("/").header("host", host).body(Full::default()).expect("request");

    let mut certificates = Vec::new();
    for (host, body) in [("api.example.com", "api"), ("www.example.com", "rest"), ("x.example.com", "rest")] {
        let stream = lab.tls(address, host, &[b"http/1.1"]).await.expect("handshake");
        let shown = stream.get_ref().1.peer_certificates().expect("certificates")[0].clone();
        certificates.push(shown);
        let answer = exchange(TokioIo::new(stream), request(host)).await.expect("answer");
        assert_eq!(answer.body, body, "{host}");
    }
    assert_ne!(certificates[0], certificates[1]);
    assert_eq!(certificates[1], certificates[2]);

    let stream = lab.tls(address, "www.example.com", &[b"h2", b"http/1.1"]).await.expect("handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let request_h2 = Request::get("https://WWW.example.com:443/").body(Full::default()).expect("request");
    let answer = exchange_h2(TokioIo::new(stream), request_h2).await.expect("answer");
    assert_eq!((answer.body.as_str(), answer.header("date").is_empty()), ("rest", false));
    assert_eq!(lab.planes.access_log().last().expect("entry").protocol, "HTTP/2");

    // A domain without a certificate is not served over HTTPS, neither by name nor by host.
    assert!(lab.tls(address, "plain.org", &[]).await.is_err());
    let stream = lab.tls(address, "www.example.com", &[]).await.expect("handshake");
    let answer = exchange(TokioIo::new(stream), request("plain.org")).await.expect("answer");
    assert_eq!(answer.status, 404);

    let answer = lab.get(address, "api.example.com:8080", "/a?b=c").await;
    assert_eq!(answer.status, 301);
    assert_eq!(answer.header("location"), "https://api.example.com/a?b=c");
    assert_eq!(lab.get(address, "www.example.com", "/").await.status, 200);
    lab.planes.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_present_the_same_certificate() {
    let cloud = cloud(1.0);
    let addresses = [cloud.addresses.take(), cloud.addresses.take()];
    let domains = vec![domain("api.example.com", Some("1-cn-hangzhou"), false)];
    let configs = [("gw-1", addresses[0]), ("gw-2", addresses[1])]
        .map(|(id, address)| gateway(id, address, domains.clone(), Vec::new()));
    let lab = Lab::start(cloud, configs.to_vec());
    let mut shown = Vec::new();
    for address in addresses {
        let stream = lab.tls(address, "api.example.com", &[]).await.expect("handshake");
        shown.push(stream.get_ref().1.peer_certificates().expect("certificates").to_vec());
    }
    assert_eq!(shown[0], shown[1]);
    assert!(lab.authority.certified("none").is_err());
    lab.planes.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weights_labels_and_fallback_choose_the_upstream() {
    let cloud = cloud(1.0);
    let address = cloud.addresses.take();
    let weighted = forward(vec![target(SHOP, labels("v1"), 20), target(ONE, BTreeMap::new(), 80)]);
    let backed = Forward {
        fallback: vec![target(ONE, BTreeMap::new(), 0)],
        ..forward(vec![target(DEAD, BTreeMap::new(), 100)])
    };
    let routes = vec![
        route("weighted", &["*"], Exact, "/weighted", Action::Forward(weighted)),
        route("backed", &["*"], Exact, "/backed", Action::Forward(backed)),
        route(
            "any",
            &["*"],
            Prefix,
            "/any",
            Action::Forward(forward(vec![target(SHOP, BTreeMap::new(), 100)])),
        ),
    ];
    let lab = Lab::start(cloud, vec![gateway("gw-1", address, vec![domain("*", None, false)], routes)]);

    let mut shop = 0;
    for _ in 0..1000 {
        let answer = lab.get(address, "x", "/weighted").await.json();
        if answer["upstream"] == SHOP {
            assert_eq!(answer["labels"]["version"], "v1");
            shop += 1;
        }
    }
    // 200 expected, standard deviation 12.6: five of them either way.
    assert!((137..=263).contains(&shop), "{shop} of 1000 at weight 20");
    assert_eq!(lab.get(address, "x", "/backed").await.json()["upstream"], ONE);
    lab.cloud.world.lock().upstreams.get_mut(DEAD).expect("upstream").alive = true;
    assert_eq!(lab.get(address, "x", "/backed").await.json()["upstream"], DEAD);
    let first = lab.get(address, "x", "/any/1").await.json();
    for _ in 0..5 {
        assert_eq!(lab.get(address, "x", "/any/1").await.json(), first);
    }
    lab.planes.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_slow_fail_and_kill_a_gateway_and_end() {
    // Twenty lab seconds pass in one.
    let cloud = cloud(20.0);
    let address = cloud.addresses.take();
    let quick = Forward { timeout_ms: 2000, retries: 2, ..forward(vec![target(ONE, BTreeMap::new(), 100)]) };
    let routes = vec![route("r", &["*"], Prefix, "/", Action::Forward(quick))];
    let lab = Lab::start(cloud, vec![gateway("gw-1", address, vec![domain("*", None, false)], routes)]);
    let get = || lab.get(address, "x", "/");

    assert!(lab.planes.slow("gw-1", 1500));
    assert_eq!(get().await.status, 200);
    lab.planes.slow("gw-1", 3000);
    let answer = get().await;
    assert_eq!((answer.status, answer.body.as_str()), (504, "upstream request timeout"));
    let log = lab.planes.access_log();
    assert!((1500.0..2000.0).contains(&log[0].duration), "{}", log[0].duration);
    assert!((2000.0..2500.0).contains(&log[1].duration), "{}", log[1].duration);
    assert_eq!(log[1].response_flags, "UT");
    lab.planes.slow("gw-1", 0);

    assert!(lab.planes.fail("gw-1", 0.5));
    let mut failed = 0;
    for _ in 0..200 {
        failed += u32::from(get().await.status == 503);
    }
    assert!((60..=140).contains(&failed), "{failed} of 200 at one half");
    lab.planes.fail("gw-1", 0.0);
    assert_eq!(get().await.status, 200);

    let stream = tokio::net::TcpStream::connect((address, lab.planes.http_port())).await;
    let mut stream = stream.expect("connected");
    assert!(lab.planes.crash("gw-1"));
    let mut byte = [0];
    let dropped = tokio::io::AsyncReadExt::read(&mut stream, &mut byte);
    let dropped = tokio::time::timeout(Duration::from_secs(5), dropped).await.expect("in time");
    assert!(matches!(dropped, Ok(0) | Err(_)), "an open connection is dropped");
    until("refused connection", async || lab.send(address, Request::get("/")).await.is_err()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(lab.send(address, Request::get("/")).await.is_err(), "a crashed gateway stays down");
    assert!(lab.planes.restore("gw-1"));
    until("an answer", async || {
        lab.send(address, Request::get("/").header("host", "x")).await.is_ok_and(|a| a.status == 200)
    })
    .await;
    assert!(!lab.planes.crash("gw-none"));
    lab.planes.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planes_follow_their_control_plane() {
    let cloud = cloud(1.0);
    let (first, second) = (cloud.addresses.take(), cloud.addresses.take());
    let config = |id: &str, address, text: &str| {
        let routes = vec![route("r", &["*"], Prefix, "/", mock(text))];
        gateway(id, address, vec![domain("*", None, false)], routes)
    };
    let lab = Lab::start(cloud, vec![config("gw-1", first, "old")]);
    assert_eq!(lab.get(first, "x", "/").await.body, "old");

    lab.edit(|configs| configs[0] = config("gw-1", first, "new"));
    until("the new answer", async || lab.get(first, "x", "/").await.body == "new").await;

    // Without a touch the poll notices.
    lab.configs.lock().expect("configs").push(config("gw-2", second, "second"));
    let ask = async || lab.send(second, Request::get("/").header("host", "x")).await;
    until("the second gateway", async || ask().await.is_ok_and(|a| a.body == "second")).await;
    assert_eq!(lab.planes.gateways(), ["gw-1", "gw-2"]);

    lab.edit(|configs| configs[1].addresses.clear());
    until("the address to close", async || ask().await.is_err()).await;
    lab.edit(|configs| configs.truncate(1));
    until("the gateway to go", async || lab.planes.gateways() == ["gw-1"]).await;
    assert_eq!(lab.get(first, "x", "/").await.body, "new");
    lab.planes.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_access_log_file_has_a_line_for_each_request() {
    let cloud = cloud(1.0);
    let address = cloud.addresses.take();
    let file = std::env::temp_dir().join(format!("gateshift-planes-{}.log", std::process::id()));
    let routes = vec![route("r", &["*"], Prefix, "/", mock("hello"))];
    let config = gateway("gw-1", address, vec![domain("*", None, false)], routes);
    let path = file.clone();
    let lab = Lab::start_with(cloud, vec![config], |options| options.access_log = Some(path));
    for n in 0..3 {
        lab.get(address, "x", &format!("/{n}")).await;
    }
    lab.planes.shutdown().await;
    let text = std::fs::read_to_string(&file).expect("log");
    std::fs::remove_file(&file).expect("removed");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("json")).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!((&lines[2]["path"], &lines[2]["bytes_sent"]), (&json!("/2"), &json!(5)));
    assert!(lines[0]["__time__"].is_i64());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_backend_is_told_apart_from_a_dead_upstream() {
    let cloud = cloud(1.0);
    let address = cloud.addresses.take();
    let retried = Forward { retries: 2, ..forward(vec![target(ONE, BTreeMap::new(), 100)]) };
    let routes = vec![route("r", &["*"], Prefix, "/", Action::Forward(retried))];
    let config = gateway("gw-1", address, vec![domain("*", None, false)], routes);
    // Bound and dropped: nobody listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("port");
    let lab = Lab::start_with(cloud, vec![config], |options| options.backend = Some(closed));
    assert_eq!(lab.get(address, "x", "/").await.status, 503);
    let log = lab.planes.access_log();
    assert_eq!((log[0].response_flags.as_str(), log[0].upstream_cluster.as_deref()), ("UF,URX", Some(ONE)));
    assert!(log[0].upstream_transport_failure_reason.is_some());
    lab.planes.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_comes_later_is_taken_up() {
    let cloud = cloud(1.0);
    let address = cloud.addresses.take();
    let held = cloud.network.lock().certificates.remove(0);
    let domains = vec![domain("api.example.com", Some("1-cn-hangzhou"), false)];
    let lab = Lab::start(cloud, vec![gateway("gw-1", address, domains, Vec::new())]);
    assert!(lab.tls(address, "api.example.com", &[]).await.is_err());
    lab.cloud.network.lock().certificates.push(held);
    until("a handshake", async || lab.tls(address, "api.example.com", &[]).await.is_ok()).await;
    lab.planes.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_arrive_whole_and_too_large_ones_are_refused() {
    let cloud = cloud(1.0);
    let address = cloud.addresses.take();
    let action = Action::Forward(forward(vec![target(ONE, BTreeMap::new(), 100)]));
    let routes = vec![route("r", &["*"], Prefix, "/", action)];
    let lab = Lab::start(cloud, vec![gateway("gw-1", address, vec![domain("*", None, false)], routes)]);
    let post = async |body: Vec<u8>| {
        let request = Request::post("/").header("host", "x").body(Full::from(body)).expect("request");
        let stream = tokio::net::TcpStream::connect((address, lab.planes.http_port())).await;
        exchange(TokioIo::new(stream.expect("connected")), request).await
    };
    let answer = post(b"abc".to_vec()).await.expect("answer").json();
    let sha_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(answer["body_sha256"], sha_of_abc);
    // The client may still be sending when the refusal comes, and then sees a broken connection.
    assert!(
        post(vec![0; (16 << 20) + 1]).await.is_ok_and(|answer| answer.status == 413) || {
            lab.planes.access_log().last().is_some_and(|entry| entry.response_code == 413)
        }
    );
    lab.planes.shutdown().await;
}
