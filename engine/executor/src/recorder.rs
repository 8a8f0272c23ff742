//! Where a host records what a step does: the step's corner of the run's log.

use std::sync::Arc;

use async_trait::async_trait;
use gateshift_journal::{Journal, NewArtifact};
use gateshift_model::{ArtifactRef, CallRecord, Event, OperationKey, Settled, StepError, StepName};
use gateshift_step_api::{LogLevel, Progress, Recorder, RecorderFailure};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::error::{code, recorder_failure};
use crate::log::RunLog;
use crate::{EngineError, Watcher};

/// Records for one attempt of a step.
pub(crate) struct StepRecorder {
    pub(crate) log: Arc<RunLog>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) watcher: Arc<dyn Watcher>,
    pub(crate) step: StepName,
    pub(crate) attempt: u32,
    pub(crate) halt: CancellationToken,
}

/// What a step is told when it asks for something while it is being stopped.
pub(crate) fn stopped() -> StepError {
    StepError::retryable(code::STOPPED, "the run is being stopped")
        .with_hint("`gateshift resume` goes on from here")
}

fn failure(error: &EngineError) -> RecorderFailure {
    match error {
        EngineError::Journal(error) => recorder_failure(error),
        other => StepError::permanent(other.code(), other.to_string()).with_hint(other.hint()),
    }
}

#[async_trait]
impl Recorder for StepRecorder {
    async fn intend(&self, mut call: CallRecord) -> Result<u64, RecorderFailure> {
        if self.halt.is_cancelled() {
            return Err(stopped());
        }
        call.call = self.log.next_call();
        let number = call.call;
        let event = Event::CallIntended { step: self.step.clone(), attempt: self.attempt, call };
        self.log.durable(vec![event]).await.map_err(|error| failure(&error))?;
        Ok(number)
    }

    async fn answered(
        &self,
        mut call: CallRecord,
        status: Option<u16>,
        request_id: Option<String>,
        error: Option<String>,
        millis: u64,
        tries: u32,
    ) -> Result<(), RecorderFailure> {
        // A read has no intent, and so no number yet.
        if call.call == 0 {
            call.call = self.log.next_call();
        }
        let (step, attempt) = (self.step.clone(), self.attempt);
        let event = Event::CallAnswered { step, attempt, call, status, request_id, error, millis, tries };
        self.log.relaxed(vec![event]).map_err(|error| failure(&error))
    }

    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), RecorderFailure> {
        let (step, attempt) = (self.step.clone(), self.attempt);
        let event = Event::OperationSettled { step, attempt, key: key.clone(), settled };
        self.log.durable(vec![event]).await.map_err(|error| failure(&error))
    }

    async fn checkpoint(&self, value: Value) -> Result<(), RecorderFailure> {
        let event = Event::Checkpointed { step: self.step.clone(), attempt: self.attempt, value };
        self.log.durable(vec![event]).await.map_err(|error| failure(&error))
    }

    async fn put_artifact(
        &self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<ArtifactRef, RecorderFailure> {
        let new = NewArtifact::new(name, media_type, bytes);
        let artifact = new.artifact.clone();
        self.log.with_artifact(new, Vec::new(), true).await.map_err(|error| failure(&error))?;
        Ok(artifact)
    }

    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, RecorderFailure> {
        self.journal.get_artifact(&artifact.digest).await.map_err(|error| recorder_failure(&error))
    }

    fn progress(&self, progress: Progress) {
        self.watcher.progress(&self.step, &progress);
    }

    fn log(&self, level: LogLevel, line: &str) {
        self.watcher.log(&self.step, level, line);
    }

    async fn stopped(&self) {
        self.halt.cancelled().await;
    }
}
