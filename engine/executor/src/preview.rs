//! What a run would do: every step is planned and none is applied. Where a later step needs ids that
//! do not exist yet, the migrator's [`foresee`](gateshift_step_api::Migrator::foresee) stands in for
//! its output. Nothing can be written: the recorder of a preview refuses every intent.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateshift_journal::NewArtifact;
use gateshift_model::{
    MigratorName, Plan, Reference, RunDefinition, RunId, RunState, StepDefinition, StepError, StepName,
    planned_id,
};
use gateshift_step_api::{Host, Manifest, Migrator, StepInput, StepScope};
use serde_json::Value;
use uuid::Uuid;

use crate::attempt::guarded;
use crate::error::code;
use crate::inputs::{Nearest, kinds, later, places};
use crate::preview_recorder::PreviewRecorder;
use crate::shelf::Shelf;
use crate::waive::{Answered, answered};
use crate::worked_out::{asked_for, look_up_in, passed_over_by, settings};
use crate::{Engine, Watcher};

/// A run that was planned and not begun.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// Its steps, in the order of the definition.
    pub steps: Vec<PreviewedStep>,
    /// What its steps stored, by content.
    pub artifacts: Shelf,
}

/// A step of a preview.
#[derive(Debug, Clone)]
pub struct PreviewedStep {
    /// The step.
    pub step: StepName,
    /// What is known of it.
    pub known: Known,
}

/// What a preview knows of a step.
#[derive(Debug, Clone)]
pub enum Known {
    /// Its plan.
    Planned {
        /// The plan.
        plan: Box<Plan>,
        /// Its findings by who answers for them.
        answered: Answered,
        /// Its output as it would be, when that can be foreseen.
        output: Option<Value>,
    },
    /// It can only be planned after another step is applied.
    After {
        /// That step.
        step: StepName,
    },
    /// It could not be planned.
    Failed {
        /// Why.
        error: StepError,
    },
}

impl Preview {
    /// The plans, with their steps.
    pub fn plans(&self) -> impl Iterator<Item = (&StepName, &Plan, &Answered)> {
        self.steps.iter().filter_map(|one| match &one.known {
            Known::Planned { plan, answered, .. } => Some((&one.step, &**plan, answered)),
            _ => None,
        })
    }

    /// The output of the first step that this migrator would do.
    #[must_use]
    pub fn output_of(&self, definition: &RunDefinition, migrator: &str) -> Option<&Value> {
        let step = definition.steps.iter().find(|step| step.uses.as_str() == migrator)?;
        let found = self.steps.iter().find(|one| one.step == step.name)?;
        match &found.known {
            Known::Planned { output, .. } => output.as_ref(),
            _ => None,
        }
    }

    /// Whether a finding forbids to go on, or a step could not be planned.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.steps.iter().any(|one| match &one.known {
            Known::Planned { answered, .. } => !answered.open.is_empty(),
            Known::Failed { .. } => true,
            Known::After { .. } => false,
        })
    }
}

impl Engine {
    /// Plans every step of a workflow without writing anything, here or elsewhere. `artifacts` can be
    /// read by its steps. Equal worlds give equal previews.
    pub async fn preview(
        &self,
        definition: &RunDefinition,
        artifacts: Vec<NewArtifact>,
        watcher: Arc<dyn Watcher>,
    ) -> Result<Preview, StepError> {
        let shelf = Shelf::default();
        artifacts.into_iter().for_each(|new| shelf.put(new));
        let nearest = Nearest::of(definition, &places(definition));
        let mut steps: Vec<PreviewedStep> = Vec::new();
        for step in &definition.steps {
            let known = match self.migrator(step) {
                Ok(migrator) => {
                    let recorder = PreviewRecorder {
                        artifacts: shelf.clone(),
                        journal: None,
                        watcher: Arc::clone(&watcher),
                        step: step.name.clone(),
                    };
                    let nearest = &nearest;
                    let bench = Workbench { engine: self, definition, nearest, steps: &steps, past: None };
                    bench.step(step, &*migrator, recorder).await
                }
                Err(error) => Known::Failed { error },
            };
            steps.push(PreviewedStep { step: step.name.clone(), known });
        }
        Ok(Preview { steps, artifacts: shelf })
    }

    /// Plans the steps of a run that are to be repeated, over the outputs of those that are not.
    pub(crate) async fn preview_again(
        &self,
        run: RunId,
        state: &RunState,
        again: &[StepName],
        watcher: Arc<dyn Watcher>,
    ) -> Vec<PreviewedStep> {
        let definition = &state.definition;
        let nearest = Nearest::of(definition, &places(definition));
        let mut steps: Vec<PreviewedStep> = Vec::new();
        for step in definition.steps.iter().filter(|step| again.contains(&step.name)) {
            let known = match self.migrator(step) {
                Ok(migrator) => {
                    let recorder = PreviewRecorder {
                        artifacts: Shelf::default(),
                        journal: Some(Arc::clone(&self.journal)),
                        watcher: Arc::clone(&watcher),
                        step: step.name.clone(),
                    };
                    let past = Some(Past { run, state, again });
                    let bench =
                        Workbench { engine: self, definition, nearest: &nearest, steps: &steps, past };
                    bench.step(step, &*migrator, recorder).await
                }
                Err(error) => Known::Failed { error },
            };
            steps.push(PreviewedStep { step: step.name.clone(), known });
        }
        steps
    }
}

/// A run whose steps are planned once more.
#[derive(Clone, Copy)]
struct Past<'a> {
    run: RunId,
    state: &'a RunState,
    again: &'a [StepName],
}

