//! Shared by the tests: small scripted servers, a recorder that remembers, and ready-made kinds, manifests
//! and hosts.

mod server;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gateshift_model::{
    ArtifactRef, CallRecord, ConnectionDefinition, MigratorName, OperationKey, RunId, Settled, StepError,
    StepName, UndoScope, digest_bytes,
};
use gateshift_step_api::{
    Body, CallKind, CallRequest, ConnectionUse, Host, HostProvider, LogLevel, Manifest, ProbeUse, Progress,
    Recorder, StepScope,
};
use serde_json::{Value, json};
use tokio::sync::watch;

pub(crate) use server::{Reply, Seen, Server, secure};

use crate::{ConnectionKind, EndpointRule, EnvironmentSource, Hosts, HostsOptions, Scheme, WriteRule};

/// A recorder that remembers everything as text, in order.
pub(crate) struct Memory {
    pub(crate) events: Mutex<Vec<(String, Value)>>,
    pub(crate) stop: watch::Sender<bool>,
}

impl Memory {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { events: Mutex::default(), stop: watch::Sender::new(false) })
    }

    fn note(&self, what: &str, value: Value) {
        self.events.lock().unwrap().push((what.to_owned(), value));
    }

    pub(crate) fn kinds(&self) -> Vec<String> {
        self.events.lock().unwrap().iter().map(|(what, _)| what.clone()).collect()
    }

    pub(crate) fn all(&self) -> String {
        format!("{:?}", self.events.lock().unwrap())
    }
}

#[async_trait]
impl Recorder for Memory {
    async fn intend(&self, call: CallRecord) -> Result<u64, StepError> {
        self.note("intend", json!(call));
        Ok(7)
    }

    async fn answered(
        &self,
        call: CallRecord,
        status: Option<u16>,
        request_id: Option<String>,
        error: Option<String>,
        millis: u64,
        tries: u32,
    ) -> Result<(), StepError> {
        self.note("answered", json!({"call": call, "status": status, "id": request_id, "error": error, "millis": millis, "tries": tries}));
        Ok(())
    }

    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), StepError> {
        self.note("settle", json!([key, settled]));
        Ok(())
    }

    async fn checkpoint(&self, value: Value) -> Result<(), StepError> {
        self.note("checkpoint", value);
        Ok(())
    }

    async fn put_artifact(
        &self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<ArtifactRef, StepError> {
        self.note("artifact", json!(String::from_utf8_lossy(&bytes)));
        let (digest, size) = (digest_bytes(&bytes), bytes.len() as u64);
        Ok(ArtifactRef { name: name.to_owned(), digest, size, media_type: media_type.to_owned() })
    }

    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, StepError> {
        Err(StepError::permanent("TEST", format!("no artifact {}", artifact.name)))
    }

    fn progress(&self, progress: Progress) {
        self.note("progress", json!(progress));
    }

    fn log(&self, _: LogLevel, line: &str) {
        self.note("log", json!(line));
    }

    async fn stopped(&self) {
        drop(self.stop.subscribe().wait_for(|stop| *stop).await);
    }
}

/// A kind of connection that signs with ACS3.
pub(crate) fn kind(name: &str, endpoint: EndpointRule) -> ConnectionKind {
    ConnectionKind {
        name: name.to_owned(),
        scheme: Scheme::Acs3 { version: "2020-01-01".to_owned() },
        endpoint,
        writes: WriteRule::Allowed,
        settings: Value::Null,
        required: Vec::new(),
        query_language: None,
    }
}

pub(crate) const SECRET: &str = "a-secret+of/the=host";

/// Options with a writable kind `test/rpc`, a read-only `test/source`, a plain `test/plain`, and keys in the environment.
pub(crate) fn options() -> HostsOptions {
    let rule = EndpointRule::from_setting("url");
    let source = ConnectionKind { writes: WriteRule::read_only(), ..kind("test/source", rule.clone()) };
    let plain = ConnectionKind {
        scheme: Scheme::None,
        query_language: Some(crate::QueryLanguage::Prometheus),
        ..kind("test/plain", rule.clone())
    };
    let mut options = HostsOptions::new(vec![kind("test/rpc", rule), source, plain]);
    options.environment = EnvironmentSource::empty();
    options.environment.metadata = "http://127.0.0.1:1".to_owned();
    for (name, value) in
        [("ALIBABA_CLOUD_ACCESS_KEY_ID", "the-key-id"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)]
    {
        options.environment.variables.insert(name.to_owned(), value.to_owned());
    }
    options
}

/// A manifest with one connection role `c`.
pub(crate) fn manifest(kind: &str, reads: &[&str], writes: &[&str]) -> Manifest {
    Manifest {
        name: MigratorName::new("tester").unwrap(),
        version: "1".to_owned(),
        contract: 1,
        description: String::new(),
        settings: Value::Null,
        output: Value::Null,
        connections: BTreeMap::from([("c".to_owned(), ConnectionUse::new(kind, reads, writes))]),
        reads: Vec::new(),
        probes: ProbeUse { http: true, dns: true },
        undo: UndoScope::Nothing,
    }
}

/// A host with one connection `conn` in the role `c`.
pub(crate) fn host(
    options: HostsOptions,
    manifest: Manifest,
    kind: &str,
    with: Value,
    recorder: &Arc<Memory>,
) -> Arc<dyn Host> {
    let definition = ConnectionDefinition {
        uses: kind.to_owned(),
        with: serde_json::from_value(with).unwrap(),
        credentials: BTreeMap::new(),
    };
    let scope = StepScope {
        run: RunId(uuid::Uuid::nil()),
        step: StepName::new("step").unwrap(),
        attempt: 1,
        manifest,
        connections: vec![("c".to_owned(), "conn".to_owned(), definition)],
    };
    let recorder: Arc<Memory> = Arc::clone(recorder);
    Hosts::new(options).unwrap().host(scope, recorder).unwrap()
}

/// A request on the role `c`.
pub(crate) fn request(action: &str, kind: CallKind) -> CallRequest {
    CallRequest {
        connection: "c".to_owned(),
        action: action.to_owned(),
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: Vec::new(),
        body: Body::None,
        operation: None,
        serial: None,
        kind,
    }
}
