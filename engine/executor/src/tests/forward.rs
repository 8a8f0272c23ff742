//! Going forward: order, parallelism, waiting, outputs, and what the watcher sees.

use std::sync::Arc;

use gateshift_model::{RunOutcome, StepStatus};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::Driven;
use crate::testing::{Act, Lab, Phase, Seen, definition, drive, name, step};

#[tokio::test(start_paused = true)]
async fn a_graph_runs_to_its_end_and_stays_there() {
    let lab = Lab::new();
    let steps = vec![
        step("a", &[], json!({"objects": 2})),
        step("b", &["a"], json!({"objects": 1})),
        step("c", &["a"], Value::Null),
        step("d", &["b", "c"], json!({"objects": 1, "finding": "warn", "checkpoint": "pass"})),
    ];
    let (run, outcome) = lab.run(definition(steps)).await;
    assert_eq!(outcome, RunOutcome::Done);
    assert_eq!(lab.world.lock().present.len(), 4);
    let state = lab.state(run).await;
    assert!(state.steps.values().all(|step| step.status == StepStatus::Done));
    assert_eq!(state.step(&name("d")).unwrap().findings.len(), 1);
    assert_eq!(lab.kinds(run, "c").await, ["step_started", "step_applied", "step_verified", "step_done"]);
    assert_eq!(
        lab.kinds(run, "b").await,
        [
            "step_started",
            "step_planned",
            "call_answered",
            "call_intended",
            "call_answered",
            "operation_settled",
            "step_applied",
            "call_answered",
            "step_verified",
            "step_done",
        ]
    );

    let before = lab.history(run).await.len();
    let again = drive(&lab.successor(), run).await.unwrap();
    assert_eq!(again, Driven::Finished { outcome: RunOutcome::Done, reason: None });
    let resumed = lab.successor().resume(run, CancellationToken::new(), Arc::new(Seen::default())).await;
    assert_eq!(resumed.unwrap().outcome(), Some(RunOutcome::Done));
    assert_eq!(lab.history(run).await.len(), before, "a run that is done is not written to");
}

#[tokio::test(start_paused = true)]
async fn ready_steps_work_side_by_side_up_to_the_limit() {
    for (limit, expected) in [(1, 1), (3, 3), (100, 8)] {
        let lab = Lab::new();
        let names: Vec<String> = (0..8).map(|number| format!("s{number}")).collect();
        for name in &names {
            lab.world.script(Phase::Apply, name, [Act::Sleep(1000)]);
        }
        let run =
            lab.submit(definition(names.iter().map(|name| step(name, &[], Value::Null)).collect())).await;
        let (engine, _) = lab.process_with(None, |options| options.max_parallel = limit);
        let begin = (lab.clock)();
        drive(&engine, run).await.unwrap();
        assert_eq!(lab.world.lock().most_working, expected);
        let turns = 8u128.div_ceil(expected as u128);
        let took = lab.since(begin).as_millis();
        assert!((turns * 1000..turns * 1000 + 200).contains(&took), "{took} ms with {limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_empty_steps_costs_one_commit_each() {
    let lab = Lab::new();
    let names: Vec<String> = (0..50).map(|number| format!("s{number}")).collect();
    let steps = names.iter().enumerate().map(|(index, name)| match index.checked_sub(1) {
        Some(before) => step(name, &[&names[before]], Value::Null),
        None => step(name, &[], Value::Null),
    });
    let run = lab.submit(definition(steps.collect())).await;
    let (engine, journal) = lab.process(None);
    drive(&engine, run).await.unwrap();
    assert_eq!(journal.commits(), 50 + 1, "one for each step and one for the run's end");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_step_is_called_again_in_time_and_blocks_nobody() {
    let lab = Lab::new();
    let steps = vec![
        step("waits", &[], json!({"objects": 1, "pending": 3})),
        step("quick", &[], json!({"objects": 1})),
    ];
    let run = lab.submit(definition(steps)).await;
    let (engine, _) = lab.process_with(None, |options| {
        options.max_parallel = 1;
        options.time_scale = 10.0;
    });
    let begin = (lab.clock)();
    assert_eq!(drive(&engine, run).await.unwrap().outcome(), Some(RunOutcome::Done));
    let took = lab.since(begin).as_millis();
    assert!((18_000..18_200).contains(&took), "three waits of a minute at tenfold speed, not {took} ms");
    assert_eq!(lab.world.entered(Phase::Apply, "waits"), 4);
    assert_eq!(lab.world.entered(Phase::Plan, "waits"), 1);
    let state = lab.state(run).await;
    assert!(state.step(&name("quick")).unwrap().ended < state.step(&name("waits")).unwrap().ended);
    assert_eq!(lab.world.lock().creates["waits/0"], 1);
}

#[tokio::test(start_paused = true)]
async fn the_nearest_output_wins() {
    let lab = Lab::new();
    let steps = vec![
        step("far", &[], Value::Null),
        step("near", &["far"], Value::Null),
        step("last", &["far", "near"], Value::Null),
        step("deep", &["last"], Value::Null),
    ];
    let (run, _) = lab.run(definition(steps)).await;
    let state = lab.state(run).await;
    let read =
        |text| state.step(&name(text)).unwrap().output.clone().unwrap()["outputs"]["maker"]["step"].clone();
    assert_eq!(
        [read("far"), read("near"), read("last"), read("deep")],
        [Value::Null, json!("far"), json!("far"), json!("last")]
    );
}

#[tokio::test(start_paused = true)]
async fn the_watcher_sees_every_event_once_and_in_order() {
    let lab = Lab::new();
    let steps = vec![step("a", &[], json!({"objects": 5})), step("b", &[], json!({"objects": 5}))];
    let run = lab.submit(definition(steps)).await;
    let seen = Arc::new(Seen::default());
    let (engine, _) = lab.process(None);
    engine.drive(run, CancellationToken::new(), Arc::clone(&seen) as Arc<dyn crate::Watcher>).await.unwrap();
    let told: Vec<_> = seen.0.lock().unwrap().iter().map(|(seq, kind, _)| (*seq, kind.clone())).collect();
    let written = lab.history(run).await.into_iter().skip(2);
    let written: Vec<_> =
        written.map(|found| (found.seq, found.event().unwrap().kind().to_owned())).collect();
    assert_eq!(told, written);
}
