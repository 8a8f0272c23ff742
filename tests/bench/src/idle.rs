//! A migrator and a host that do nothing, so that only the engine is left to measure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{
    ArtifactRef, Checkpoint, MigratorName, OperationKey, Plan, Sealed, Settled, StepError, Timestamp,
    UndoScope,
};
use gateshift_step_api::{
    Applied, CallFailure, CallReply, CallRequest, DnsQuestion, DnsReply, Host, HostProvider, LogLevel,
    Manifest, MetricQuery, MetricSample, Migrator, ProbeFailure, ProbeReply, ProbeRequest, ProbeUse,
    Progress, Recorder, ServiceFailure, StepInput, StepScope, Undone,
};
use serde_json::{Value, json};

/// Plans nothing, applies nothing, has nothing to verify.
#[derive(Debug, Clone)]
pub struct IdleMigrator(pub MigratorName);

#[async_trait]
impl Migrator for IdleMigrator {
    fn manifest(&self) -> Manifest {
        Manifest {
            name: self.0.clone(),
            version: "1".into(),
            contract: 1,
            description: "Does nothing.".into(),
            settings: json!({}),
            output: json!({}),
            connections: BTreeMap::new(),
            reads: Vec::new(),
            probes: ProbeUse::default(),
            undo: UndoScope::Nothing,
        }
    }

    async fn plan(&self, _: &dyn Host, _: &StepInput) -> Result<Plan, StepError> {
        Ok(Plan::default())
    }

    async fn apply(&self, _: &dyn Host, _: &StepInput, _: &Plan) -> Result<Applied, StepError> {
        Ok(Applied::Done { output: Value::Null, warnings: Vec::new() })
    }

    async fn verify(
        &self,
        _: &dyn Host,
        _: &StepInput,
        _: &Plan,
        _: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        Ok(Vec::new())
    }

    async fn undo(&self, _: &dyn Host, _: &StepInput, _: Option<&Plan>) -> Result<Undone, StepError> {
        Ok(Undone::default())
    }
}

/// Gives every step a host without a world.
#[derive(Debug, Clone, Copy, Default)]
pub struct IdleHosts;

impl HostProvider for IdleHosts {
    fn host(&self, _: StepScope, recorder: Arc<dyn Recorder>) -> Result<Arc<dyn Host>, StepError> {
        Ok(Arc::new(IdleHost { recorder }))
    }
}

/// Refuses every call to a world that is not there, and records as any host does.
struct IdleHost {
    recorder: Arc<dyn Recorder>,
}

fn nowhere() -> StepError {
    StepError::permanent("GS-BENCH-NOWHERE", "an idle host has no world to call")
}

#[async_trait]
impl Host for IdleHost {
    async fn call(&self, _: CallRequest) -> Result<CallReply, CallFailure> {
        Err(nowhere().into())
    }

    async fn probe(&self, _: ProbeRequest) -> Result<ProbeReply, ProbeFailure> {
        Err(nowhere().into())
    }

    async fn resolve(&self, _: DnsQuestion) -> Result<DnsReply, ServiceFailure> {
        Err(nowhere().into())
    }

    async fn query(&self, _: MetricQuery) -> Result<Vec<MetricSample>, ServiceFailure> {
        Err(nowhere().into())
    }

    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), StepError> {
        self.recorder.settle(key, settled).await
    }

    async fn checkpoint(&self, value: Value) -> Result<(), StepError> {
        self.recorder.checkpoint(value).await
    }

    async fn put_artifact(&self, name: &str, kind: &str, bytes: Vec<u8>) -> Result<ArtifactRef, StepError> {
        self.recorder.put_artifact(name, kind, bytes).await
    }

    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, StepError> {
        self.recorder.get_artifact(artifact).await
    }

    fn seal(&self, plain: &str) -> Result<Sealed, StepError> {
        Ok(Sealed::from_cipher(plain))
    }

    fn unseal(&self, sealed: &Sealed) -> Result<String, StepError> {
        Ok(sealed.cipher().unwrap_or_default().to_owned())
    }

    fn progress(&self, progress: Progress) {
        self.recorder.progress(progress);
    }

    fn log(&self, level: LogLevel, line: &str) {
        self.recorder.log(level, line);
    }

    fn now(&self) -> Timestamp {
        (gateshift_executor::system_clock())()
    }

    fn id(&self) -> String {
        String::new()
    }

    async fn sleep(&self, duration: Duration) -> Result<(), StepError> {
        tokio::time::sleep(duration).await;
        Ok(())
    }

    fn time_scale(&self) -> f64 {
        1.0
    }
}
