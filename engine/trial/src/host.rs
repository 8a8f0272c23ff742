//! The host of a trial: it refuses what the manifest does not declare, answers the rest from a table, and can be told
//! to throttle, to answer nonsense, or to leave a write without its answer.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{ArtifactRef, OperationKey, Sealed, Settled, StepError, Timestamp, digest_bytes};
use gateshift_step_api::{
    ActionUse, CallFailure, CallKind, CallReply, CallRequest, DnsQuestion, DnsReply, Host, LogLevel,
    Manifest, MetricQuery, MetricSample, ProbeFailure, ProbeReply, ProbeRequest, Progress, ServiceFailure,
};
use serde_json::{Value, json};

/// How the world behaves.
#[derive(Debug, Clone, Default)]
pub(crate) enum World {
    /// As the table says.
    #[default]
    Usual,
    /// Every first try of a call is throttled for longer than the host waits.
    Throttled,
    /// Every call answers with this.
    Nonsense(Value),
    /// The write of that number (from 0) gets no answer: whoever waits for it waits for good.
    Silent(usize),
}

/// What was done through the host.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) writes: Vec<CallRequest>,
    pub(crate) settled: BTreeMap<OperationKey, Settled>,
    pub(crate) checkpoint: Option<Value>,
    pub(crate) undeclared: Vec<String>,
    artifacts: BTreeMap<String, Vec<u8>>,
    clock: i64,
}

pub(crate) struct TrialHost<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) answers: &'a BTreeMap<String, Value>,
    pub(crate) world: World,
    pub(crate) seen: Mutex<Seen>,
    /// Told when a write stays without its answer.
    pub(crate) silent: tokio::sync::Notify,
}

impl TrialHost<'_> {
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, what: String) -> StepError {
        self.seen().undeclared.push(what.clone());
        StepError::permanent("GS-UNDECLARED-ACTION", format!("{what}, which its manifest does not declare"))
    }

    fn declared(&self, request: &CallRequest) -> Result<(), StepError> {
        let role = self.manifest.connections.get(&request.connection);
        let used = role.and_then(|role| role.actions.get(&request.action));
        let (reads, action) = (request.kind == CallKind::Read, &request.action);
        match used {
            None => Err(self.refuse(format!("it asks for {action} on `{}`", request.connection))),
            Some(ActionUse::Read) if !reads => Err(self.refuse(format!("it writes with {action}"))),
            Some(ActionUse::Write) if reads => Err(self.refuse(format!("it reads with {action}"))),
            Some(_) => Ok(()),
        }
    }
}

fn nothing(what: &str) -> ServiceFailure {
    ServiceFailure::Failed { what: what.to_owned(), cause: "there is none in a trial".to_owned() }
}

#[async_trait]
impl Host for TrialHost<'_> {
    async fn call(&self, request: CallRequest) -> Result<CallReply, CallFailure> {
        self.declared(&request)?;
        let number = {
            let mut seen = self.seen();
            seen.clock += 1;
            if request.kind != CallKind::Read {
                seen.writes.push(request.clone());
            }
            seen.writes.len()
        };
        let answer = || self.answers.get(&request.action).cloned().unwrap_or_else(|| json!({}));
        let body = match &self.world {
            World::Silent(at) if request.kind != CallKind::Read && number == at + 1 => {
                self.silent.notify_one();
                std::future::pending().await
            }
            World::Throttled => {
                return Err(CallFailure::Throttled {
                    connection: request.connection,
                    action: request.action,
                    code: "Throttling".to_owned(),
                    tries: 5,
                    retry_after_ms: Some(1000),
                });
            }
            World::Nonsense(value) => value.clone(),
            World::Usual | World::Silent(_) => answer(),
        };
        Ok(CallReply { status: 200, request_id: Some("trial".to_owned()), body })
    }

    async fn probe(&self, request: ProbeRequest) -> Result<ProbeReply, ProbeFailure> {
        if !self.manifest.probes.http {
            return Err(self.refuse("it sends requests to gateways".to_owned()).into());
        }
        let (address, cause) = (request.address.to_string(), "there is none in a trial".to_owned());
        Err(ProbeFailure::Connect { address, cause })
    }

    async fn resolve(&self, _: DnsQuestion) -> Result<DnsReply, ServiceFailure> {
        if !self.manifest.probes.dns {
            return Err(self.refuse("it asks name servers".to_owned()).into());
        }
        Err(nothing("a name server"))
    }

    async fn query(&self, query: MetricQuery) -> Result<Vec<MetricSample>, ServiceFailure> {
        if !self.manifest.connections.contains_key(&query.connection) {
            return Err(self.refuse(format!("it queries `{}`", query.connection)).into());
        }
        Ok(Vec::new())
    }

    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), StepError> {
        self.seen().settled.insert(key.clone(), settled);
        Ok(())
    }

    async fn checkpoint(&self, value: Value) -> Result<(), StepError> {
        self.seen().checkpoint = Some(value);
        Ok(())
    }

    async fn put_artifact(
        &self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<ArtifactRef, StepError> {
        let (digest, size) = (digest_bytes(&bytes), bytes.len() as u64);
        self.seen().artifacts.insert(digest.as_str().to_owned(), bytes);
        Ok(ArtifactRef { name: name.to_owned(), digest, size, media_type: media_type.to_owned() })
    }

    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, StepError> {
        let found = self.seen().artifacts.get(artifact.digest.as_str()).cloned();
        found.ok_or_else(|| StepError::permanent("GS-ARTIFACT", "there is no such artifact in this trial"))
    }

    fn seal(&self, plain: &str) -> Result<Sealed, StepError> {
        Ok(Sealed::from_cipher(&hex::encode(plain)))
    }

    fn unseal(&self, sealed: &Sealed) -> Result<String, StepError> {
        let bytes = sealed.cipher().and_then(|cipher| hex::decode(cipher).ok());
        bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| StepError::permanent("GS-SEAL-KEY", "this was not sealed in this trial"))
    }

    fn progress(&self, _: Progress) {}

    fn log(&self, _: LogLevel, _: &str) {}

    /// The same for equal work, so that equal work gives equal results.
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000 + self.seen().clock)
    }

    fn id(&self) -> String {
        let mut seen = self.seen();
        seen.clock += 1;
        uuid::Uuid::from_u128(u128::from(seen.clock.unsigned_abs())).to_string()
    }

    async fn sleep(&self, duration: Duration) -> Result<(), StepError> {
        self.seen().clock += i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2);
        Ok(())
    }

    fn time_scale(&self) -> f64 {
        1.0
    }
}
