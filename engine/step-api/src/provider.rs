//! The engine's side of the host: who makes a host for a step, and where it records what it does.

use std::sync::Arc;

use async_trait::async_trait;
use gateshift_model::{
    ArtifactRef, CallRecord, ConnectionDefinition, OperationKey, RunId, Settled, StepError, StepName,
};
use serde_json::Value;

use crate::{Host, LogLevel, Manifest, Progress};

/// What a host is made for.
#[derive(Debug, Clone)]
pub struct StepScope {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepName,
    /// The attempt.
    pub attempt: u32,
    /// The migrator's declaration: what it may do.
    pub manifest: Manifest,
    /// Its connection roles with the workflow's definitions of them: (role, name in the workflow, definition).
    pub connections: Vec<(String, String, ConnectionDefinition)>,
}

/// Makes hosts.
pub trait HostProvider: Send + Sync {
    /// A host for one attempt of a step. What it does is recorded through `recorder`.
    fn host(&self, scope: StepScope, recorder: Arc<dyn Recorder>) -> Result<Arc<dyn Host>, StepError>;
}

/// The journal would not take an event: the run is owned by somebody else by now, or the disk is full.
pub type RecorderFailure = StepError;

/// Where a host records. Implemented by the executor over the journal.
#[async_trait]
pub trait Recorder: Send + Sync {
    /// The intent of a write; durable when it returns. Gives the call its number.
    async fn intend(&self, call: CallRecord) -> Result<u64, RecorderFailure>;

    /// A call came back. Rides with the next durable event.
    async fn answered(
        &self,
        call: CallRecord,
        status: Option<u16>,
        request_id: Option<String>,
        error: Option<String>,
        millis: u64,
        tries: u32,
    ) -> Result<(), RecorderFailure>;

    /// An operation's result; durable when it returns.
    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), RecorderFailure>;

    /// Where the step stands; durable when it returns.
    async fn checkpoint(&self, value: Value) -> Result<(), RecorderFailure>;

    /// Stores bytes; durable when it returns.
    async fn put_artifact(
        &self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<ArtifactRef, RecorderFailure>;

    /// Reads bytes.
    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, RecorderFailure>;

    /// Shown to whoever watches; not kept.
    fn progress(&self, progress: Progress);

    /// Shown to whoever watches; not kept.
    fn log(&self, level: LogLevel, line: &str);

    /// Resolves when the run is being stopped.
    async fn stopped(&self);
}
