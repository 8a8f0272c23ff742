//! A person sets the records in a real server when the run asks for it; the run believes only answers.

use std::net::SocketAddr;

use gateshift_model::CHECKPOINT_MANUAL;
use gateshift_real::{NEW, OLD, PowerDns, Shift, definition};
use serde_json::json;

async fn plan(dns: SocketAddr) -> Shift {
    let settings = json!({"stages": ["20%", "100%"], "hold": "1s", "ttl": "5s", "hosts": ["www.shop.test"]});
    Shift::plan(definition("dns/manual", json!({}), json!({})), &[], dns, settings).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_stage_waits_for_a_person_and_for_the_servers_answers() {
    let server = PowerDns::start(true);
    server.zone(&[("www.shop.test.", "A", 60, &[OLD.0])]);
    let mut shift = plan(server.dns()).await;
    assert!(shift.blocking().is_empty(), "{:?}", shift.plan.findings);
    let script =
        |old: u32, new: u32| format!("A \"pickwrandom({{{{{old},'{}'}},{{{new},'{}'}}}})\"", OLD.0, NEW.0);

    let error = shift.step().await.unwrap_err();
    assert!(error.code == CHECKPOINT_MANUAL && error.message.contains("TTL 5 s"), "{error}");
    server.put(&("www.shop.test.", "A", 5, &[OLD.0]));
    assert!(shift.step().await.unwrap().unwrap().starts_with("ttl is in force"));

    let error = shift.step().await.unwrap_err();
    assert!(
        error.message.contains("192.0.2.1 with weight 4, 198.51.100.1 with weight 1, TTL 5 s"),
        "{error}"
    );
    server.take("www.shop.test.", "A");
    server.put(&("www.shop.test.", "LUA", 5, &[&script(1, 1)]));
    assert_eq!(shift.step().await.unwrap_err().code, CHECKPOINT_MANUAL, "a half is not a fifth");
    server.put(&("www.shop.test.", "LUA", 5, &[&script(4, 1)]));
    shift.until("20%").await.unwrap();

    assert_eq!(shift.step().await.unwrap_err().code, CHECKPOINT_MANUAL);
    server.put(&("www.shop.test.", "LUA", 5, &[&script(0, 1)]));
    shift.until("100%").await.unwrap();
    assert_eq!(shift.step().await.unwrap(), None);

    let undone = shift.undo().await.unwrap();
    assert!(undone.left[0].contains("192.0.2.1 alone"), "{undone:?}");
    server.put(&("www.shop.test.", "LUA", 5, &[&script(1, 0)]));
    assert!(shift.undo().await.unwrap().left.is_empty());
    assert!(shift.memory().writes.lock().unwrap().is_empty(), "nothing is ever written");
}
