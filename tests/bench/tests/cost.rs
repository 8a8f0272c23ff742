//! What runs of empty steps cost in the real store, counted in commits and events. No clock is looked at:
//! these hold on a busy machine, too.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use gateshift_bench::{Cost, Workload, run};

async fn cost(workload: Workload) -> Cost {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let cost = run(&workload, &folder.path().join("journal.db")).await.unwrap();
    let all = workload.runs * (workload.steps + usize::from(!workload.chained));
    assert_eq!(cost.steps, all);
    // Begin, application, verification and end of each step; claim and end of each run.
    assert_eq!(cost.events, (all * 4 + workload.runs * 2) as u64, "{}", workload.name);
    cost
}

#[tokio::test]
async fn a_chain_pays_for_one_flush_a_step() {
    let cost = cost(Workload { steps: 200, ..Workload::CHAIN }).await;
    // Each step is durable before the next starts: fewer commits than steps would be a lie.
    assert!(cost.commits >= 200, "{cost:?}");
    assert!(cost.commits <= 240, "{cost:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_side_by_side_share_their_flushes() {
    let cost = cost(Workload { runs: 40, steps: 10, ..Workload::MANY }).await;
    assert!(cost.commits <= 200, "{cost:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_that_stand_alone_share_their_flushes() {
    let cost = cost(Workload { steps: 500, ..Workload::FAN }).await;
    assert!(cost.commits <= 250, "{cost:?}");
}
