//! What an engine is given besides its journal: who it works for, its clock, its limits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateshift_model::{Actor, Holder, MigratorName, StepDefinition, StepError, Timestamp};
use gateshift_step_api::Migrator;

use crate::process::{is_dead, this_process};

/// The migrators a process knows.
pub trait MigratorSet: Send + Sync {
    /// The migrator of that name.
    fn get(&self, name: &MigratorName) -> Option<Arc<dyn Migrator>>;

    /// The migrator that does a step, with the code that the run has for it. None when there is no such
    /// migrator; an error when its code cannot be had.
    fn for_step(&self, step: &StepDefinition) -> Result<Option<Arc<dyn Migrator>>, StepError> {
        Ok(self.get(&step.uses))
    }
}

impl MigratorSet for BTreeMap<MigratorName, Arc<dyn Migrator>> {
    fn get(&self, name: &MigratorName) -> Option<Arc<dyn Migrator>> {
        BTreeMap::get(self, name).cloned()
    }
}

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Whether the process that holds a run is known to be dead. When in doubt it is not.
pub type Liveness = Arc<dyn Fn(&Holder) -> bool + Send + Sync>;

/// Settings of an engine.
#[derive(Clone)]
pub struct EngineOptions {
    /// On whose behalf it writes events.
    pub actor: Actor,
    /// The process, as leases name it.
    pub holder: Holder,
    /// Whether the holder of a lease is dead.
    pub is_dead: Liveness,
    /// How long a run stays owned without a sign of life.
    pub lease: Duration,
    /// How much faster than real time waits pass; 1.0 in production.
    pub time_scale: f64,
    /// Steps of a run that may work at the same time.
    pub max_parallel: usize,
    /// Tells the time.
    pub clock: Clock,
    /// Seed of the jitter between attempts.
    pub seed: u64,
    /// How long a stopped step may take to come to its next call of the host.
    pub grace: Duration,
    /// How often the inbox of requests is looked at.
    pub poll: Duration,
    /// A run comes to rest when only people or a window can bring it on, rather than wait for them.
    pub no_wait: bool,
    /// Version of this program, for the first event of a run.
    pub version: String,
}

impl EngineOptions {
    /// The settings of production for this process.
    #[must_use]
    pub fn new(actor: Actor) -> Self {
        let holder = this_process();
        Self {
            actor,
            seed: u64::from(holder.pid) ^ holder.started.rotate_left(32),
            holder,
            is_dead: Arc::new(is_dead),
            lease: Duration::from_secs(15),
            time_scale: 1.0,
            max_parallel: 16,
            clock: system_clock(),
            grace: Duration::from_secs(20),
            poll: Duration::from_millis(250),
            no_wait: false,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Whether waits pass at another speed than real time.
    pub(crate) fn is_scaled(&self) -> bool {
        self.scaled(Duration::from_secs(1)) != Duration::from_secs(1)
    }

    /// A wait as it passes here.
    pub(crate) fn scaled(&self, wait: Duration) -> Duration {
        let sound = self.time_scale.is_finite() && self.time_scale > 0.0;
        if sound {
            Duration::try_from_secs_f64(wait.as_secs_f64() / self.time_scale).unwrap_or(wait)
        } else {
            wait
        }
    }
}

/// The clock of the system.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}
