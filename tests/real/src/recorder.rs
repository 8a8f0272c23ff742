//! What the engine's journal would keep of a step, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gateshift_model::{ArtifactRef, CallRecord, OperationKey, Settled, StepError, digest_bytes};
use gateshift_step_api::{LogLevel, Progress, Recorder};
use serde_json::Value;

/// The record of one step.
#[derive(Debug, Default)]
pub struct Memory {
    /// Operations and what they came to.
    pub settled: Mutex<BTreeMap<OperationKey, Settled>>,
    /// The latest checkpoint.
    pub checkpoint: Mutex<Option<Value>>,
    /// Every write that was intended, by action.
    pub writes: Mutex<Vec<String>>,
    /// Lines of the log.
    pub log: Mutex<Vec<String>>,
    /// Every call as it was recorded.
    pub calls: Mutex<Vec<String>>,
    artifacts: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Memory {
    /// An empty record.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Keeps bytes.
    ///
    /// # Panics
    /// Never, but for a poisoned lock.
    pub fn keep(&self, name: &str, bytes: Vec<u8>) -> ArtifactRef {
        let (digest, size) = (digest_bytes(&bytes), bytes.len() as u64);
        self.artifacts.lock().unwrap().insert(digest.to_string(), bytes);
        ArtifactRef { name: name.to_owned(), digest, size, media_type: "application/json".to_owned() }
    }
}

#[async_trait]
impl Recorder for Memory {
    async fn intend(&self, call: CallRecord) -> Result<u64, StepError> {
        let mut writes = self.writes.lock().unwrap();
        writes.push(call.action);
        Ok(writes.len() as u64)
    }

    async fn answered(
        &self,
        call: CallRecord,
        status: Option<u16>,
        _: Option<String>,
        error: Option<String>,
        _: u64,
        _: u32,
    ) -> Result<(), StepError> {
        self.calls.lock().unwrap().push(format!("{} {} {status:?} {error:?}", call.action, call.request));
        Ok(())
    }

    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), StepError> {
        self.settled.lock().unwrap().insert(key.clone(), settled);
        Ok(())
    }

    async fn checkpoint(&self, value: Value) -> Result<(), StepError> {
        *self.checkpoint.lock().unwrap() = Some(value);
        Ok(())
    }

    async fn put_artifact(&self, name: &str, _: &str, bytes: Vec<u8>) -> Result<ArtifactRef, StepError> {
        Ok(self.keep(name, bytes))
    }

    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, StepError> {
        let kept = self.artifacts.lock().unwrap().get(&artifact.digest.to_string()).cloned();
        kept.ok_or_else(|| StepError::permanent("TEST", format!("no artifact {}", artifact.name)))
    }

    fn progress(&self, _: Progress) {}

    fn log(&self, _: LogLevel, line: &str) {
        self.log.lock().unwrap().push(line.to_owned());
    }

    async fn stopped(&self) {
        std::future::pending().await
    }
}
