//! A migrator that makes things in the world, and its host, which records as a real one does: intent,
//! effect, answer.
//!
//! Settings: `things` (how many a step makes), `rests` (times it answers "not yet"), `pause` (milliseconds
//! of a call, and of a rest).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{
    ArtifactRef, CallRecord, Checkpoint, Document, MigratorName, ObjectRef, Operation, OperationKey, Outcome,
    Plan, Sealed, Settled, StepError, Timestamp, UndoScope, Verb,
};
use gateshift_step_api::{
    Applied, Body, CallFailure, CallKind, CallReply, CallRequest, DnsQuestion, DnsReply, Host, HostProvider,
    LogLevel, Manifest, MetricQuery, MetricSample, Migrator, ProbeFailure, ProbeReply, ProbeRequest,
    ProbeUse, Progress, Recorder, ServiceFailure, StepInput, StepScope, Undone,
};
use serde_json::{Value, json};

use crate::World;

/// The migrator.
pub(crate) struct Builder;

impl Builder {
    pub(crate) fn name() -> MigratorName {
        MigratorName::new("builder").unwrap()
    }
}

fn number(input: &StepInput, name: &str) -> u64 {
    input.settings[name].as_u64().unwrap_or(0)
}

fn request(action: &str, key: &OperationKey, kind: CallKind) -> CallRequest {
    CallRequest {
        connection: "world".into(),
        action: action.into(),
        method: "POST".into(),
        path: key.to_string(),
        query: Vec::new(),
        body: Body::None,
        operation: (kind != CallKind::Read).then(|| key.clone()),
        serial: None,
        kind,
    }
}

async fn found(host: &dyn Host, key: &OperationKey) -> Result<bool, StepError> {
    let reply = host.call(request("Look", key, CallKind::Read)).await?;
    Ok(reply.body["found"] == json!(true))
}

#[async_trait]
impl Migrator for Builder {
    fn manifest(&self) -> Manifest {
        Manifest {
            name: Self::name(),
            version: "1".into(),
            contract: 1,
            description: "Makes things.".into(),
            settings: json!({}),
            output: json!({}),
            connections: BTreeMap::new(),
            reads: Vec::new(),
            probes: ProbeUse::default(),
            undo: UndoScope::Nothing,
        }
    }

    async fn plan(&self, _: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        let operation = |number| {
            let text = format!("{}/{}/{number}", input.run, input.step);
            let object = ObjectRef { kind: "thing".into(), name: text.clone() };
            let (before, after, waits_for) = (Document::default(), Document::default(), Vec::new());
            Operation { key: OperationKey::new(text), verb: Verb::Create, object, before, after, waits_for }
        };
        let operations = (0..number(input, "things")).map(operation).collect();
        Ok(Plan { operations, summary: "makes things".into(), ..Plan::default() })
    }

    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        for operation in plan.operations.iter().filter(|one| !input.settled.contains_key(&one.key)) {
            if !found(host, &operation.key).await? {
                host.call(request("Make", &operation.key, CallKind::Write)).await?;
            }
            let settled = Settled { outcome: Outcome::Created, id: None, data: Value::Null };
            host.settle(&operation.key, settled).await?;
        }
        let rests = input.checkpoint.as_ref().and_then(|value| value["rests"].as_u64()).unwrap_or(0);
        if rests < number(input, "rests") {
            let after = Duration::from_millis(number(input, "pause") * 10);
            let checkpoint = json!({ "rests": rests + 1 });
            return Ok(Applied::Pending { checkpoint, after, reason: "not yet".into() });
        }
        Ok(Applied::Done { output: json!({"step": input.step}), warnings: Vec::new() })
    }

    async fn verify(
        &self,
        host: &dyn Host,
        _: &StepInput,
        plan: &Plan,
        _: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        for operation in &plan.operations {
            if !found(host, &operation.key).await? {
                return Ok(vec![Checkpoint::judge("made", false, "a thing is missing", Value::Null)]);
            }
        }
        Ok(vec![Checkpoint::judge("made", true, "all things are there", Value::Null)])
    }

    async fn undo(&self, _: &dyn Host, _: &StepInput, _: Option<&Plan>) -> Result<Undone, StepError> {
        Ok(Undone::default())
    }
}

/// Gives steps their way to the world.
pub(crate) struct Hosts {
    pub(crate) world: World,
    /// How long a call takes.
    pub(crate) pause: Duration,
}

impl HostProvider for Hosts {
    fn host(&self, _: StepScope, recorder: Arc<dyn Recorder>) -> Result<Arc<dyn Host>, StepError> {
        Ok(Arc::new(Site { world: self.world.clone(), pause: self.pause, recorder }))
    }
}

struct Site {
    world: World,
    pause: Duration,
    recorder: Arc<dyn Recorder>,
}

fn nowhere() -> StepError {
    StepError::permanent("GS-TEST-NOWHERE", "not part of this world")
}

#[async_trait]
impl Host for Site {
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
        if request.kind != CallKind::Read {
            record.call = self.recorder.intend(record.clone()).await?;
        }
        tokio::time::sleep(self.pause / 2).await;
        let new = request.action == "Make" && self.world.make(&key);
        tokio::time::sleep(self.pause / 2).await;
        self.recorder.answered(record, Some(200), None, None, 1, 1).await?;
        let found = self.world.has(&key);
        Ok(CallReply { status: 200, request_id: None, body: json!({ "found": found, "new": new }) })
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
        gateshift_executor::system_clock()()
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
