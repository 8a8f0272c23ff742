//! Cut at every write, in every way: the end is the undisturbed one, nothing is made twice, and undo
//! cleans up from wherever it stopped.

use gateshift_sdk::model::CheckpointResult;
use serde_json::{Value, json};

use super::lab::{Fault, Lab, options};
use super::model::inventory;

const FAULTS: [Fault; 4] = [Fault::LoseReply, Fault::LoseRequest, Fault::DieBefore, Fault::DieAfter];

#[tokio::test]
async fn every_cut_ends_in_the_same_world() {
    let inventory = inventory();
    let whole = Lab::new(options());
    let plan = whole.plan(&inventory, json!({})).await;
    whole.apply(&inventory, &plan).await.unwrap();
    let writes = whole.writes();
    assert!(writes > 50, "{writes}");
    for fault in FAULTS {
        for at in 1..=writes {
            let lab = Lab::new(options());
            let plan = lab.plan(&inventory, json!({})).await;
            lab.fail(at, fault);
            let mut result = lab.apply(&inventory, &plan).await;
            for _ in 0..3 {
                if result.is_ok() {
                    break;
                }
                lab.revive();
                result = lab.apply(&inventory, &plan).await;
            }
            let applied = result.unwrap_or_else(|error| panic!("{fault:?} at {at}: {error}"));
            assert_eq!(lab.apig.created_counts(), whole.apig.created_counts(), "{fault:?} at {at}");
            let gateshift_sdk::api::Applied::Done { output, .. } = applied else { panic!("{applied:?}") };
            let checkpoints = lab.verify(&inventory, &plan, &output).await;
            assert!(
                checkpoints.iter().all(|one| one.result == CheckpointResult::Pass),
                "{fault:?} at {at}: {checkpoints:?}"
            );
            assert!(content(&lab) == content(&whole), "{fault:?} at {at}: {}", content(&lab));
        }
    }
}

/// The account as answers show it: health checks never set read like ones that are off, so a lost
/// request that would have turned them off need not be sent again.
fn content(lab: &Lab) -> Value {
    let mut whole = lab.export();
    for service in whole["services"].as_array_mut().unwrap() {
        if service["healthCheck"].is_null() {
            service["healthCheck"] = json!({"enable": false});
        }
    }
    whole["services"].as_array_mut().unwrap().sort_by_cached_key(Value::to_string);
    whole
}

#[tokio::test]
async fn undo_cleans_up_from_every_cut() {
    let inventory = inventory();
    let whole = Lab::new(options());
    let plan = whole.plan(&inventory, json!({})).await;
    whole.apply(&inventory, &plan).await.unwrap();
    for fault in [Fault::DieBefore, Fault::DieAfter] {
        for at in 1..=whole.writes() {
            let lab = Lab::new(options());
            lab.direct("CreateDomain", json!({"name": "foreign.example.com", "protocol": "HTTP"}));
            let before = lab.export();
            let plan = lab.plan(&inventory, json!({})).await;
            lab.fail(at, fault);
            assert!(lab.apply(&inventory, &plan).await.is_err(), "{fault:?} at {at}");
            lab.revive();
            let undone = lab.undo(&inventory, &plan).await.unwrap();
            assert!(undone.left.is_empty(), "{fault:?} at {at}: {:?}", undone.left);
            assert!(lab.export() == before, "{fault:?} at {at}: {}", lab.export());
        }
    }
}

#[tokio::test]
async fn undo_itself_may_be_cut_and_repeated() {
    let inventory = inventory();
    let steps = {
        let lab = Lab::new(options());
        let plan = lab.plan(&inventory, json!({})).await;
        lab.apply(&inventory, &plan).await.unwrap();
        let before = lab.writes();
        lab.undo(&inventory, &plan).await.unwrap();
        lab.writes() - before
    };
    for fault in FAULTS {
        for at in (1..=steps).step_by(3) {
            let lab = Lab::new(options());
            let before = lab.export();
            let plan = lab.plan(&inventory, json!({})).await;
            lab.apply(&inventory, &plan).await.unwrap();
            lab.fail(at, fault);
            let first = lab.undo(&inventory, &plan).await;
            lab.revive();
            let second = lab.undo(&inventory, &plan).await.unwrap();
            assert!(second.left.is_empty(), "{fault:?} at {at}: {first:?} {:?}", second.left);
            assert!(lab.export() == before, "{fault:?} at {at}: {}", lab.export());
        }
    }
}
