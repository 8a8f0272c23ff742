//! Each way of going wrong is one failed attempt with its reason, and the next piece of work goes well.

use std::time::{Duration, Instant};

use gateshift_loader::{Limits, Place};
use gateshift_plugin_tests::{example, open};
use gateshift_sdk::testing::input;
use serde_json::json;

use crate::world::{bounds, host, isolated, library, told, whole};

/// What it does, how its failure is called, and what the message says.
const WAYS: [(&str, &str, &str); 15] = [
    ("panic", "GS-MIGRATOR-PANIC", "as it was told (at tests/plugins/examples/sample.rs:"),
    ("abort", "GS-MIGRATOR-LOST", "signal 6 (abort)"),
    ("segfault", "GS-MIGRATOR-LOST", "signal 11 (segmentation fault)"),
    ("overflow", "GS-MIGRATOR-LOST", "stack overflow"),
    ("exit", "GS-MIGRATOR-LOST", "ended by itself with status 7"),
    ("loop", "GS-MIGRATOR-STUCK", "neither answered nor asked for anything for 1.5 s"),
    ("hog", "GS-MIGRATOR-LOST", "memory allocation of"),
    ("undeclared", "GS-MIGRATOR-PANIC", "GS-UNDECLARED-ACTION"),
    ("network", "GS-MIGRATOR-PANIC", "not permitted"),
    ("files", "GS-MIGRATOR-PANIC", "denied"),
    ("program", "GS-MIGRATOR-PANIC", "not permitted"),
    ("environment", "GS-MIGRATOR-PANIC", "variables: 0"),
    ("chatter", "", ""),
    ("threads", "", ""),
    ("", "", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_way_is_one_failed_attempt_and_the_work_goes_on() {
    let migrator = isolated();
    for (mode, code, message) in WAYS {
        for verb in ["plan", "apply", "verify"] {
            let begun = Instant::now();
            let result = whole(&*migrator, &host(), &told(mode, verb)).await;
            let took = begun.elapsed();
            match result {
                Ok(_) => assert_eq!(code, "", "`{mode}` in {verb} went well"),
                Err(error) => {
                    assert_eq!(error.code, code, "`{mode}` in {verb}: {error}");
                    assert!(error.message.contains(message), "`{mode}` in {verb}: {}", error.message);
                    assert!(error.hint.is_some());
                }
            }
            assert!(took.as_secs() < 10, "`{mode}` in {verb} took {took:?}");
            // The next attempt of the same migrator gets a process that works.
            whole(&*migrator, &host(), &input("thing", json!({}))).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gigabyte_is_too_large_an_answer() {
    let roomy = Limits { memory: 8 << 30, patience: Duration::from_secs(90), ..bounds() };
    let migrator = open(&example("gateshift_sample"), roomy).unwrap().migrator(Place::Process).unwrap();
    let error = whole(&*migrator, &host(), &input("thing", json!({ "size": 65 << 20 }))).await.unwrap_err();
    assert_eq!(error.code, "GS-MIGRATOR-GARBAGE", "{error}");
    assert!(error.message.contains("the answer has 681"), "{error}");
    // Within the usual bound it does not even get so far.
    let error = whole(&*isolated(), &host(), &input("thing", json!({ "size": 1 << 30 }))).await.unwrap_err();
    assert_eq!(error.code, "GS-MIGRATOR-LOST", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_this_process_is_a_failed_attempt_too() {
    let migrator = library().migrator(Place::Here).unwrap();
    for verb in ["plan", "apply", "verify"] {
        let error = whole(&*migrator, &host(), &told("panic", verb)).await.unwrap_err();
        assert_eq!(error.code, "GS-MIGRATOR-PANIC", "{error}");
        whole(&*migrator, &host(), &input("thing", json!({}))).await.unwrap();
    }
    let found = migrator.check(&json!({ "mode": "panic-in-check" }));
    assert_eq!(found[0].code, "GS-MIGRATOR-PANIC");
}

/// Whoever waits is told, and what nobody waits for is given up.
#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_cut_off_leaves_nothing_behind() {
    for place in [Place::Here, Place::Process] {
        let migrator = library().migrator(place).unwrap();
        let forever = gateshift_sdk::testing::ScriptedHost::new(|_| {
            std::thread::sleep(Duration::from_millis(50));
            Ok(gateshift_sdk::testing::ok(json!({})))
        });
        let given = input("thing", json!({}));
        let cut = tokio::time::timeout(Duration::from_millis(1), migrator.plan(&forever, &given));
        drop(cut.await);
        whole(&*migrator, &host(), &given).await.unwrap();
    }
}
