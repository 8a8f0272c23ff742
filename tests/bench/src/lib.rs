//! Measures what the engine costs beside the flush that durability needs: each workload is set against
//! raw commits of the same store, on the same machine, in the same round.
//!
//! `cargo bench -p gateshift-bench` prints the table; docs/PERFORMANCE.md explains it.

mod idle;
mod measure;
mod raw;
mod report;
mod workload;

pub use idle::{IdleHosts, IdleMigrator};
pub use measure::{Round, median, rounds};
pub use raw::{BARE_WAITERS, bare_group_commit, raw_loop};
pub use report::{Goal, Report};
pub use workload::{Cost, Workload, engine, run};

/// What goes wrong in a measurement: it is told and ends the measurement.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
