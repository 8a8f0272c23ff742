//! Walks a run's frozen graph: starts, retries, waits, stops, resumes and takes back.
//!
//! Sees steps, hosts and the journal only as traits. What it decides is decided by pure functions
//! over the folded history (`schedule`, `backoff`, `inputs`, `undo_order`); the rest carries those
//! decisions out and writes down what happened.

mod acting;
mod admit;
mod asked;
mod attempt;
mod backoff;
mod backward;
mod begin;
mod command;
mod conditions;
mod engine;
mod error;
mod folded;
mod guard;
mod heartbeat;
mod inbox;
mod inputs;
mod judge;
mod log;
mod options;
mod pinned;
mod planning;
mod preview;
mod preview_recorder;
mod process;
mod recorder;
mod rerun;
mod rest;
mod run;
mod schedule;
mod shelf;
mod swap;
mod tasks;
mod undo;
mod undo_order;
mod verbs;
mod waive;
mod watcher;
mod worked_out;
mod worker;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use command::{Command, Reply};
pub use engine::{Driven, Engine, NotRun, not_run};
pub use error::EngineError;
pub use folded::{event_of, state_of};
pub use options::{Clock, EngineOptions, Liveness, MigratorSet, system_clock};
pub use pinned::{Moved, PinnedPlan, PinnedStep, What, moved, stale};
pub use preview::{Known, Preview, PreviewedStep};
pub use process::{is_dead, this_process};
pub use rerun::Rerun;
pub use shelf::Shelf;
pub use swap::Swap;
pub use tokio_util::sync::CancellationToken;
pub use undo_order::undo_order;
pub use verbs::{Place, Refusal, Verb, after, applies, may_approve, open_approval, retryable, short};
pub use waive::{Answered, answered};
pub use watcher::{NoWatcher, Watcher};
pub use worker::{Foreman, Worker};
