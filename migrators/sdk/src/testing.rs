//! A host for tests of migrators: answers come from closures, everything recorded stays in memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{
    ArtifactRef, OperationKey, RunId, Sealed, Settled, StepError, StepName, Timestamp, digest_bytes,
};
use gateshift_step_api::{
    CallFailure, CallReply, CallRequest, DnsQuestion, DnsReply, Host, LogLevel, MetricQuery, MetricSample,
    ProbeFailure, ProbeReply, ProbeRequest, Progress, ServiceFailure, StepInput,
};
use serde_json::Value;

type Answer<Q, A, E> = Box<dyn Fn(&Q) -> Result<A, E> + Send + Sync>;

/// A host whose answers are scripted.
pub struct ScriptedHost {
    calls: Answer<CallRequest, CallReply, CallFailure>,
    probes: Answer<ProbeRequest, ProbeReply, ProbeFailure>,
    questions: Answer<DnsQuestion, DnsReply, ServiceFailure>,
    queries: Answer<MetricQuery, Vec<MetricSample>, ServiceFailure>,
    record: Mutex<Record>,
    clock: AtomicU64,
}

/// What was done through a [`ScriptedHost`].
#[derive(Debug, Default, Clone)]
pub struct Record {
    /// Calls in order.
    pub calls: Vec<CallRequest>,
    /// Settled operations in order.
    pub settled: Vec<(OperationKey, Settled)>,
    /// Checkpoints in order.
    pub checkpoints: Vec<Value>,
    /// Artifacts by digest.
    pub artifacts: BTreeMap<String, Vec<u8>>,
    /// Log lines.
    pub log: Vec<String>,
    /// Time spent in `sleep`.
    pub slept: Duration,
}

fn nothing<Q, A, E: From<StepError>>(what: &'static str) -> Answer<Q, A, E> {
    Box::new(move |_| Err(E::from(StepError::permanent("GS-TEST", format!("this test scripts no {what}")))))
}

impl ScriptedHost {
    /// A host that answers calls by `calls` and nothing else.
    pub fn new(
        calls: impl Fn(&CallRequest) -> Result<CallReply, CallFailure> + Send + Sync + 'static,
    ) -> Self {
        Self {
            calls: Box::new(calls),
            probes: nothing("probes"),
            questions: nothing("questions"),
            queries: nothing("queries"),
            record: Mutex::default(),
            clock: AtomicU64::new(1_700_000_000_000),
        }
    }

    /// Answers probes, too.
    #[must_use]
    pub fn with_probes(
        mut self,
        probes: impl Fn(&ProbeRequest) -> Result<ProbeReply, ProbeFailure> + Send + Sync + 'static,
    ) -> Self {
        self.probes = Box::new(probes);
        self
    }

    /// Answers questions to name servers, too.
    #[must_use]
    pub fn with_dns(
        mut self,
        questions: impl Fn(&DnsQuestion) -> Result<DnsReply, ServiceFailure> + Send + Sync + 'static,
    ) -> Self {
        self.questions = Box::new(questions);
        self
    }

    /// Answers metric queries, too.
    #[must_use]
    pub fn with_metrics(
        mut self,
        queries: impl Fn(&MetricQuery) -> Result<Vec<MetricSample>, ServiceFailure> + Send + Sync + 'static,
    ) -> Self {
        self.queries = Box::new(queries);
        self
    }

    /// What was done so far.
    pub fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A first attempt of step `step` with these settings and nothing before it.
#[must_use]
pub fn input(step: &str, settings: Value) -> StepInput {
    let step = StepName::new(step).unwrap_or_else(|error| unreachable!("a test names a step: {error}"));
    StepInput {
        run: RunId(Default::default()),
        step,
        attempt: 1,
        settings,
        outputs: BTreeMap::new(),
        settled: BTreeMap::new(),
        unsettled: Vec::new(),
        checkpoint: None,
        later: Vec::new(),
        skipped: Vec::new(),
        kinds: BTreeMap::new(),
    }
}

/// An answer with status 200 and this body.
#[must_use]
pub fn ok(body: Value) -> CallReply {
    CallReply { status: 200, request_id: Some("test".to_owned()), body }
}

#[async_trait]
impl Host for ScriptedHost {
    async fn call(&self, request: CallRequest) -> Result<CallReply, CallFailure> {
        self.record().calls.push(request.clone());
        (self.calls)(&request)
    }

    async fn probe(&self, request: ProbeRequest) -> Result<ProbeReply, ProbeFailure> {
        (self.probes)(&request)
    }

    async fn resolve(&self, question: DnsQuestion) -> Result<DnsReply, ServiceFailure> {
        (self.questions)(&question)
    }

    async fn query(&self, query: MetricQuery) -> Result<Vec<MetricSample>, ServiceFailure> {
        (self.queries)(&query)
    }

    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), StepError> {
        self.record().settled.push((key.clone(), settled));
        Ok(())
    }

    async fn checkpoint(&self, value: Value) -> Result<(), StepError> {
        self.record().checkpoints.push(value);
        Ok(())
    }

    async fn put_artifact(
        &self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<ArtifactRef, StepError> {
        let digest = digest_bytes(&bytes);
        let artifact = ArtifactRef {
            name: name.to_owned(),
            digest: digest.clone(),
            size: bytes.len() as u64,
            media_type: media_type.to_owned(),
        };
        self.record().artifacts.insert(digest.to_string(), bytes);
        Ok(artifact)
    }

    async fn get_artifact(&self, artifact: &ArtifactRef) -> Result<Vec<u8>, StepError> {
        let found = self.record().artifacts.get(artifact.digest.as_str()).cloned();
        found.ok_or_else(|| {
            StepError::permanent("GS-ARTIFACT", format!("artifact `{}` is not there", artifact.name))
        })
    }

    fn seal(&self, plain: &str) -> Result<Sealed, StepError> {
        Ok(Sealed::from_cipher(&hex(plain)))
    }

    fn unseal(&self, sealed: &Sealed) -> Result<String, StepError> {
        sealed.cipher().and_then(unhex).ok_or_else(|| StepError::permanent("GS-SEAL-KEY", "no sealed text"))
    }

    fn progress(&self, _: Progress) {}

    fn log(&self, _: LogLevel, line: &str) {
        self.record().log.push(line.to_owned());
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.clock.fetch_add(1, Ordering::Relaxed) as i64)
    }

    fn id(&self) -> String {
        format!("id-{}", self.clock.fetch_add(1, Ordering::Relaxed))
    }

    async fn sleep(&self, duration: Duration) -> Result<(), StepError> {
        self.record().slept += duration;
        self.clock.fetch_add(duration.as_millis() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn time_scale(&self) -> f64 {
        1.0
    }
}

/// Plain text must not be found in what is called sealed, even in tests.
fn hex(plain: &str) -> String {
    plain.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<String> {
    let bytes = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}
