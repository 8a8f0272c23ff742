//! What the engine's own work costs, counted in looks and commits and never in seconds.

use std::collections::BTreeSet;

use gateshift_model::{Actor, Event, RunOutcome, RunState, StepDefinition, StepName, Timestamp};
use serde_json::Value;

use crate::EngineOptions;
use crate::inputs::places;
use crate::schedule::{Frontier, Verdict, decide};
use crate::testing::{definition, step};

const NOW: Timestamp = Timestamp(1_000);

fn finish(state: &mut RunState, name: &StepName) {
    let step = || name.clone();
    let events = [
        Event::StepStarted { step: step(), attempt: 1, code: None },
        Event::StepApplied { step: step(), attempt: 1, output: Value::Null, warnings: Vec::new() },
        Event::StepVerified { step: step(), attempt: 1, checkpoints: Vec::new() },
        Event::StepDone { step: step(), attempt: 1 },
    ];
    for event in &events {
        state.apply(event, 1, NOW, &Actor("engine".into())).unwrap();
    }
}

/// Schedules a whole run whose steps end at once, one at a time, and gives the looks that took.
fn looks(steps: Vec<StepDefinition>) -> u64 {
    let count = steps.len();
    let created = Event::RunCreated { definition: Box::new(definition(steps)), engine: "test".into() };
    let mut state = RunState::begin(&created, NOW, &Actor("engine".into())).unwrap();
    let places = places(&state.definition);
    let options = EngineOptions::new(Actor("engine".into()));
    let mut frontier = Frontier::of(&state, &places);
    let mut running: BTreeSet<StepName> = BTreeSet::new();
    let mut started = 0;
    loop {
        match decide(&state, &mut frontier, &running, NOW, &options) {
            Verdict::Go { start, wake: None } => {
                started += start.len();
                running.extend(start);
            }
            Verdict::Rest { outcome: RunOutcome::Done, .. } => break,
            other => panic!("{other:?}"),
        }
        let ended = running.pop_last().unwrap();
        finish(&mut state, &ended);
        frontier.changed(&state, places[&ended]);
    }
    assert_eq!(started, count, "each step is started once");
    frontier.looked()
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("s{number:05}")).collect()
}

fn joined(count: usize) -> Vec<StepDefinition> {
    let names = names(count);
    let mut steps: Vec<_> = names.iter().map(|name| step(name, &[], Value::Null)).collect();
    steps.push(step("join", &names.iter().map(String::as_str).collect::<Vec<_>>(), Value::Null));
    steps
}

fn chained(count: usize) -> Vec<StepDefinition> {
    let names = names(count);
    let before = |index: usize| index.checked_sub(1).map(|before| names[before].as_str());
    let steps = names.iter().enumerate();
    steps.map(|(index, name)| step(name, before(index).as_slice(), Value::Null)).collect()
}

/// Two layers, every step of the second needs every step of the first.
fn crossed(side: usize) -> Vec<StepDefinition> {
    let names = names(2 * side);
    let (first, second) = names.split_at(side);
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    let upper = first.iter().map(|name| step(name, &[], Value::Null));
    upper.chain(second.iter().map(|name| step(name, &first, Value::Null))).collect()
}

#[test]
fn scheduling_costs_as_much_as_there_are_steps_and_needs() {
    let cases = [("joined", joined(2000)), ("chained", chained(2000)), ("crossed", crossed(60))];
    for (name, steps) in cases {
        let size = steps.iter().map(|step| 1 + step.needs.len() as u64).sum::<u64>();
        let looks = looks(steps);
        assert!(looks <= 5 * size, "{name}: {looks} looks for {size} steps and needs");
    }
}
