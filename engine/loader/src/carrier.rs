//! What carries messages to a migrator and back: a table of functions in this process, or a socket.

use gateshift_model::StepError;

/// What a migrator, or its carrier, says about a run.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// It wants a service that answers later.
    Call { call: u64, op: String, json: String },
    /// It wants a service that answers at once.
    Ask { ask: u64, op: String, json: String },
    /// It has something to show.
    Emit { kind: u32, json: String },
    /// Its answer.
    Complete { status: i32, json: String },
    /// There will be none.
    Lost(StepError),
}

/// Takes what is said about one run.
pub(crate) type Sink = Box<dyn Fn(Incoming) + Send + Sync>;

pub(crate) trait Carrier: Send + Sync {
    /// Opens a run; what is said about it goes to `sink`. Its number is never used again.
    fn begin(&self, sink: Sink) -> Result<u64, StepError>;

    /// Asks for a piece of work.
    fn start(&self, run: u64, request: &str);

    /// Answers a call.
    fn reply(&self, run: u64, call: u64, status: i32, json: &str);

    /// Answers at once.
    fn answer(&self, run: u64, ask: u64, status: i32, json: &str);

    /// Nobody waits for the run any more.
    fn end(&self, run: u64);

    /// Ends whatever still runs there, if that can be ended.
    fn stop(&self, why: &StepError);
}

/// A run that ends when it is dropped.
pub(crate) struct Run<'c> {
    pub(crate) carrier: &'c dyn Carrier,
    pub(crate) number: u64,
}

impl<'c> Run<'c> {
    pub(crate) fn begin(carrier: &'c dyn Carrier, sink: Sink) -> Result<Self, StepError> {
        Ok(Self { carrier, number: carrier.begin(sink)? })
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.carrier.end(self.number);
    }
}
