//! A worker as a process of its own: the test's own program, started again.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gateshift_executor::{
    CancellationToken, Driven, Engine, EngineError, EngineOptions, Foreman, NoWatcher, Watcher, Worker,
};
use gateshift_model::{Actor, RunId, RunState, StepError};
use gateshift_step_api::Migrator;

use crate::builder::{Builder, Hosts};
use crate::{Place, World};

/// Names the variable that makes a worker of the test's program: journal, world, name, runs at a time.
pub const CHILD: &str = "GATESHIFT_TEST_WORKER";

/// How long a call to the world takes, and the lease of these workers.
const CALL: Duration = Duration::from_millis(10);
const LEASE: Duration = Duration::from_secs(3);

/// A worker, as its parent has it. It ends with its parent, at the latest.
pub struct Hand {
    child: Child,
    /// It ends when this does; waiting for a child would close it too early.
    tie: Option<ChildStdin>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Hand {
    /// Starts a worker: this very program, in which the test `entry` calls [`work_as_child`].
    #[must_use]
    pub fn hire(entry: &str, place: &Place, world: &World, name: &str, most: usize) -> Self {
        let orders = format!("{}\n{}\n{name}\n{most}", place.word(), world.folder().display());
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", entry, "--nocapture"]).env(CHILD, orders);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let (output, heard) = (child.stdout.take().unwrap(), Arc::clone(&said));
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { tie: child.stdin.take(), child, said }
    }

    /// What it has said so far.
    #[must_use]
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has said something of the kind.
    pub fn hear(&self, what: &str, longest: Duration) {
        let begin = Instant::now();
        while !self.said().iter().any(|line| line.contains(what)) {
            assert!(begin.elapsed() < longest, "it never said `{what}`, but {:?}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it on the spot.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `STOP`, `CONT` or `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Tells it to end, and waits until it has.
    pub fn dismiss(mut self) {
        self.signal("TERM");
        assert!(self.child.wait().unwrap().success(), "{:?}", self.said());
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        drop(self.tie.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The work of a child; nothing in any other process.
pub async fn work_as_child() {
    let Ok(orders) = std::env::var(CHILD) else { return };
    let orders: Vec<&str> = orders.lines().collect();
    let [place, world, name, most] = orders[..] else { panic!("{orders:?}") };
    let journal = Place::of(place).open().await;
    let mut options = EngineOptions::new(Actor(format!("worker:{name}")));
    (options.lease, options.poll) = (LEASE, Duration::from_millis(200));
    let migrators: BTreeMap<_, Arc<dyn Migrator>> =
        BTreeMap::from([(Builder::name(), Arc::new(Builder) as _)]);
    let hosts = Hosts { world: World::at(Path::new(world)), pause: CALL };
    let engine = Engine::new(Arc::clone(&journal), Arc::new(migrators), Arc::new(hosts), options.clone());
    println!("ready");
    Worker::new(Arc::clone(&journal), options, most.parse().unwrap(), Arc::new(Same { engine }))
        .work(until_told())
        .await;
    journal.flush().await.unwrap();
    println!("gone");
}

/// Cancelled by SIGTERM, and when the parent is gone.
fn until_told() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).unwrap();
        terminate.recv().await;
        token.cancel();
    });
    std::thread::spawn(|| {
        let _ = std::io::stdin().lock().lines().count();
        // There is nobody left to tell.
        std::process::abort();
    });
    stop
}

/// The same engine for every run.
struct Same {
    engine: Engine,
}

impl Foreman for Same {
    fn engine(&self, _: RunId, _: &RunState) -> Result<Engine, StepError> {
        Ok(self.engine.clone())
    }

    fn watcher(&self, _: RunId) -> Arc<dyn Watcher> {
        Arc::new(NoWatcher)
    }

    fn taken(&self, run: RunId, _: &RunState) {
        println!("taken {run}");
    }

    fn left(&self, run: RunId, end: &Result<Driven, EngineError>) {
        match end {
            Ok(driven) => println!("left {run} {driven:?}"),
            Err(error) => println!("left {run} {}", error.code()),
        }
    }

    fn refused(&self, run: RunId, error: &StepError) {
        println!("refused {run} {}", error.code);
    }
}
