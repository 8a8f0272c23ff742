//! The load client against running gateways and a running name server.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::common::*;
use gateshift_lab_kernel::RecordType::A;
use gateshift_lab_kernel::gateway::MatchKind::Prefix;
use gateshift_lab_planes::{LoadClient, LoadOptions, LoadTarget, NameServer};

/// Two gateways that serve the same host over both protocols, and a name server for it.
async fn two_gateways(speed: f64, ttl: u32, weights: [u32; 2]) -> (Lab, NameServer, [IpAddr; 2]) {
    let cloud = cloud(speed);
    let addresses = [cloud.addresses.take(), cloud.addresses.take()];
    let configs = [("gw-1", addresses[0]), ("gw-2", addresses[1])].map(|(id, address)| {
        let routes = vec![route("r", &["api.example.com"], Prefix, "/", mock(id))];
        let domains = vec![domain("api.example.com", Some("1-cn-hangzhou"), false)];
        gateway(id, address, domains, routes)
    });
    let records = addresses
        .iter()
        .zip(weights)
        .map(|(a, weight)| record(&a.to_string(), "api", A, &a.to_string(), ttl, weight));
    fill_zone(&cloud, "example.com", records.collect(), &["api"]);
    let server = NameServer::start(Arc::clone(&cloud)).await.expect("server");
    (Lab::start(cloud, configs.to_vec()), server, addresses)
}

fn options(lab: &Lab, server: &NameServer, speed: f64) -> LoadOptions {
    let target = |https| LoadTarget {
        host: "api.example.com".to_owned(),
        https,
        method: "GET".to_owned(),
        path: "/orders?id=1".to_owned(),
        headers: vec![("x-load".to_owned(), "1".to_owned())],
    };
    LoadOptions {
        rate_per_s: 400.0,
        targets: vec![target(false), target(true)],
        clock_speed: speed,
        ca_pem: Some(lab.authority.ca_pem().to_owned()),
        ..LoadOptions::new(server.addr(), lab.planes.http_port(), lab.planes.https_port())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_share_of_the_traffic_follows_the_weights() {
    // The TTL is 50 milliseconds on the wall, so nearly every request asks anew.
    let (lab, server, addresses) = two_gateways(1200.0, 60, [70, 30]).await;
    let load = LoadClient::start(options(&lab, &server, 1200.0)).expect("load");
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let report = load.stop().await;
    assert_eq!((report.failed, report.failures.as_slice()), (0, &[][..]));
    assert_eq!(report.succeeded, report.sent);
    assert!((800..=1100).contains(&report.sent), "{} sent", report.sent);
    let target = report.by_address[&addresses[1]] as f64 / report.sent as f64;
    // Five standard deviations of 1,000 draws.
    assert!((0.22..=0.38).contains(&target), "{target} at weight 30");
    assert!(report.p50_ms > 0.0 && report.p99_ms >= report.p50_ms && report.max_ms >= report.p99_ms);
    // Both gateways counted what the client says they answered.
    for (id, address) in [("gw-1", addresses[0]), ("gw-2", addresses[1])] {
        assert_eq!(lab.planes.requests_since(id, 0, None), report.by_address[&address]);
    }
    let https = |entry: &gateshift_lab_planes::LogEntry| entry.requested_server_name.is_some();
    assert!(lab.planes.requests_since("gw-1", 0, Some(&https)) > 100);
    lab.planes.shutdown().await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_keep_an_answer_for_its_ttl_and_then_ask_again() {
    // 60 lab seconds are 1.5 seconds on the wall.
    let (lab, server, addresses) = two_gateways(40.0, 60, [100, 0]).await;
    let population = 20;
    let options = LoadOptions { population, ..options(&lab, &server, 40.0) };
    let load = LoadClient::start(options).expect("load");
    tokio::time::sleep(Duration::from_millis(600)).await;
    for (id, weight) in [(addresses[0], 0), (addresses[1], 100)] {
        let mut zones = lab.cloud.zones.lock();
        let zone = zones.zones.get_mut("example.com").expect("zone");
        zone.records.get_mut(&id.to_string()).expect("record").weight = weight;
    }
    let before = load.stats();
    let asked: u64 = server.answered().values().sum();
    // Some clients ask twice at once before the first answer; without caches all 240 requests ask.
    assert!(asked <= 120, "{asked} questions of {population} clients in one ttl");
    tokio::time::sleep(Duration::from_millis(400)).await;
    let during = load.stats();
    assert_eq!(during.by_address.get(&addresses[1]), None, "caches still hold");
    assert!(during.by_address[&addresses[0]] > before.by_address[&addresses[0]]);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let after = load.stats();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let end = load.stop().await;
    assert_eq!(end.failed, 0, "{:?}", end.failures);
    let old = addresses[0];
    assert_eq!(end.by_address[&old], after.by_address[&old], "nobody stays longer than the ttl");
    assert!(end.by_address[&addresses[1]] > after.by_address[&addresses[1]]);
    lab.planes.shutdown().await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_counted_and_described() {
    let (lab, server, addresses) = two_gateways(100.0, 60, [50, 50]).await;
    lab.planes.crash("gw-2");
    lab.planes.fail("gw-1", 0.5);
    let mut options = options(&lab, &server, 100.0);
    options.targets.push(LoadTarget { host: "none.example.com".to_owned(), ..options.targets[0].clone() });
    let load = LoadClient::start(options).expect("load");
    tokio::time::sleep(Duration::from_millis(800)).await;
    let report = load.stop().await;
    assert_eq!(report.succeeded + report.failed, report.sent);
    assert!(report.succeeded > 0 && report.by_status[&503] > 0, "{report:?}");
    let has = |text: &str| report.failures.iter().any(|failure| failure.reason.contains(text));
    assert!(has("connect") && has("status 503") && has("dns"), "{:?}", report.failures);
    assert!(report.failures.iter().any(|failure| failure.address == Some(addresses[1])));

    let wrong = LoadOptions::new(server.addr(), 1, 2);
    assert!(LoadClient::start(wrong.clone()).is_err(), "no target");
    let targets = vec![LoadTarget { method: "GET".to_owned(), ..LoadTarget::default() }];
    assert!(LoadClient::start(LoadOptions { targets, rate_per_s: 0.0, ..wrong }).is_err());
    lab.planes.shutdown().await;
    server.shutdown().await;
}

/// Processor time of this process so far.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("stat");
    let after_name = stat.rsplit(')').next().expect("fields");
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_requests_a_second_leave_the_machine_to_others() {
    let (lab, server, _) = two_gateways(60.0, 60, [50, 50]).await;
    let options = LoadOptions { rate_per_s: 200.0, ..options(&lab, &server, 60.0) };
    let before = processor_time();
    let load = LoadClient::start(options).expect("load");
    tokio::time::sleep(Duration::from_secs(3)).await;
    let report = load.stop().await;
    let spent = (processor_time() - before).as_secs_f64() / 3.0;
    assert_eq!(report.failed, 0, "{:?}", report.failures);
    // Client, gateways and name server together; without optimisation ten times as much is allowed.
    let allowed = if cfg!(debug_assertions) { 3.0 } else { 0.3 };
    assert!(spent < allowed, "{spent} of a core");
    println!("{spent:.3} of a core, p50 {:.2} ms, p99 {:.2} ms", report.p50_ms, report.p99_ms);
    lab.planes.shutdown().await;
    server.shutdown().await;
}
