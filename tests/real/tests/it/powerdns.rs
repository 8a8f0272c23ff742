//! Weights in a real PowerDNS, counted behind a real resolver: there and back, by somebody else's side, with
//! scripts switched off, and through a cache.

use std::time::Duration;

use gateshift_real::{NEW, OLD, PowerDns, Shift, count, definition, first_after, unbound};
use hickory_proto::rr::RecordType;
use serde_json::{Value, json};

const HOSTS: [&str; 3] = ["www.shop.test", "alias.shop.test", "raw.shop.test"];

async fn plan(server: &PowerDns, settings: Value) -> Shift {
    let connection = definition(
        "powerdns",
        json!({"url": format!("http://{}", server.api()), "rate": 500, "burst": 100}),
        json!({"env": "PDNS"}),
    );
    Shift::plan(connection, &[("PDNS_TOKEN", PowerDns::KEY)], server.dns(), settings).await.unwrap()
}

/// A share of many answers is within five standard deviations: a true one is missed once in a million.
fn near(share: f64, percent: f64, times: u32) {
    let deviation = (percent * (100.0 - percent) / f64::from(times)).sqrt();
    assert!((share - percent).abs() <= 5.0 * deviation + 1e-9, "{share}% where {percent}% is planned");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_stage_shows_its_share_behind_the_resolver_and_all_comes_back() {
    let server = PowerDns::start(true);
    let alias = format!("{}.", OLD.2);
    server.zone(&[
        ("www.shop.test.", "A", 300, &[OLD.0]),
        ("www.shop.test.", "AAAA", 120, &[OLD.1]),
        ("www.shop.test.", "TXT", 300, &["\"a neighbour of the same name\""]),
        ("www.shop.test.", "LUA", 300, &["TXT \";return 'a script of somebody'\""]),
        ("alias.shop.test.", "CNAME", 300, &[&alias]),
        ("raw.shop.test.", "LUA", 300, &[&format!("A \"pickwhashed({{{{7,'{}'}}}})\"", OLD.0)]),
        ("other.shop.test.", "A", 300, &["203.0.113.7"]),
    ]);
    let before = server.sets();
    let resolver = unbound(server.dns(), false);
    let mut shift =
        plan(&server, json!({"stages": ["1%", "5%", "100%"], "hold": "1s", "ttl": "1s", "hosts": HOSTS}))
            .await;
    assert!(shift.blocking().is_empty(), "{:?}", shift.plan.findings);
    let sets = [
        ("www.shop.test", RecordType::A, NEW.0),
        ("www.shop.test", RecordType::AAAA, NEW.1),
        ("alias.shop.test", RecordType::CNAME, NEW.2),
        ("raw.shop.test", RecordType::A, NEW.0),
    ];
    for (stage, percent, times) in [("1%", 1.0, 3000), ("5%", 5.0, 1500), ("100%", 100.0, 200)] {
        shift.until(stage).await.unwrap();
        for (name, kind, value) in sets {
            near(count(resolver.dns, name, kind, times).share(value), percent, times);
        }
        assert!(
            (count(resolver.dns, "other.shop.test", RecordType::A, 20).share("203.0.113.7") - 100.0).abs()
                < 1e-9
        );
    }
    assert_eq!(shift.step().await.unwrap(), None);

    let undone = shift.undo().await.unwrap();
    assert!(undone.left.is_empty() && undone.facts["answersNamingTarget"] == 0, "{undone:?}");
    for (name, kind, value) in sets {
        assert!(count(resolver.dns, name, kind, 300).share(value) < 1e-9, "{name}");
    }
    let short = |line: &String| {
        let mut words: Vec<&str> = line.splitn(4, ' ').collect();
        let moved = HOSTS.iter().any(|host| words[0] == format!("{host}.")) && words[1] != "TXT";
        if moved {
            words[2] = "short";
        }
        words.join(" ")
    };
    let as_it_was: Vec<String> = before.iter().map(short).collect();
    assert_eq!(server.sets().iter().map(short).collect::<Vec<_>>(), as_it_was);
    assert!(shift.undo().await.unwrap().facts["writes"] == 0, "a second one has nothing to do");
    let said = shift.memory().calls.lock().unwrap().join("\n");
    assert!(!said.contains(PowerDns::KEY), "the key is in the record");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_that_somebody_changed_stops_the_shift_and_not_the_way_back() {
    let server = PowerDns::start(true);
    server.zone(&[("www.shop.test.", "A", 1, &[OLD.0])]);
    let mut shift = plan(
        &server,
        json!({"stages": ["20%", "100%"], "hold": "1s", "ttl": "1s", "hosts": ["www.shop.test"]}),
    )
    .await;
    shift.until("20%").await.unwrap();
    let stranger = format!("A \"pickwrandom({{{{4,'{}'}},{{1,'{}'}},{{1,'203.0.113.9'}}}})\"", OLD.0, NEW.0);
    server.put(&("www.shop.test.", "LUA", 1, &[&stranger]));
    let writes = shift.memory().writes.lock().unwrap().len();
    let error = shift.step().await.unwrap_err();
    assert!(error.code == "GS-DNS-CHANGED" && error.message.contains("203.0.113.9"), "{error}");
    assert_eq!(shift.memory().writes.lock().unwrap().len(), writes, "nothing was written over it");
    // Somebody's broken script is taken with a yes, and answers nothing: the way back mends it.
    server.put(&("www.shop.test.", "LUA", 1, &["A \"pickwrandom({{4,})\""]));
    let broken = count(server.dns(), "www.shop.test", RecordType::A, 5);
    assert!(broken.share(OLD.0) < 1e-9 && broken.share(NEW.0) < 1e-9, "{broken:?}");
    shift.undo().await.unwrap();
    assert!((count(server.dns(), "www.shop.test", RecordType::A, 100).share(OLD.0) - 100.0).abs() < 1e-9);
    assert_eq!(
        server.sets().iter().filter(|line| line.starts_with("www")).collect::<Vec<_>>(),
        [&format!("www.shop.test. A 1 {}", OLD.0)]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_scripts_is_refused_before_anything_is_written() {
    let server = PowerDns::start(false);
    server.zone(&[("www.shop.test.", "A", 60, &[OLD.0])]);
    let before = server.sets();
    let shift = plan(&server, json!({"stages": ["1%"], "hosts": ["www.shop.test"]})).await;
    assert_eq!(shift.blocking(), ["DNS-UNFIT"]);
    assert_eq!(server.sets(), before);
    // What the operator lets through all the same is found out while nobody is exposed.
    let mut shift = shift;
    let error = loop {
        match shift.step().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a shift without scripts"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code, "GS-DNS-UNCONFIRMED", "the API says yes, and the server answers nothing");
    shift.undo().await.unwrap();
    assert!((count(server.dns(), "www.shop.test", RecordType::A, 50).share(OLD.0) - 100.0).abs() < 1e-9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_cache_the_way_back_takes_no_longer_than_the_time_to_live() {
    let server = PowerDns::start(true);
    server.zone(&[("www.shop.test.", "A", 2, &[OLD.0])]);
    let resolver = unbound(server.dns(), true);
    let mut shift =
        plan(&server, json!({"stages": ["100%"], "hold": "1s", "ttl": "2s", "hosts": ["www.shop.test"]}))
            .await;
    shift.until("100%").await.unwrap();
    let _ = first_after(resolver.dns, "www.shop.test", NEW.0, Duration::from_secs(10));
    shift.undo().await.unwrap();
    let took = first_after(resolver.dns, "www.shop.test", OLD.0, Duration::from_secs(10));
    // Two times to live, and the half second between two questions.
    assert!(took <= Duration::from_millis(4500), "{took:?}");
}
