//! The host as a migrator in a library sees it: each service is a message to the other side of the boundary.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gateshift_abi::{EMIT_LOG, EMIT_PROGRESS, ERROR, OK};
use gateshift_model::{ArtifactRef, OperationKey, Sealed, Settled, StepError, Timestamp};
use gateshift_step_api::wire::{Bytes, LogLine, PutArtifact, Settle, ask, service};
use gateshift_step_api::{
    CallFailure, CallReply, CallRequest, DnsQuestion, DnsReply, Host, LogLevel, MetricQuery, MetricSample,
    ProbeFailure, ProbeReply, ProbeRequest, Progress, ServiceFailure,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::guest::{Answer, Guest};

pub(crate) struct RemoteHost {
    pub(crate) guest: Arc<Guest>,
    pub(crate) run: u64,
    pub(crate) scale: f64,
}

impl RemoteHost {
    async fn later<T: DeserializeOwned, E: DeserializeOwned + From<StepError>>(
        &self,
        op: &str,
        request: &impl Serialize,
    ) -> Result<T, E> {
        let request = serde_json::to_string(request).map_err(|error| misused(op, &error.to_string()))?;
        read(op, &self.guest.call(self.run, op, &request).await)
    }

    fn at_once<T: DeserializeOwned>(&self, op: &str, request: &impl Serialize) -> Result<T, StepError> {
        let request = serde_json::to_string(request).map_err(|error| misused(op, &error.to_string()))?;
        read(op, &self.guest.ask(self.run, op, &request))
    }
}

fn read<T: DeserializeOwned, E: DeserializeOwned + From<StepError>>(
    op: &str,
    (status, json): &Answer,
) -> Result<T, E> {
    let unread = |error: serde_json::Error| misused(op, &error.to_string());
    match *status {
        OK => Ok(serde_json::from_str(json).map_err(unread)?),
        ERROR => Err(serde_json::from_str(json).map_err(unread)?),
        _ => Err(misused(op, json).into()),
    }
}

/// The two sides do not understand each other.
fn misused(op: &str, cause: &str) -> StepError {
    StepError::permanent(
        "GS-MIGRATOR-CONTRACT",
        format!("service `{op}` of the host gave no answer: {cause}"),
    )
    .with_hint("use a build of the migrator for this version of the program")
}

#[async_trait]
impl Host for RemoteHost {
    async fn call(&self, request: CallRequest) -> Result<CallReply, CallFailure> {
        self.later(service::CALL, &request).await
    }

    async fn probe(&self, request: ProbeRequest) -> Result<ProbeReply, ProbeFailure> {
        self.later(service::PROBE, &request).await
    }

    async fn resolve(&self, question: DnsQuestion) -> Result<DnsReply, ServiceFailure> {
        self.later(service::RESOLVE, &question).await
    }

    async fn query(&self, query: MetricQuery) -> Result<Vec<MetricSample>, ServiceFailure> {
        self.later(service::QUERY, &query).await
    }

    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), StepError> {
        self.later(service::SETTLE, &Settle { key: key.clone(), settled }).await
    }

    async fn checkpoint(&self, value: Value) -> Result<(), StepError> {
        self.later(service::CHECKPOINT, &value).await
    }

    async fn put_artifact(
        &self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<ArtifactRef, StepError> {
        let (name, media_type, bytes) = (name.to_owned(), media_type.to_owned(), Bytes(bytes));
        self.later(service::PUT_ARTIFACT, &PutArtifact { name, media_type, bytes }).await
    }

    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, StepError> {
        let bytes: Result<Bytes, StepError> = self.later(service::GET_ARTIFACT, artifact).await;
        Ok(bytes?.0)
    }

    fn seal(&self, plain: &str) -> Result<Sealed, StepError> {
        self.at_once(ask::SEAL, &plain)
    }

    fn unseal(&self, sealed: &Sealed) -> Result<String, StepError> {
        self.at_once(ask::UNSEAL, sealed)
    }

    fn progress(&self, progress: Progress) {
        self.guest.emit(self.run, EMIT_PROGRESS, &serde_json::to_string(&progress).unwrap_or_default());
    }

    fn log(&self, level: LogLevel, line: &str) {
        let line = LogLine { level, line: line.to_owned() };
        self.guest.emit(self.run, EMIT_LOG, &serde_json::to_string(&line).unwrap_or_default());
    }

    /// A host that cannot tell the time is none: the attempt ends there rather than going on with a wrong one.
    fn now(&self) -> Timestamp {
        self.at_once(ask::NOW, &()).unwrap_or_else(|error| std::panic::panic_any(error.to_string()))
    }

    fn id(&self) -> String {
        self.at_once(ask::ID, &()).unwrap_or_else(|error| std::panic::panic_any(error.to_string()))
    }

    async fn sleep(&self, duration: Duration) -> Result<(), StepError> {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.later(service::SLEEP, &millis).await
    }

    fn time_scale(&self) -> f64 {
        self.scale
    }
}
