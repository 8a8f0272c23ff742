//! The host of one attempt of a step: checks, records and redacts around what the rest of the crate does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{ArtifactRef, CallRecord, OperationKey, Sealed, Settled, StepError, Timestamp};
use gateshift_step_api::{
    CallFailure, CallKind, CallReply, CallRequest, DnsQuestion, DnsReply, Host, LogLevel, Manifest,
    MetricQuery, MetricSample, ProbeFailure, ProbeReply, ProbeRequest, Progress, Recorder, ServiceFailure,
};
use serde_json::Value;

use crate::call::{Caller, unless_stopped};
use crate::connection::Connection;
use crate::exchange::{Means, Outgoing};
use crate::hosts::Shared;
use crate::redact::Redactor;
use crate::{Overrides, admit, dns, metrics, probe};

/// A step's way to the world.
pub(crate) struct StepHost {
    pub(crate) shared: Arc<Shared>,
    pub(crate) manifest: Manifest,
    pub(crate) connections: BTreeMap<String, Arc<Connection>>,
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) redactor: Arc<Redactor>,
}

impl StepHost {
    fn overrides(&self) -> &Overrides {
        &self.shared.options.overrides
    }

    fn connection(&self, role: &str) -> Result<&Connection, StepError> {
        admit::declared(&self.manifest, role)?;
        self.connections.get(role).map(AsRef::as_ref).ok_or_else(|| {
            StepError::permanent(
                "GS-NO-CONNECTION",
                format!("the step has no connection for the role `{role}`"),
            )
            .with_hint("add the connection to the workflow, or bind the role to another one")
        })
    }

    /// Records around an admitted request and carries it out.
    async fn carry_out(
        &self,
        connection: &Connection,
        request: &CallRequest,
    ) -> Result<CallReply, CallFailure> {
        let recorder = self.recorder.as_ref();
        let _alone = match &request.serial {
            Some(key) => Some(unless_stopped(recorder, connection.alone(key)).await?),
            None => None,
        };
        // Before the record is made: the redaction has to know the keys.
        unless_stopped(recorder, connection.credentials.prepare())
            .await?
            .map_err(|error| self.redactor.error(error))?;
        let (asked, fingerprint) = self.redactor.request(request);
        let mut record = CallRecord {
            call: 0,
            connection: connection.name.clone(),
            action: request.action.clone(),
            operation: request.operation.clone(),
            request: asked,
            fingerprint,
        };
        if request.kind != CallKind::Read {
            record.call = recorder.intend(record.clone()).await?;
        }
        let options = &self.shared.options;
        let means = Means { http: &self.shared.http, limits: &options.limits, clock: &options.clock };
        let caller = Caller { connection, means, stop: recorder, scale: self.overrides().time_scale };
        let outgoing = Outgoing {
            action: &request.action,
            method: &request.method,
            path: &request.path,
            query: &request.query,
            body: &request.body,
        };
        let performed = caller.perform(&outgoing, request.kind).await;
        let result = performed.result.map_err(|failure| self.cleaned(failure));
        let error = result.as_ref().err().map(ToString::to_string);
        recorder
            .answered(
                record,
                performed.status,
                performed.request_id,
                error,
                performed.millis,
                performed.tries,
            )
            .await?;
        result
    }

    fn cleaned(&self, failure: CallFailure) -> CallFailure {
        let clean = |text: String| self.redactor.message(&text);
        match failure {
            CallFailure::Refused { connection, action, status, code, message, request_id } => {
                CallFailure::Refused {
                    connection,
                    action,
                    status,
                    code: clean(code),
                    message: clean(message),
                    request_id,
                }
            }
            CallFailure::Unreachable { connection, action, endpoint, cause } => {
                CallFailure::Unreachable { connection, action, endpoint, cause: clean(cause) }
            }
            CallFailure::Lost { connection, action, cause } => {
                CallFailure::Lost { connection, action, cause: clean(cause) }
            }
            CallFailure::Host(error) => CallFailure::Host(self.redactor.error(error)),
            throttled @ CallFailure::Throttled { .. } => throttled,
        }
    }

