//! Any graph: every step once, none before what it needs.

use gateshift_model::{RunOutcome, StepName};
use proptest::prelude::*;
use serde_json::json;

use crate::testing::{Act, Lab, Phase, definition, drive, step};

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_step_runs_once_and_after_its_needs(
        edges in proptest::collection::vec(any::<u64>(), 1..24),
        sleeps in proptest::collection::vec(0u64..50, 24),
        limit in 1usize..6,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let lab = Lab::new();
            let names: Vec<String> = (0..edges.len()).map(|number| format!("s{number}")).collect();
            let steps = names.iter().enumerate().map(|(index, name)| {
                let needs: Vec<&str> =
                    (0..index).filter(|other| edges[index] >> other & 3 == 3).map(|other| names[other].as_str()).collect();
                lab.world.script(Phase::Apply, name, [Act::Sleep(sleeps[index])]);
                step(name, &needs, json!({"objects": 1}))
            });
            let definition = definition(steps.collect());
            let run = lab.submit(definition.clone()).await;
            let (engine, _) = lab.process_with(None, |options| options.max_parallel = limit);
            assert_eq!(drive(&engine, run).await.unwrap().outcome(), Some(RunOutcome::Done));
            assert!(lab.world.lock().most_working <= limit);
            assert_eq!(lab.world.lock().creates.len(), names.len());
            let history = lab.history(run).await;
            let place = |kind: &str, step: &StepName| {
                let mut found = history.iter().filter(|one| one.body["event"] == kind && one.body["step"] == step.as_str());
                let first = found.next().unwrap().seq;
                assert!(found.next().is_none(), "{kind} {step} stands twice");
                first
            };
            for step in &definition.steps {
                for need in &step.needs {
                    assert!(place("step_done", need) < place("step_started", &step.name));
                }
            }
        });
    }
}
