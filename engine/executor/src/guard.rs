//! A host that lets nothing new begin once the step is being stopped, and no call on a connection that is
//! paused. What has begun may end, and its result may be recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{ArtifactRef, ConnectionName, OperationKey, Sealed, Settled, StepError, Timestamp};
use gateshift_step_api::{
    CallFailure, CallReply, CallRequest, DnsQuestion, DnsReply, Host, LogLevel, MetricQuery, MetricSample,
    ProbeFailure, ProbeReply, ProbeRequest, Progress, ServiceFailure,
};
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::recorder::stopped;

/// The connections of a run that are paused.
pub(crate) type Paused = watch::Receiver<BTreeSet<ConnectionName>>;

pub(crate) struct GuardedHost {
    host: Arc<dyn Host>,
    halt: CancellationToken,
    refused: AtomicBool,
    roles: BTreeMap<String, ConnectionName>,
    /// None on the way back, which waits for nobody.
    paused: Option<Paused>,
}

impl GuardedHost {
    pub(crate) fn new(
        host: Arc<dyn Host>,
        halt: CancellationToken,
        roles: BTreeMap<String, ConnectionName>,
        paused: Option<Paused>,
    ) -> Self {
        Self { host, halt, refused: AtomicBool::new(false), roles, paused }
    }

    /// Waits until the connection behind a role is not paused.
    async fn pass(&self, role: &str) -> Result<(), StepError> {
        let (Some(paused), Some(name)) = (&self.paused, self.roles.get(role)) else { return self.open() };
        let mut paused = paused.clone();
        tokio::select! {
            passed = paused.wait_for(|paused| !paused.contains(name)) => drop(passed),
            () = self.halt.cancelled() => {}
        }
        self.open()
    }

    /// What a migrator's answer is worth. Once the stop has cost it a call, nothing: it may have taken
    /// the refusal for a fact about the world, and must look again.
    pub(crate) fn sound<T>(&self, answer: Result<T, StepError>) -> Result<T, StepError> {
        if self.refused.load(Ordering::Acquire) { Err(stopped()) } else { answer }
    }

    fn open(&self) -> Result<(), StepError> {
        if self.halt.is_cancelled() {
            self.refused.store(true, Ordering::Release);
            return Err(stopped());
        }
        Ok(())
    }

    /// A call that was under way when the stop came, and failed, may have failed because of it.
    fn ended<T, E>(&self, result: Result<T, E>) -> Result<T, E> {
        if result.is_err() && self.halt.is_cancelled() {
            self.refused.store(true, Ordering::Release);
        }
        result
    }
}

#[async_trait]
impl Host for GuardedHost {
    async fn call(&self, request: CallRequest) -> Result<CallReply, CallFailure> {
        self.pass(&request.connection).await?;
        self.ended(self.host.call(request).await)
    }

    async fn probe(&self, request: ProbeRequest) -> Result<ProbeReply, ProbeFailure> {
        self.open()?;
        self.ended(self.host.probe(request).await)
    }

    async fn resolve(&self, question: DnsQuestion) -> Result<DnsReply, ServiceFailure> {
        self.open()?;
        self.ended(self.host.resolve(question).await)
    }

    async fn query(&self, query: MetricQuery) -> Result<Vec<MetricSample>, ServiceFailure> {
        self.pass(&query.connection).await?;
        self.ended(self.host.query(query).await)
    }

    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), StepError> {
        self.host.settle(key, settled).await
    }

    async fn checkpoint(&self, value: Value) -> Result<(), StepError> {
        self.host.checkpoint(value).await
    }

    async fn put_artifact(
        &self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<ArtifactRef, StepError> {
        self.host.put_artifact(name, media_type, bytes).await
    }

    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, StepError> {
        self.host.get_artifact(artifact).await
    }

    fn seal(&self, plain: &str) -> Result<Sealed, StepError> {
        self.host.seal(plain)
    }

    fn unseal(&self, sealed: &Sealed) -> Result<String, StepError> {
        self.host.unseal(sealed)
    }

    fn progress(&self, progress: Progress) {
        self.host.progress(progress);
    }

    fn log(&self, level: LogLevel, line: &str) {
        self.host.log(level, line);
    }

    fn now(&self) -> Timestamp {
        self.host.now()
    }

    fn id(&self) -> String {
        self.host.id()
    }

    async fn sleep(&self, duration: Duration) -> Result<(), StepError> {
        self.open()?;
        let slept = tokio::select! {
            result = self.host.sleep(duration) => result,
            () = self.halt.cancelled() => Err(stopped()),
        };
        self.ended(slept)
    }

    fn time_scale(&self) -> f64 {
        self.host.time_scale()
    }
}
