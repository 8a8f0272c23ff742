//! What a library that behaves gets done, in this process and in one of its own, is the same.

use std::time::Duration;

use gateshift_loader::{Limits, Place};
use gateshift_plugin_tests::{example, open};
use gateshift_sdk::model::{OperationKey, Outcome, Settled};
use gateshift_sdk::testing::input;
use serde_json::{Value, json};

use crate::world::{bounds, host, library, whole};

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_do_the_same_work() {
    for place in [Place::Here, Place::Process] {
        let migrator = library().migrator(place).unwrap();
        assert_eq!(migrator.manifest().version, "1.2.3");
        assert_eq!((migrator.never_waived(), migrator.looks_ahead()), (["SMP-REFUSED"].as_slice(), true));
        assert_eq!(migrator.check(&json!({ "mode": "refuse" }))[0].code, "SMP-REFUSED");
        assert!(migrator.check(&json!({})).is_empty());
        let (host, mut given) = (host(), input("thing", json!({})));
        let (plan, _) = whole(&*migrator, &host, &given).await.unwrap();
        assert_eq!(plan.operations.len(), 1, "{place:?}");
        assert_eq!(migrator.foresee(&given, &plan), Some(json!({ "for": "thing" })));
        let record = host.record().clone();
        let actions: Vec<&str> = record.calls.iter().map(|call| call.action.as_str()).collect();
        assert_eq!(actions, ["ListThings", "CreateThing"], "{place:?}");
        assert_eq!((record.settled.len(), record.checkpoints.len()), (1, 1));
        assert!(record.log[0].starts_with("planning at Timestamp(17"), "{:?}", record.log);
        given.settled.insert(
            OperationKey::new("thing/one"),
            Settled { outcome: Outcome::Created, id: None, data: Value::Null },
        );
        let undone = migrator.undo(&host, &given, Some(&plan)).await.unwrap();
        assert_eq!(undone.operations.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_do_not_mix_their_answers() {
    for place in [Place::Here, Place::Process] {
        let migrator = library().migrator(place).unwrap();
        let work = (0..64u64).map(|number| {
            let migrator = migrator.clone();
            tokio::spawn(async move {
                let given = input("thing", json!({ "size": number }));
                let (_, applied) = whole(&*migrator, &host(), &given).await.unwrap();
                let output = serde_json::to_value(applied).unwrap()["output"]["thing"].clone();
                assert_eq!(output.as_str().unwrap().len() as u64, number);
            })
        });
        for done in work.collect::<Vec<_>>() {
            done.await.unwrap();
        }
    }
}

/// Far more than a socket takes at once.
#[tokio::test(flavor = "multi_thread")]
async fn large_messages_pass_both_ways() {
    let patient = Limits { patience: Duration::from_secs(30), ..bounds() };
    let migrator = open(&example("gateshift_sample"), patient).unwrap().migrator(Place::Process).unwrap();
    let mut given = input("thing", json!({ "size": 4 << 20 }));
    given.checkpoint = Some(json!("y".repeat(4 << 20)));
    whole(&*migrator, &host(), &given).await.unwrap();
}

#[test]
fn the_kernel_confines_the_process_or_it_is_said() {
    let said = library().confinement().unwrap();
    assert!(said.contains("memory and descriptors by limits"), "{said}");
    println!("{said}");
}
