//! A world, a journal and as many processes over them as a test needs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
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

use super::host::FakeHosts;
use super::migrator::Maker;
use super::world::World;
use super::{Blow, CrashJournal};
use crate::{Clock, Driven, Engine, EngineError, EngineOptions, NoWatcher, Watcher};

pub(crate) struct Lab {
    pub(crate) world: World,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) clock: Clock,
    /// Moves the clock, in milliseconds.
    pub(crate) offset: Arc<AtomicI64>,
    /// How much faster than real time waits pass.
    pub(crate) speed: f64,
    pids: Mutex<u32>,
}

/// A clock that is tokio's, and what moves it.
pub(crate) fn clock() -> (Clock, Arc<AtomicI64>) {
    let begin = Instant::now();
    let offset: Arc<AtomicI64> = Arc::default();
    let moved = Arc::clone(&offset);
    let clock: Clock = Arc::new(move || {
        let Timestamp(at) = Timestamp(1_000_000).after(begin.elapsed());
        Timestamp(at + moved.load(Ordering::SeqCst))
    });
    (clock, offset)
}

impl Lab {
    /// Its clock is tokio's, so a paused test passes days in no time.
    pub(crate) fn new() -> Self {
        let (clock, offset) = clock();
        let journal = Arc::new(MemoryJournal::with_clock(Arc::clone(&clock)));
        Self::over(journal, clock, offset, 1.0)
    }

    /// Over another journal, whose clock may be its own.
    pub(crate) fn over(journal: Arc<dyn Journal>, clock: Clock, offset: Arc<AtomicI64>, speed: f64) -> Self {
        Self { world: World::default(), journal, clock, offset, speed, pids: Mutex::new(0) }
    }

    /// A process at one of whose commits a blow falls.
    pub(crate) fn process_under(&self, blow: Option<(usize, Blow)>) -> (Engine, CrashJournal) {
        let journal = CrashJournal::with_blow(Arc::clone(&self.journal), blow, Arc::clone(&self.offset));
        (self.engine(&journal, |options| options.is_dead = Arc::new(|_| true)), journal)
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
        let journal = CrashJournal::new(Arc::clone(&self.journal), commits);
        (self.engine(&journal, change), journal)
    }

    fn engine(&self, journal: &CrashJournal, change: impl FnOnce(&mut EngineOptions)) -> Engine {
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
        options.time_scale = self.speed;
        options.poll = self.world.lock().poll.unwrap_or(options.poll);
        options.no_wait = self.world.lock().no_wait;
        change(&mut options);
        let hosts =
            FakeHosts { world: self.world.clone(), clock: Arc::clone(&self.clock), journal: journal.clone() };
        Engine::new(Arc::new(journal.clone()), Arc::new(migrators), Arc::new(hosts), options)
    }

    /// A process that takes every other one for dead.
    pub(crate) fn successor(&self) -> Engine {
        self.process_with(None, |options| options.is_dead = Arc::new(|_| true)).0
    }

    /// A process of another user, who takes every other process for dead.
    pub(crate) fn user(&self, name: &str) -> Engine {
        let user = Actor(format!("user:{name}"));
        let change = |options: &mut EngineOptions| {
            options.actor = user;
            options.is_dead = Arc::new(|_| true);
        };
        self.process_with(None, change).0
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
        let events = history(&*self.journal, run).await.unwrap();
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
