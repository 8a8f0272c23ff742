//! The carrier of a library that runs in this process: calls through its table. It has every right of the
//! process, and cannot be stopped: only for what the operator trusts as far as the engine itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gateshift_abi::{MISUSE, OK};
use gateshift_model::StepError;
use gateshift_step_api::wire::LARGEST;

use crate::bridge::{Plugin, Upward};
use crate::carrier::{Carrier, Incoming, Sink};
use crate::{drive, scope};

/// A library in this process.
pub(crate) struct Inside {
    plugin: Plugin,
    runs: Arc<Runs>,
}

#[derive(Default)]
struct Runs {
    sinks: Mutex<HashMap<u64, Arc<Sink>>>,
    last: AtomicU64,
}

impl Runs {
    fn sinks(&self) -> MutexGuard<'_, HashMap<u64, Arc<Sink>>> {
        self.sinks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes it on outside the lock: whoever takes it may call back.
    fn say(&self, run: u64, said: Incoming) -> bool {
        let sink = self.sinks().get(&run).cloned();
        sink.map(|sink| sink(said)).is_some()
    }
}

impl Inside {
    /// Opens it with `open`, which gets the table that leads here.
    pub(crate) fn open(open: impl FnOnce(Box<dyn Upward>) -> Result<Plugin, String>) -> Result<Self, String> {
        let runs = Arc::new(Runs::default());
        Ok(Self { plugin: open(Box::new(Up(Arc::clone(&runs))))?, runs })
    }
}

struct Up(Arc<Runs>);

impl Upward for Up {
    fn emit(&self, run: u64, kind: u32, json: String) {
        self.0.say(run, Incoming::Emit { kind, json });
    }

    fn call(&self, run: u64, call: u64, op: String, json: String) -> i32 {
        if self.0.say(run, Incoming::Call { call, op, json }) { OK } else { MISUSE }
    }

    fn complete(&self, run: u64, status: i32, json: String) {
        let (status, json) = bounded(status, json);
        self.0.say(run, Incoming::Complete { status, json });
    }

    fn ask(&self, _: u64, op: &str, json: &str) -> (i32, String) {
        let nobody = || (MISUSE, "\"asked for from outside `start` and `reply`\"".to_owned());
        scope::present(|host| drive::at_once(host, op, json)).unwrap_or_else(nobody)
    }
}

/// An answer, or that it is too large.
pub(crate) fn bounded(status: i32, json: String) -> (i32, String) {
    if json.len() <= LARGEST {
        return (status, json);
    }
    (MISUSE, format!("\"the answer has {} bytes, and {LARGEST} is the most\"", json.len()))
}

impl Carrier for Inside {
    fn begin(&self, sink: Sink) -> Result<u64, StepError> {
        let run = self.runs.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.runs.sinks().insert(run, Arc::new(sink));
        Ok(run)
    }

    fn start(&self, run: u64, request: &str) {
        let status = self.plugin.start(run, request);
        if status != OK {
            let json = "\"the work was not begun\"".to_owned();
            self.runs.say(run, Incoming::Complete { status, json });
        }
    }

    fn reply(&self, _: u64, call: u64, status: i32, json: &str) {
        self.plugin.reply(call, status, json);
    }

    /// What is asked at once is answered where it is asked.
    fn answer(&self, _: u64, _: u64, _: i32, _: &str) {}

    fn end(&self, run: u64) {
        if self.runs.sinks().remove(&run).is_some() {
            self.plugin.cancel(run);
        }
    }

    fn stop(&self, _: &StepError) {}
}