    fn undeclared(&self, what: &str) -> StepError {
        let message =
            format!("migrator `{}` {what}, which its manifest does not declare", self.manifest.name);
        StepError::permanent("GS-UNDECLARED-PROBE", message)
            .with_hint("nothing was sent; use a version of the migrator whose manifest declares it")
    }
}

#[async_trait]
impl Host for StepHost {
    async fn call(&self, request: CallRequest) -> Result<CallReply, CallFailure> {
        let connection = self.connection(&request.connection)?;
        admit::request(&self.manifest, &connection.kind, &connection.scheme, &request)?;
        self.carry_out(connection, &request).await
    }

    async fn probe(&self, request: ProbeRequest) -> Result<ProbeReply, ProbeFailure> {
        if !self.manifest.probes.http {
            return Err(self.undeclared("sends requests to gateways").into());
        }
        self.overrides()
            .may_reach(&format!("the gateway at {}", request.address), request.address.is_loopback())?;
        let target = self.overrides().connect_to(request.address, request.port);
        unless_stopped(self.recorder.as_ref(), probe::send(target, request)).await?
    }

    async fn resolve(&self, question: DnsQuestion) -> Result<DnsReply, ServiceFailure> {
        if !self.manifest.probes.dns {
            return Err(self.undeclared("asks name servers").into());
        }
        let resolver = dns::Resolver {
            overrides: self.overrides(),
            resolv_conf: &self.shared.options.environment.resolv_conf,
            patience: self.shared.options.limits.dns,
            silent: &self.shared.silent,
        };
        unless_stopped(self.recorder.as_ref(), resolver.ask(&question)).await?
    }

    async fn query(&self, query: MetricQuery) -> Result<Vec<MetricSample>, ServiceFailure> {
        let connection = self.connection(&query.connection)?;
        let request = metrics::request(connection, &query)?;
        match self.carry_out(connection, &request).await {
            Ok(reply) => metrics::samples(&reply.body).map_err(|cause| metrics::failed(&query, cause)),
            Err(CallFailure::Host(error)) => Err(ServiceFailure::Host(error)),
            Err(failure) => Err(metrics::failed(&query, failure.to_string())),
        }
    }

    async fn settle(&self, key: &OperationKey, mut settled: Settled) -> Result<(), StepError> {
        settled.data = self.redactor.data(&settled.data);
        settled.id = settled.id.map(|id| self.redactor.text(id));
        self.recorder.settle(key, settled).await
    }

    async fn checkpoint(&self, value: Value) -> Result<(), StepError> {
        self.recorder.checkpoint(self.redactor.data(&value)).await
    }

    async fn put_artifact(
        &self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<ArtifactRef, StepError> {
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => self.redactor.text(text).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        self.recorder.put_artifact(name, media_type, bytes).await
    }

    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, StepError> {
        self.recorder.get_artifact(artifact).await
    }

    fn seal(&self, plain: &str) -> Result<Sealed, StepError> {
        self.redactor.learn(plain);
        self.shared.sealer.seal(plain)
    }

    fn unseal(&self, sealed: &Sealed) -> Result<String, StepError> {
        let plain = self.shared.sealer.unseal(sealed)?;
        self.redactor.learn(&plain);
        Ok(plain)
    }

    fn progress(&self, mut progress: Progress) {
        progress.text = self.redactor.message(&progress.text);
        self.recorder.progress(progress);
    }

    fn log(&self, level: LogLevel, line: &str) {
        self.recorder.log(level, &self.redactor.message(line));
    }

    fn now(&self) -> Timestamp {
        self.shared.options.clock.now()
    }

    fn id(&self) -> String {
        uuid::Uuid::now_v7().to_string()
    }

    async fn sleep(&self, duration: Duration) -> Result<(), StepError> {
        unless_stopped(self.recorder.as_ref(), tokio::time::sleep(self.overrides().scaled(duration))).await
    }

    fn time_scale(&self) -> f64 {
        self.overrides().time_scale
    }
}

#[cfg(test)]
mod tests;