impl Past<'_> {
    fn output(&self, name: &StepName) -> Option<Value> {
        self.state.step(name).filter(|_| !self.again.contains(name))?.output.clone()
    }
}

struct Workbench<'a> {
    engine: &'a Engine,
    definition: &'a RunDefinition,
    nearest: &'a Nearest,
    steps: &'a [PreviewedStep],
    past: Option<Past<'a>>,
}

impl Workbench<'_> {
    async fn step(&self, step: &StepDefinition, migrator: &dyn Migrator, recorder: PreviewRecorder) -> Known {
        let manifest = migrator.manifest();
        if let Some(unknown) = self.unknown(step, &manifest) {
            return Known::After { step: unknown };
        }
        let with = match self.worked_out(step) {
            Ok(with) => with,
            Err(known) => return *known,
        };
        let outputs = self.nearest.outputs(&step.name, |name| self.output(name));
        let known = self.past.and_then(|past| past.state.step(&step.name));
        let input = StepInput {
            run: self.past.map_or(RunId(Uuid::nil()), |past| past.run),
            step: step.name.clone(),
            attempt: known.map_or(1, |own| own.attempt + 1),
            settings: with,
            outputs,
            settled: BTreeMap::new(),
            unsettled: known.map(|own| own.operations.keys().cloned().collect()).unwrap_or_default(),
            checkpoint: None,
            later: if migrator.looks_ahead() { later(self.definition, &step.name) } else { Vec::new() },
            skipped: Vec::new(),
            kinds: kinds(self.definition, step),
        };
        let planned = match self.host(step, manifest, recorder) {
            Ok(host) => guarded(migrator.plan(&*host, &input)).await,
            Err(error) => Err(error),
        };
        match planned {
            Ok(plan) => {
                let output = migrator.foresee(&input, &plan);
                let now = (self.engine.options.clock)();
                let waivers = &self.definition.waivers;
                let answered = answered(&plan.findings, waivers, migrator.never_waived(), now);
                Known::Planned { plan: Box::new(plan), answered, output }
            }
            // What does not exist yet cannot be looked at: then the step is known after it does.
            Err(error) => match self.imagined(&input.outputs, step) {
                Some(imagined) if error.code != code::PLAN_WRITES => Known::After { step: imagined },
                _ => Known::Failed { error },
            },
        }
    }

    fn host(
        &self,
        step: &StepDefinition,
        manifest: Manifest,
        recorder: PreviewRecorder,
    ) -> Result<Arc<dyn Host>, StepError> {
        let connections = step.connections.iter().filter_map(|(role, name)| {
            let definition = self.definition.connections.get(name)?;
            Some((role.clone(), name.to_string(), definition.clone()))
        });
        let scope = StepScope {
            run: RunId(Uuid::nil()),
            step: step.name.clone(),
            attempt: 1,
            manifest,
            connections: connections.collect(),
        };
        self.engine.hosts.host(scope, Arc::new(recorder))
    }

    fn output(&self, name: &StepName) -> Option<Value> {
        if let Some(known) = self.past.and_then(|past| past.output(name)) {
            return Some(known);
        }
        let found = self.steps.iter().find(|one| &one.step == name)?;
        match &found.known {
            Known::Planned { output, .. } => output.clone(),
            _ => None,
        }
    }

    /// The settings, if all that they and the step's condition ask for is known; else what is known of the step.
    fn worked_out(&self, step: &StepDefinition) -> Result<Value, Box<Known>> {
        let asked = asked_for(step);
        if let Some(unknown) = asked.into_iter().find(|name| self.output(name).is_none()) {
            let found = self.steps.iter().find(|one| one.step == unknown);
            return Err(Box::new(match found.map(|one| &one.known) {
                Some(Known::After { step }) => Known::After { step: step.clone() },
                _ => Known::After { step: unknown },
            }));
        }
        let look_up =
            |reference: &Reference| look_up_in(&self.definition.inputs, &|name| self.output(name), reference);
        let failed = |error| Box::new(Known::Failed { error });
        if let Some(reason) = passed_over_by(step, &look_up).map_err(failed)? {
            let plan = Box::new(Plan { summary: reason, ..Plan::default() });
            return Err(Box::new(Known::Planned { plan, answered: Answered::default(), output: None }));
        }
        Ok(settings(step, &look_up).map_err(failed)?.unwrap_or_else(|| step.with.clone()))
    }

    /// The step after which an output that this one reads is known.
    fn unknown(&self, step: &StepDefinition, manifest: &Manifest) -> Option<StepName> {
        let near = self.nearest.steps(&step.name);
        let missing = manifest.reads.iter().filter_map(|read| near.get(read));
        let mut missing = missing.filter(|(_, name)| self.output(name).is_none()).map(|(_, name)| name);
        let first = missing.next()?;
        let found = self.steps.iter().find(|one| &one.step == first)?;
        match &found.known {
            Known::After { step } => Some(step.clone()),
            _ => Some(first.clone()),
        }
    }

    /// The nearest step before this one whose output holds ids that do not exist yet.
    fn imagined(&self, outputs: &BTreeMap<MigratorName, Value>, step: &StepDefinition) -> Option<StepName> {
        let mark = planned_id("");
        let near = self.nearest.steps(&step.name);
        let holding = outputs.iter().filter(|(_, output)| output.to_string().contains(&mark));
        let steps = holding.filter_map(|(migrator, _)| near.get(migrator));
        steps.min_by_key(|(distance, _)| *distance).map(|(_, name)| name.clone())
    }
}
