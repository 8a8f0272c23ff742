//! What the engine is given to do: steps that do nothing, in graphs of three shapes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gateshift_executor::{CancellationToken, Driven, Engine, EngineOptions, NoWatcher};
use gateshift_journal::Journal;
use gateshift_journal_sqlx::SqliteJournal;
use gateshift_model::{
    Actor, MigratorName, OnFailure, RetryPolicy, RunDefinition, RunOutcome, StepDefinition, StepName,
    UndoScope, digest_bytes,
};
use gateshift_step_api::Migrator;
use serde_json::Value;

use crate::{Failure, IdleHosts, IdleMigrator};

/// Steps of one run that may work at the same time.
const PARALLEL: usize = 256;

/// Runs with steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Its name in the table.
    pub name: &'static str,
    /// Runs at once.
    pub runs: usize,
    /// Steps of each run.
    pub steps: usize,
    /// Whether each step needs the one before it; if not, all stand alone and a last one joins them.
    pub chained: bool,
}

/// What a workload took.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Steps done in a second.
    pub steps_per_second: f64,
    /// Steps done.
    pub steps: usize,
    /// Transactions it took, those that make and claim the runs included.
    pub commits: u64,
    /// Events that were written.
    pub events: u64,
}

impl Workload {
    /// 1 run, steps one after another, each durable before the next starts.
    pub const CHAIN: Self = Self { name: "chain", runs: 1, steps: 1000, chained: true };
    /// Many runs at once, the steps of each one after another.
    pub const MANY: Self = Self { name: "many", runs: 200, steps: 50, chained: true };
    /// 1 run, steps that stand alone, joined by a last one.
    pub const FAN: Self = Self { name: "fan", runs: 1, steps: 5000, chained: false };

    /// The three that have a goal.
    pub const ALL: [Self; 3] = [Self::CHAIN, Self::MANY, Self::FAN];

    fn definition(&self) -> Result<RunDefinition, Failure> {
        let name = |number: usize| StepName::new(format!("step-{number:05}"));
        let mut steps = Vec::with_capacity(self.steps);
        for number in 0..self.steps {
            let needs = match number.checked_sub(1) {
                Some(before) if self.chained => vec![name(before)?],
                _ => Vec::new(),
            };
            steps.push(step(name(number)?, needs)?);
        }
        if !self.chained {
            let all = (0..self.steps).map(name).collect::<Result<_, _>>()?;
            steps.push(step(StepName::new("join")?, all)?);
        }
        Ok(RunDefinition {
            format: 1,
            name: self.name.to_owned(),
            source_digest: digest_bytes(self.name.as_bytes()),
            inputs: BTreeMap::new(),
            connections: BTreeMap::new(),
            steps,
            rehearsal: Value::Null,
            waivers: Vec::new(),
            pinned: None,
            restarts: None,
        })
    }
}

fn step(name: StepName, needs: Vec<StepName>) -> Result<StepDefinition, Failure> {
    Ok(StepDefinition {
        name,
        uses: MigratorName::new("idle")?,
        version: "1".into(),
        code: None,
        needs,
        with: Value::Null,
        connections: BTreeMap::new(),
        retry: RetryPolicy::default(),
        timeout: None,
        on_failure: OnFailure::Hold,
        undo: UndoScope::Nothing,
        conditions: gateshift_model::Conditions::default(),
    })
}

/// An engine over a journal whose one migrator does nothing.
pub fn engine(journal: Arc<dyn Journal>) -> Result<Engine, Failure> {
    let name = MigratorName::new("idle")?;
    let idle: Arc<dyn Migrator> = Arc::new(IdleMigrator(name.clone()));
    let migrators = BTreeMap::from([(name, idle)]);
    let mut options = EngineOptions::new(Actor("user:bench".into()));
    options.max_parallel = PARALLEL;
    Ok(Engine::new(journal, Arc::new(migrators), Arc::new(IdleHosts), options))
}

/// Does the workload in a new journal of that file. Counts from the first run that is driven to the
/// last that is done; submitting is not part of it.
pub async fn run(workload: &Workload, file: &Path) -> Result<Cost, Failure> {
    let journal = Arc::new(SqliteJournal::open(file).await?);
    let engine = engine(Arc::clone(&journal) as Arc<dyn Journal>)?;
    let definition = workload.definition()?;
    let steps = definition.steps.len() * workload.runs;
    let mut runs = Vec::with_capacity(workload.runs);
    for _ in 0..workload.runs {
        runs.push(engine.submit(definition.clone()).await?);
    }
    let before = journal.written();
    let begin = Instant::now();
    let drives: Vec<_> = runs
        .into_iter()
        .map(|run| {
            let engine = engine.clone();
            tokio::spawn(
                async move { engine.drive(run, CancellationToken::new(), Arc::new(NoWatcher)).await },
            )
        })
        .collect();
    for drive in drives {
        let driven = drive.await??;
        if driven.outcome() != Some(RunOutcome::Done) {
            return Err(not_done(&driven).into());
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    let after = journal.written();
    Ok(Cost {
        steps_per_second: steps as f64 / seconds,
        steps,
        commits: after.commits - before.commits,
        events: after.events - before.events,
    })
}

fn not_done(driven: &Driven) -> String {
    format!("a run of steps that do nothing ended as {driven:?}")
}
