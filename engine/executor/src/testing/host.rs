//! A host over the test's world. Records as a real one does: intent, effect, answer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{ArtifactRef, CallRecord, OperationKey, Sealed, Settled, StepError, Timestamp};
use gateshift_step_api::{
    CallFailure, CallKind, CallReply, CallRequest, DnsQuestion, DnsReply, Host, HostProvider, LogLevel,
    MetricQuery, MetricSample, ProbeFailure, ProbeReply, ProbeRequest, Progress, Recorder, ServiceFailure,
    StepScope,
};
use serde_json::{Value, json};

use super::CrashJournal;
use super::world::{Cut, World};
use crate::Clock;

pub(crate) struct FakeHosts {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) journal: CrashJournal,
}

impl HostProvider for FakeHosts {
    fn host(&self, _scope: StepScope, recorder: Arc<dyn Recorder>) -> Result<Arc<dyn Host>, StepError> {
        let (world, clock, journal) = (self.world.clone(), Arc::clone(&self.clock), self.journal.clone());
        Ok(Arc::new(FakeHost { world, clock, journal, recorder }))
    }
}

struct FakeHost {
    world: World,
    clock: Clock,
    journal: CrashJournal,
    recorder: Arc<dyn Recorder>,
}

impl FakeHost {
    /// Dies at the planned place: from here on the journal takes nothing.
    fn cut(&self, write: usize, at: Cut) -> Result<(), CallFailure> {
        if self.fails(write, at) {
            self.journal.crash();
            return Err(lost("the process died"));
        }
        Ok(())
    }

    fn fails(&self, write: usize, at: Cut) -> bool {
        self.world.lock().cut == Some((write, at))
    }

    /// Goes wrong as planned, and says so in the record.
    async fn fail(&self, record: &CallRecord, failure: CallFailure) -> Result<CallReply, CallFailure> {
        let error = Some(failure.to_string());
        self.recorder.answered(record.clone(), None, None, error, 1, 1).await?;
        Err(failure)
    }

    fn effect(&self, action: &str, key: &str) {
        let mut state = self.world.lock();
        match action {
            "Create" => {
                *state.creates.entry(key.to_owned()).or_default() += 1;
                state.present.insert(key.to_owned());
                state.trail.push(format!("+{key}"));
            }
            "Delete" => {
                *state.deletes.entry(key.to_owned()).or_default() += 1;
                state.present.remove(key);
                state.trail.push(format!("-{key}"));
            }
            _ => {}
        }
    }
}

fn lost(cause: &str) -> CallFailure {
    CallFailure::Lost { connection: String::new(), action: String::new(), cause: cause.into() }
}

#[async_trait]
impl Host for FakeHost {
    async fn call(&self, request: CallRequest) -> Result<CallReply, CallFailure> {
        let key = request.path.clone();
        let mut record = CallRecord {
            call: 0,
            connection: request.connection.clone(),
            action: request.action.clone(),
            operation: request.operation.clone(),
            request: Value::Null,
            fingerprint: None,
        };
        let mut write = 0;
        if request.kind != CallKind::Read {
            record.call = self.recorder.intend(record.clone()).await?;
            write = self.world.count_write();
            self.cut(write, Cut::BeforeEffect)?;
        }
        if self.fails(write, Cut::AskingLost) {
            return self.fail(&record, lost("it went astray")).await;
        }
        if self.fails(write, Cut::Refused) {
            let (connection, action, status) = (String::new(), request.action.clone(), 400);
            let (code, message) = ("NoSuchThing".to_owned(), "not this one".to_owned());
            let refused =
                CallFailure::Refused { connection, action, status, code, message, request_id: None };
            return self.fail(&record, refused).await;
        }
        // A call takes time: other steps go on meanwhile.
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.effect(&request.action, &key);
        self.cut(write, Cut::AfterEffect)?;
        if self.fails(write, Cut::ReplyLost) {
            return self.fail(&record, lost("no answer came")).await;
        }
        self.recorder.answered(record, Some(200), None, None, 1, 1).await?;
        let found = self.world.lock().present.contains(&key);
        Ok(CallReply { status: 200, request_id: None, body: json!({ "found": found }) })
    }

    async fn probe(&self, request: ProbeRequest) -> Result<ProbeReply, ProbeFailure> {
        Err(ProbeFailure::Exchange { address: request.host, cause: "not part of this world".into() })
    }

    async fn resolve(&self, question: DnsQuestion) -> Result<DnsReply, ServiceFailure> {
        Err(ServiceFailure::Failed { what: question.name, cause: "not part of this world".into() })
    }

    async fn query(&self, query: MetricQuery) -> Result<Vec<MetricSample>, ServiceFailure> {
        Err(ServiceFailure::Failed { what: query.expression, cause: "not part of this world".into() })
    }

    async fn settle(&self, key: &OperationKey, settled: Settled) -> Result<(), StepError> {
        self.recorder.settle(key, settled).await
    }

    async fn checkpoint(&self, value: Value) -> Result<(), StepError> {
        self.recorder.checkpoint(value).await
    }

    async fn put_artifact(
        &self,
        name: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<ArtifactRef, StepError> {
        self.recorder.put_artifact(name, media_type, bytes).await
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
        (self.clock)()
    }

    fn id(&self) -> String {
        "id".into()
    }

    async fn sleep(&self, duration: Duration) -> Result<(), StepError> {
        tokio::time::sleep(duration).await;
        Ok(())
    }

    fn time_scale(&self) -> f64 {
        1.0
    }
}
