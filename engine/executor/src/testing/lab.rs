//! A world, a journal and as many processes over them as a test needs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gateshift_journal::{Journal, MemoryJournal, history};
use gateshift_model::{
    Actor, Envelope, Event, Holder, MigratorName, RunDefinition, RunId, RunOutcome, RunState, StepName,
    Timestamp, verify_chain,
};
use gateshift_step_api::Migrator;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::CrashJournal;
use super::host::FakeHosts;
use super::migrator::Maker;
use super::world::World;
use crate::{Clock, Driven, Engine, EngineError, EngineOptions, NoWatcher, Watcher};

pub(crate) struct Lab {
    pub(crate) world: World,
    pub(crate) journal: MemoryJournal,
    pub(crate) clock: Clock,
    pids: Mutex<u32>,
}

impl Lab {
    /// Its clock is tokio's, so a paused test passes days in no time.
    pub(crate) fn new() -> Self {
        let begin = Instant::now();
        let clock: Clock = Arc::new(move || Timestamp(1_000_000).after(begin.elapsed()));
        let journal = MemoryJournal::with_clock(Arc::clone(&clock));
        Self { world: World::default(), journal, clock, pids: Mutex::new(0) }
    }

    /// A process that dies after so many commits, if a number is given.
    pub(crate) fn process(&self, commits: Option<usize>) -> (Engine, CrashJournal) {
        self.process_with(commits, |_| {})
    }

    pub(crate) fn process_with(
        &self,
        commits: Option<usize>,
        change: impl FnOnce(&mut EngineOptions),
    ) -> (Engine, CrashJournal) {
        let journal = CrashJournal::new(self.journal.clone(), commits);
        let mut migrators: BTreeMap<MigratorName, Arc<dyn Migrator>> = BTreeMap::new();
        for (name, frugal) in [("maker", false), ("frugal", true)] {
            let maker = Maker { world: self.world.clone(), frugal };
            migrators.insert(MigratorName::new(name).unwrap(), Arc::new(maker));
        }
        let pid = {
            let mut pids = self.pids.lock().unwrap();
            *pids += 1;
            *pids
        };
        let mut options = EngineOptions::new(Actor("user:test".into()));
        options.holder = Holder { host: "lab".into(), pid, started: 1 };
        options.is_dead = Arc::new(|_| false);
        options.clock = Arc::clone(&self.clock);
        options.seed = 1;
        change(&mut options);
        let hosts =
            FakeHosts { world: self.world.clone(), clock: Arc::clone(&self.clock), journal: journal.clone() };
        let engine = Engine::new(Arc::new(journal.clone()), Arc::new(migrators), Arc::new(hosts), options);
        (engine, journal)
    }

    /// A process that takes every other one for dead.
    pub(crate) fn successor(&self) -> Engine {
        self.process_with(None, |options| options.is_dead = Arc::new(|_| true)).0
    }

    pub(crate) async fn submit(&self, definition: RunDefinition) -> RunId {
        self.process(None).0.submit(definition).await.unwrap()
    }

    /// Submits and drives in a process that lives.
    pub(crate) async fn run(&self, definition: RunDefinition) -> (RunId, RunOutcome) {
        let run = self.submit(definition).await;
        let driven = drive(&self.successor(), run).await.unwrap();
        (run, driven.outcome().unwrap())
    }

    pub(crate) async fn state(&self, run: RunId) -> RunState {
        self.successor().state(run).await.unwrap()
    }

    /// The history, its chain checked.
    pub(crate) async fn history(&self, run: RunId) -> Vec<Envelope> {
        let events = history(&self.journal as &dyn Journal, run).await.unwrap();
        assert_eq!(verify_chain(&events), Ok(()));
        events
    }

    pub(crate) async fn kinds(&self, run: RunId, step: &str) -> Vec<&'static str> {
        let events = self.history(run).await;
        let events = events.iter().map(|envelope| envelope.event().unwrap());
        events
            .filter(|event| event.step().is_some_and(|name| name.as_str() == step))
            .map(|event| event.kind())
            .collect()
    }
}

pub(crate) async fn drive(engine: &Engine, run: RunId) -> Result<Driven, EngineError> {
    engine.drive(run, CancellationToken::new(), Arc::new(NoWatcher)).await
}

/// Remembers what it was told.
#[derive(Default)]
pub(crate) struct Seen(pub(crate) Mutex<Vec<(u64, String, Option<StepName>)>>);

impl Watcher for Seen {
    fn event(&self, envelope: &Envelope, event: &Event) {
        self.0.lock().unwrap().push((envelope.seq, event.kind().to_owned(), event.step().cloned()));
    }
}

impl Lab {
    pub(crate) fn since(&self, begin: Timestamp) -> Duration {
        (self.clock)().since(begin)
    }
}
