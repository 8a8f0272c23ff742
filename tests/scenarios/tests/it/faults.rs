//! Trouble at the other side, scripted: the end is the one of a run without trouble.

use gateshift_scenarios::{Desk, quickstart, root};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::end::{End, PATIENCE, lab, undisturbed};

const SPEED: u32 = 240;

/// Runs under a script, and compares.
fn under(name: &str, plain: &End, seed: u64, script: &Value) {
    let folder = Desk::new();
    let file = folder.write("faults.json", &script.to_string());
    let lab = lab(seed, SPEED, &["--faults", &file.display().to_string()]);
    let desk = Desk::new();
    let ended = desk.start(&quickstart(&desk, &lab)).wait(PATIENCE);
    let hits = lab.admin("GET", "/faults", "")["hits"].clone();
    println!("{name}: hits {hits}");
    assert_eq!(
        ended.code,
        Some(0),
        "{name}: it did not end well; hits {hits}\n{}\n{}",
        ended.stdout,
        ended.stderr
    );
    let total: u64 = hits.as_array().unwrap().iter().map(|hits| hits.as_u64().unwrap()).sum();
    assert!(total > 0, "{name}: the script did nothing");
    let end = End::of(lab, &desk);
    end.assert_same(plain);
    end.assert_moved();
}

fn reads(operation: &str) -> bool {
    ["Get", "List", "Describe", "Query", "Check"].iter().any(|read| operation.starts_with(read))
}

/// Every operation that writes, by product, and how often the undisturbed run called it.
fn writes(plain: &End) -> Vec<(String, String, u64)> {
    let products = plain.calls.as_object().unwrap().iter();
    let all = products.flat_map(|(product, operations)| {
        operations
            .as_object()
            .unwrap()
            .iter()
            .map(move |(name, count)| (product.clone(), name.clone(), count["calls"].as_u64().unwrap()))
    });
    all.filter(|(_, name, _)| !reads(name)).collect()
}

/// The lists that the undisturbed run asked for and that have pages, as the products' contracts say.
fn paged(plain: &End) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (product, operations) in plain.calls.as_object().unwrap() {
        let file = root().join(format!("tests/lab/front/contract/{product}.json"));
        let contract: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        for name in operations.as_object().unwrap().keys() {
            let query = contract["operations"][name]["request"]["query"].as_object();
            if query.is_some_and(|query| query.contains_key("PageNumber") || query.contains_key("pageNumber"))
            {
                found.push((product.clone(), name.clone()));
            }
        }
    }
    found
}

#[test]
fn a_lost_reply_never_makes_anything_twice() {
    let (plain, _) = undisturbed(4, SPEED);
    let writes = writes(&plain);
    assert!(writes.len() > 8, "{writes:?}");
    for (name, seed) in [("first", 0), ("any", 1)] {
        let mut dice = Dice::seeded(seed);
        let rules: Vec<Value> = writes
            .iter()
            .map(|(product, operation, calls)| {
                let after = if seed == 0 { 0 } else { dice.below(*calls as usize) };
                json!({"product": product, "operation": operation, "times": 1, "after": after, "do": "drop_reply"})
            })
            .collect();
        under(&format!("{name} reply of every write lost"), &plain, 4, &json!({"rules": rules}));
    }
}

#[test]
fn throttling_slowness_and_locks_only_take_time() {
    let (plain, _) = undisturbed(5, SPEED);
    let burst = |product: &str, after: u64| json!({"product": product, "after": after, "times": 12, "do": {"throttle": {"retry_after_ms": 50}}});
    let bursts =
        [burst("mse", 5), burst("apig", 10), burst("apig", 150), burst("alidns", 4), burst("vpc", 0)];
    under("bursts of throttling", &plain, 5, &json!({"seed": 1, "rules": bursts}));
    let mut rules: Vec<Value> = vec![
        json!({"product": "*", "operation": "*", "probability": 0.02, "do": {"slow": {"ms": 400}}}),
        json!({"product": "*", "operation": "List*", "probability": 0.05, "do": {"throttle": {}}}),
    ];
    rules.extend(writes(&plain).iter().filter(|(product, ..)| product == "apig").map(|(product, operation, _)| {
        json!({"product": product, "operation": operation, "probability": 0.1, "do": "lock_failed"})
    }));
    rules.push(json!({"product": "apig", "probability": 0.02, "do": {"refuse": {"status": 500, "code": "InternalError"}}}));
    under("slow, locked, failing", &plain, 5, &json!({"seed": 2, "rules": rules}));
}

