//! What a step that is only planned may do: store artifacts and read them. Whatever would change something is
//! refused.

use std::sync::Arc;

use async_trait::async_trait;
use gateshift_journal::{Journal, NewArtifact};
use gateshift_model::{ArtifactRef, CallRecord, OperationKey, Settled, StepError, StepName};
use gateshift_step_api::{LogLevel, Progress, Recorder, RecorderFailure};
use serde_json::Value;

use crate::Watcher;
use crate::error::{code, recorder_failure};
use crate::shelf::Shelf;

/// Takes artifacts and refuses whatever would change something.
pub(crate) struct PreviewRecorder {
    pub(crate) artifacts: Shelf,
    /// Where the artifacts of the run's steps are, when there is a run.
    pub(crate) journal: Option<Arc<dyn Journal>>,
    pub(crate) watcher: Arc<dyn Watcher>,
    pub(crate) step: StepName,
}

impl PreviewRecorder {
    fn refusal(&self, what: &str) -> StepError {
        let message = format!("step `{}` tried to {what} while it was only to be planned", self.step);
        StepError::permanent(code::PLAN_WRITES, message)
            .with_hint("nothing was sent; report this defect of the migrator to its author")
    }
}

#[async_trait]
impl Recorder for PreviewRecorder {
    async fn intend(&self, call: CallRecord) -> Result<u64, RecorderFailure> {
        Err(self.refusal(&format!("send {} on `{}`", call.action, call.connection)))
    }

    async fn answered(
        &self,
        _: CallRecord,
        _: Option<u16>,
        _: Option<String>,
        _: Option<String>,
        _: u64,
        _: u32,
    ) -> Result<(), RecorderFailure> {
        Ok(())
    }

    async fn settle(&self, key: &OperationKey, _: Settled) -> Result<(), RecorderFailure> {
        Err(self.refusal(&format!("settle {key}")))
    }

    async fn checkpoint(&self, _: Value) -> Result<(), RecorderFailure> {
        Err(self.refusal("store where it stands"))
    }

    async fn put_artifact(
        &self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<ArtifactRef, RecorderFailure> {
        let new = NewArtifact::new(name, media_type, bytes);
        let artifact = new.artifact.clone();
        self.artifacts.put(new);
        Ok(artifact)
    }

    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, RecorderFailure> {
        let own = self.artifacts.get(&artifact.digest).map_err(|error| {
            let message = format!("artifact {} cannot be read again: {error}", artifact.digest);
            StepError::retryable("GS-ARTIFACT", message).with_hint("make room for temporary files")
        })?;
        if let (None, Some(journal)) = (&own, &self.journal) {
            return journal.get_artifact(&artifact.digest).await.map_err(|error| recorder_failure(&error));
        }
        own.ok_or_else(|| {
            StepError::permanent("GS-ARTIFACT", format!("there is no artifact {}", artifact.digest))
                .with_hint("nothing of an earlier run is at hand while a workflow is only planned")
        })
    }

    fn progress(&self, progress: Progress) {
        self.watcher.progress(&self.step, &progress);
    }

    fn log(&self, level: LogLevel, line: &str) {
        self.watcher.log(&self.step, level, line);
    }

    async fn stopped(&self) {
        std::future::pending().await
    }
}
