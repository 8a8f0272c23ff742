//! What the boundary costs, printed, and bounds that hold on a busy machine too. The table of
//! docs/PERFORMANCE.md is printed by `cargo test --release -p gateshift-plugin-tests cost -- --nocapture`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gateshift_loader::Place;
use gateshift_sdk::api::Migrator;
use gateshift_sdk::testing::input;
use serde_json::json;

use crate::world::{host, isolated, library, told, whole};

/// The middle of many measurements.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// One question and its answer, one at a time.
async fn question(migrator: &Arc<dyn Migrator>) -> Duration {
    let (host, given) = (host(), input("thing", json!({})));
    let plan = migrator.plan(&host, &given).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..2000 {
        let begun = Instant::now();
        migrator.verify(&host, &given, &plan, &json!({})).await.unwrap();
        times.push(begun.elapsed());
    }
    median(times)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_question_costs() {
    let here = question(&library().migrator(Place::Here).unwrap()).await;
    let child = question(&isolated()).await;
    let ratio = child.as_secs_f64() / here.as_secs_f64();
    println!("a question to a library: {here:?} in this process, {child:?} in a child, ratio {ratio:.1}");
    assert!(here < Duration::from_millis(2) && child < Duration::from_millis(20), "{here:?} {child:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_costs() {
    let migrator = isolated();
    let (mut failed, mut next) = (Vec::new(), Vec::new());
    for _ in 0..20 {
        let given = input("thing", json!({}));
        let plan = migrator.plan(&host(), &given).await.unwrap();
        let begun = Instant::now();
        migrator.verify(&host(), &told("abort", "verify"), &plan, &json!({})).await.unwrap_err();
        failed.push(begun.elapsed());
        let begun = Instant::now();
        migrator.verify(&host(), &given, &plan, &json!({})).await.unwrap();
        next.push(begun.elapsed());
    }
    let (failed, next) = (median(failed), median(next));
    println!("a crash is a failed attempt after {failed:?}; the next child answers after {next:?}");
    assert!(failed < Duration::from_millis(100) && next < Duration::from_millis(400), "{failed:?} {next:?}");
}

/// Resident pages of this process, and its descriptors and threads.
fn held() -> (u64, usize, usize) {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let resident = statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap();
    let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
    (resident, count("/proc/self/fd"), count("/proc/self/task"))
}

/// `GATESHIFT_SWAPS` says how many; the table is made with 10,000.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_grows_with_the_number_of_children() {
    let swaps = std::env::var("GATESHIFT_SWAPS").ok().and_then(|text| text.parse().ok()).unwrap_or(60usize);
    let library = library();
    let given = input("thing", json!({}));
    let swap = async || {
        let migrator = library.migrator(Place::Process).unwrap();
        whole(&*migrator, &host(), &given).await.unwrap();
    };
    for _ in 0..20 {
        swap().await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = held();
    for _ in 0..swaps {
        swap().await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let after = held();
    println!(
        "{swaps} children: {} -> {} pages, {} -> {} descriptors, {} -> {} threads",
        before.0, after.0, before.1, after.1, before.2, after.2
    );
    assert!(after.0 < before.0 + 1024, "it grew from {} to {} pages", before.0, after.0);
    assert!(after.1 <= before.1 + 2 && after.2 <= before.2 + 2, "{before:?} {after:?}");
}