#[test]
fn lists_that_lie_are_not_believed() {
    let (plain, _) = undisturbed(6, SPEED);
    // Half of a page shows only where lists have pages and tell their total. Each costs an attempt of
    // its step, of which there are five.
    let rules: Vec<Value> = paged(&plain)
        .into_iter()
        .map(|(product, operation)| json!({"product": product, "operation": operation, "times": 1, "do": "half_page"}))
        .collect();
    assert!(rules.len() > 4, "{rules:?}");
    under("half pages", &plain, 6, &json!({"seed": 3, "rules": rules}));
}

/// What was made but does not show yet is not there for the checkpoint of `routes`, which then fails for
/// good instead of looking again: the run may hold. It never makes anything twice, and goes on to the
/// right end when it is resumed.
#[test]
fn answers_of_yesterday_never_lead_to_a_wrong_end() {
    let (plain, _) = undisturbed(6, SPEED);
    let rules = json!([
        {"product": "apig", "operation": "List*", "probability": 0.3, "times": 40, "do": "stale_read"},
        {"product": "apig", "operation": "Get*", "probability": 0.1, "times": 30, "do": "stale_read"},
        {"product": "alidns", "operation": "Describe*", "probability": 0.1, "times": 10, "do": "stale_read"}
    ]);
    let folder = Desk::new();
    let file = folder.write("faults.json", &json!({"seed": 4, "rules": rules}).to_string());
    let lab = lab(6, SPEED, &["--faults", &file.display().to_string()]);
    let desk = Desk::new();
    let ended = desk.start(&quickstart(&desk, &lab)).wait(PATIENCE);
    println!("stale reads: exit {:?}, hits {}", ended.code, lab.admin("GET", "/faults", "")["hits"]);
    if ended.code != Some(0) {
        assert!(
            ended.code == Some(1) && ended.stdout.contains("GS-CHECKPOINT-FAILED"),
            "{}\n{}",
            ended.stdout,
            ended.stderr
        );
        lab.admin("DELETE", "/faults", "");
        let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
        let _ = desk.start(&["resume", "--endpoints", &endpoints]).wait(PATIENCE).expect(0);
    }
    let end = End::of(lab, &desk);
    end.assert_same(&plain);
    end.assert_moved();
}

#[test]
fn a_tight_quota_is_kept_and_the_work_ends() {
    let (plain, _) = undisturbed(7, SPEED);
    let lab = lab(7, SPEED, &[]);
    lab.admin(
        "PUT",
        "/quotas",
        &json!({"apig": {"per_second": 40.0, "burst": 5}, "mse": {"per_second": 60.0, "burst": 10}})
            .to_string(),
    );
    let desk = Desk::new();
    let began = std::time::Instant::now();
    let _ = desk.start(&quickstart(&desk, &lab)).wait(PATIENCE).expect(0);
    println!("under quota: {:?}", began.elapsed());
    let end = End::of(lab, &desk);
    let calls = |end: &End| -> u64 {
        end.calls["apig"].as_object().unwrap().values().map(|one| one["calls"].as_u64().unwrap()).sum()
    };
    println!("{} calls, {} undisturbed", calls(&end), calls(&plain));
    assert!(calls(&end) < calls(&plain) * 2, "throttled calls are repeated without end");
    end.assert_same(&plain);
    end.assert_moved();
}
