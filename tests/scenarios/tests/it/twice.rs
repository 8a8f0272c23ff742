//! A whole gateway with everything that the generator knows, moved, moved once more by a run that knows
//! nothing of the first, and taken back: twice is once, and nothing stays.

use std::collections::BTreeMap;

use gateshift_scenarios::{Desk, Lab, configured, status, wait_for};
use serde_json::Value;

use crate::end::PATIENCE;

/// Calls that change something, by operation. The source is only ever read.
fn writes(lab: &Lab) -> BTreeMap<String, u64> {
    let reads = ["Get", "List", "Describe", "Query", "Search"];
    let stats = lab.stats();
    let mut found = BTreeMap::new();
    for (product, calls) in stats["calls"].as_object().unwrap().iter().filter(|(name, _)| *name != "mse") {
        for (operation, count) in calls.as_object().unwrap() {
            if !reads.iter().any(|read| operation.starts_with(read)) {
                found.insert(format!("{product} {operation}"), count["calls"].as_u64().unwrap());
            }
        }
    }
    found
}

/// The target account without gateways on their way out, which the product keeps for a while.
fn kept(lab: &Lab) -> Value {
    let mut state = lab.state();
    let gateways = state["apig"]["gateways"].as_array_mut().unwrap();
    gateways.retain(|one| one["deleting"] != true);
    state
}

fn move_twice_and_back(seed: &str) {
    let lab = Lab::up(&["--routes", "60", "--seed", seed, "--speed", "240"]);
    let before = kept(&lab);
    let first = Desk::new();
    let _ = first.start(&configured(&first, &lab)).wait(PATIENCE).expect(0);
    let (moved, created, written) = (kept(&lab), lab.created(), writes(&lab));
    assert_ne!(moved, before, "seed {seed}");
    assert!(written.values().sum::<u64>() > 300, "seed {seed}: {written:?}");

    // Another journal on another machine: all it can know is what it sees.
    let second = Desk::new();
    let _ = second.start(&configured(&second, &lab)).wait(PATIENCE).expect(0);
    assert_eq!(lab.created(), created, "seed {seed}: nothing is made a second time");
    assert_eq!(writes(&lab), written, "seed {seed}: nothing is written a second time");
    assert_eq!(kept(&lab), moved, "seed {seed}: and nothing is changed");
    let taken_back = |desk: &Desk| {
        let id = status(desk).unwrap()["run"].as_str().unwrap().to_owned();
        let endpoints = desk.path("endpoints.json").display().to_string();
        let words = ["rollback", &id, "--scope", "all", "--reason", "a test", "--endpoints", &endpoints];
        let _ = desk.start(&words).wait(PATIENCE).expect(5);
    };
    taken_back(&second);
    assert_eq!(kept(&lab), moved, "seed {seed}: what the second run did not make is not its to take back");
    taken_back(&first);
    let left = wait_for("the gateway to be gone", PATIENCE, || Some(kept(&lab)));
    assert_eq!(left, before, "seed {seed}: all that was made is taken back, and nothing else");
}

#[test]
fn a_whole_gateway_is_moved_once_however_often_and_taken_back_to_the_byte() {
    for seed in ["11", "12"] {
        move_twice_and_back(seed);
    }
}
