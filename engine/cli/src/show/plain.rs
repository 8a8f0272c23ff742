//! A run as plain lines, and as a stream of JSON objects.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use gateshift_executor::Watcher;
use gateshift_model::{Envelope, Event, StepName};
use gateshift_step_api::LogLevel;

use super::{Output, describe};

/// One line for each event that people care about.
pub(crate) struct Lines {
    output: Output,
    /// What each step waited for when it was last told: a poll that changed nothing is no news.
    waits: Mutex<BTreeMap<StepName, String>>,
}

impl Lines {
    pub(crate) fn new(output: Output) -> Self {
        Self { output, waits: Mutex::default() }
    }

    fn is_news(&self, event: &Event) -> bool {
        let Event::StepPending { step, reason, .. } = event else { return true };
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.insert(step.clone(), reason.clone()).as_ref() != Some(reason)
    }
}

impl Watcher for Lines {
    fn event(&self, _: &Envelope, event: &Event) {
        let detail = matches!(
            event,
            Event::CallIntended { .. }
                | Event::CallAnswered { .. }
                | Event::OperationSettled { .. }
                | Event::Checkpointed { .. }
        );
        if !detail && self.is_news(event) {
            self.output.say(&describe::event(event));
        }
    }

    fn log(&self, step: &StepName, level: LogLevel, line: &str) {
        if level != LogLevel::Debug {
            self.output.say(&format!("{step}: {line}"));
        }
    }
}

/// Every event as one JSON object a line, on stdout.
pub(crate) struct Stream {
    output: Output,
}

impl Stream {
    pub(crate) fn new(output: Output) -> Self {
        Self { output }
    }
}

impl Watcher for Stream {
    fn event(&self, envelope: &Envelope, _: &Event) {
        if let Ok(value) = serde_json::to_value(envelope) {
            self.output.event(&value);
        }
    }
}
