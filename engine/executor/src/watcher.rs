//! Who looks on while a run is driven.

use gateshift_model::{Envelope, Event, RunState, StepName};
use gateshift_step_api::{LogLevel, Progress};

/// Told what happens in a run, in order. Called from the engine's tasks: return quickly.
pub trait Watcher: Send + Sync {
    /// The run was taken; this is where it stands.
    fn begin(&self, state: &RunState) {
        let _ = state;
    }

    /// An event was committed.
    fn event(&self, envelope: &Envelope, event: &Event) {
        let _ = (envelope, event);
    }

    /// How far a step is; the last value wins.
    fn progress(&self, step: &StepName, progress: &Progress) {
        let _ = (step, progress);
    }

    /// A line a step says.
    fn log(&self, step: &StepName, level: LogLevel, line: &str) {
        let _ = (step, level, line);
    }
}

/// Looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoWatcher;

impl Watcher for NoWatcher {}
