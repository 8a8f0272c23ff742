//! What a migrator is given, worked out from the run's state.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_model::{
    MigratorName, OperationKey, RunDefinition, RunId, RunState, StepDefinition, StepName, StepState,
};
use gateshift_step_api::{LaterStep, SkippedStep, StepInput};
use serde_json::Value;

/// For each step, by name of migrator, the nearest step before it that this migrator did. Worked out
/// once per run: long chains would pay for it again and again.
pub(crate) struct Nearest(BTreeMap<StepName, BTreeMap<MigratorName, (u32, StepName)>>);

impl Nearest {
    /// Steps stand in the definition after all they need, so one walk is enough.
    pub(crate) fn of(definition: &RunDefinition, places: &BTreeMap<StepName, usize>) -> Self {
        let mut found: BTreeMap<StepName, BTreeMap<MigratorName, (u32, StepName)>> = BTreeMap::new();
        for step in &definition.steps {
            let mut nearest: BTreeMap<MigratorName, (u32, StepName)> = BTreeMap::new();
            for need in step.needs.iter().filter_map(|name| definition.steps.get(*places.get(name)?)) {
                keep(&mut nearest, &need.uses, 1, &need.name);
                for (migrator, (distance, name)) in found.get(&need.name).into_iter().flatten() {
                    keep(&mut nearest, migrator, distance + 1, name);
                }
            }
            found.insert(step.name.clone(), nearest);
        }
        Self(found)
    }

    /// Outputs of the nearest steps, each told by `output`.
    pub(crate) fn outputs(
        &self,
        step: &StepName,
        output: impl Fn(&StepName) -> Option<Value>,
    ) -> BTreeMap<MigratorName, Value> {
        let nearest = self.0.get(step).into_iter().flatten();
        nearest.filter_map(|(migrator, (_, name))| Some((migrator.clone(), output(name)?))).collect()
    }

    /// The nearest steps before this one.
    fn all(&self, step: &StepName) -> impl Iterator<Item = (&MigratorName, &StepName)> {
        self.steps(step).iter().map(|(migrator, (_, name))| (migrator, name))
    }

    /// The nearest steps before this one with their distance, by migrator.
    pub(crate) fn steps(&self, step: &StepName) -> &BTreeMap<MigratorName, (u32, StepName)> {
        static NONE: BTreeMap<MigratorName, (u32, StepName)> = BTreeMap::new();
        self.0.get(step).unwrap_or(&NONE)
    }
}

/// Where each step stands in the definition.
pub(crate) fn places(definition: &RunDefinition) -> BTreeMap<StepName, usize> {
    definition.steps.iter().enumerate().map(|(place, step)| (step.name.clone(), place)).collect()
}

/// The nearer one stays; of two equally near ones the one that is named first among the needs.
fn keep(
    nearest: &mut BTreeMap<MigratorName, (u32, StepName)>,
    migrator: &MigratorName,
    distance: u32,
    step: &StepName,
) {
    if nearest.get(migrator).is_none_or(|(known, _)| distance < *known) {
        nearest.insert(migrator.clone(), (distance, step.clone()));
    }
}

/// Which way a step is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// What was settled before somebody asked to repeat the step is looked at again.
    Forward,
    /// All that is known to be made is to be taken back.
    Back,
}

/// The input of a step as the run stands.
pub(crate) fn input(
    run: RunId,
    definition: &RunDefinition,
    step: &StepDefinition,
    nearest: &Nearest,
    state: &RunState,
    way: Way,
) -> StepInput {
    let empty = StepState::default();
    let own = state.step(&step.name).unwrap_or(&empty);
    let again = |key: &OperationKey| way == Way::Forward && own.repeated.contains(key);
    let skipped = nearest.all(&step.name).filter_map(|(migrator, name)| {
        let found = state.step(name)?;
        Some(SkippedStep {
            step: name.clone(),
            migrator: migrator.clone(),
            reason: found.reason.clone().unwrap_or_default(),
            risk: found.accepted_risk.clone().or_else(|| found.passed_over.then(String::new))?,
        })
    });
    StepInput {
        run,
        step: step.name.clone(),
        attempt: own.attempt,
        settings: own.with.clone().unwrap_or_else(|| step.with.clone()),
        outputs: nearest.outputs(&step.name, |name| state.step(name)?.output.clone()),
        settled: own
            .settled()
            .filter(|(key, _)| !again(key))
            .map(|(key, settled)| (key.clone(), settled.clone()))
            .collect(),
        unsettled: own.unsettled().chain(own.repeated.iter().filter(|key| again(key))).cloned().collect(),
        checkpoint: own.checkpoint.clone(),
        later: Vec::new(),
        skipped: skipped.collect(),
        kinds: kinds(definition, step),
    }
}

/// Kind of the connection behind each role of a step.
pub(crate) fn kinds(definition: &RunDefinition, step: &StepDefinition) -> BTreeMap<String, String> {
    let known =
        |(role, name): (&String, _)| Some((role.clone(), definition.connections.get(name)?.uses.clone()));
    step.connections.iter().filter_map(known).collect()
}

/// Steps that need `step`, directly or through others. One walk is enough: each stands after all it needs.
pub(crate) fn later(definition: &RunDefinition, step: &StepName) -> Vec<LaterStep> {
    let mut reached = BTreeSet::from([step]);
    let mut later = Vec::new();
    for one in &definition.steps {
        if one.needs.iter().any(|need| reached.contains(need)) {
            reached.insert(&one.name);
            later.push(LaterStep {
                step: one.name.clone(),
                uses: one.uses.clone(),
                settings: one.with.clone(),
            });
        }
    }
    later
}
