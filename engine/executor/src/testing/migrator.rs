//! A migrator that makes as many objects as its settings say, and goes wrong as the world's script says.
//!
//! Settings: `objects` (number), `pending` (times it answers "not yet"), `fail_attempts` (attempts that
//! fail half way), `finding` (severity of a finding of its plan) with its `code`, `checkpoint` (its
//! answer), `manual` (things a person has to switch on before it passes), `foresee` (its output is known
//! beforehand), `plan_writes` (it writes while it plans), `says` (part of its output), `broken` (it fails for good after its work until a
//! person has clicked so often), `undo_broken` (its undo leaves something until then).

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use gateshift_model::{
    Checkpoint, CheckpointResult, Document, Finding, MigratorName, ObjectRef, Operation, OperationKey,
    Outcome, Plan, Settled, Severity, StepError, UndoScope, Verb,
};
use gateshift_step_api::{Applied, Body, CallKind, CallRequest, Host, Manifest, Migrator, StepInput, Undone};
use serde_json::{Value, json};

use super::world::{Act, Phase, World};

pub(crate) struct Maker {
    pub(crate) world: World,
    /// It can do without what skipped steps would have handed on.
    pub(crate) frugal: bool,
}

fn request(action: &str, key: &OperationKey, kind: CallKind) -> CallRequest {
    CallRequest {
        connection: "target".into(),
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
    let reply = host.call(request("Lookup", key, CallKind::Read)).await?;
    Ok(reply.body["found"] == json!(true))
}

struct Working(World);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.lock().working -= 1;
    }
}

impl Maker {
    async fn act(
        &self,
        phase: Phase,
        host: &dyn Host,
        input: &StepInput,
    ) -> Result<Option<StepError>, StepError> {
        match self.world.next_act(phase, input.step.as_str()) {
            None => Ok(None),
            Some(Act::Fail(error)) => Err(error),
            Some(Act::WorkThenFail(error)) => Ok(Some(error)),
            Some(Act::Panic) => panic!("scripted"),
            Some(Act::Sleep(millis)) => host.sleep(Duration::from_millis(millis)).await.map(|()| None),
            Some(Act::Deaf(millis)) => {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                Ok(None)
            }
        }
    }

    fn clicks(&self) -> u64 {
        self.world.lock().clicked
    }

    fn working(&self) -> Working {
        let mut state = self.world.lock();
        state.working += 1;
        state.most_working = state.most_working.max(state.working);
        Working(self.world.clone())
    }
}

#[async_trait]
impl Migrator for Maker {
    fn manifest(&self) -> Manifest {
        Manifest {
            name: MigratorName::new("maker").unwrap(),
            version: "1".into(),
            contract: 1,
            description: "makes objects".into(),
            settings: Value::Null,
            output: Value::Null,
            connections: BTreeMap::new(),
            reads: vec![MigratorName::new("maker").unwrap()],
            probes: gateshift_step_api::ProbeUse::default(),
            undo: UndoScope::Config,
        }
    }

    fn never_waived(&self) -> &'static [&'static str] {
        &["NEVER"]
    }

    fn does_without(&self) -> &'static [&'static str] {
        if self.frugal { &["maker", "frugal"] } else { &[] }
    }

    fn foresee(&self, input: &StepInput, _: &Plan) -> Option<Value> {
        (input.settings["foresee"] == json!(true)).then(|| json!({"step": input.step}))
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        self.act(Phase::Plan, host, input).await?;
        let operation = |number| {
            let text = format!("{}/{number}", input.step);
            let object = ObjectRef { kind: "object".into(), name: text.clone() };
            let (before, after, waits_for) = (Document::default(), Document::default(), Vec::new());
            Operation { key: OperationKey::new(text), verb: Verb::Create, object, before, after, waits_for }
        };
        let objects = input.settings["objects"].as_u64();
        // Found only by a second look.
        let more =
            if self.world.entered(Phase::Plan, input.step.as_str()) > 1 { self.world.lock().more } else { 0 };
        let operations = (0..objects.map_or(0, |objects| objects + more)).map(operation).collect();
        if input.settings["plan_writes"] == json!(true) {
            host.call(request("Create", &OperationKey::new("sly"), CallKind::Write)).await?;
        }
        let code = input.settings["code"].as_str().unwrap_or("FND");
        let severity = serde_json::from_value::<Severity>(input.settings["finding"].clone());
        let findings =
            severity.into_iter().map(|severity| Finding::new(severity, code, "x", "found")).collect();
        let mut plan = Plan { operations, findings, ..Plan::default() };
        if plan != Plan::default() {
            plan.summary = "makes".into();
        }
        Ok(plan)
    }

    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        let _working = self.working();
        let fails = self.act(Phase::Apply, host, input).await?;
        let calls = input.checkpoint.as_ref().and_then(|value| value["calls"].as_u64()).unwrap_or(0);
        for (index, operation) in plan.operations.iter().enumerate() {
            if index > 0 && u64::from(input.attempt) <= input.settings["fail_attempts"].as_u64().unwrap_or(0)
            {
                return Err(StepError::retryable("GS-TEST", "half way"));
            }
            if input.settled.contains_key(&operation.key) {
                continue;
            }
            if !found(host, &operation.key).await? {
                host.call(request("Create", &operation.key, CallKind::Write)).await?;
            }
            let settled = Settled { outcome: Outcome::Created, id: None, data: Value::Null };
            host.settle(&operation.key, settled).await?;
        }
        if calls < input.settings["pending"].as_u64().unwrap_or(0) {
            let (checkpoint, after) = (json!({ "calls": calls + 1 }), Duration::from_secs(60));
            return Ok(Applied::Pending { checkpoint, after, reason: "not yet".into() });
        }
        if self.clicks() < input.settings["broken"].as_u64().unwrap_or(0) {
            return Err(StepError::permanent("GS-BROKEN", "it is broken"));
        }
        match fails {
            Some(error) => Err(error),
            None => {
                let mut output = json!({"step": input.step, "outputs": input.outputs});
                if !input.settings["says"].is_null() {
                    output["says"] = input.settings["says"].clone();
                }
                if !input.skipped.is_empty() {
                    output["skipped"] = json!(input.skipped);
                }
                Ok(Applied::Done { output, warnings: Vec::new() })
            }
        }
    }

    async fn verify(
        &self,
        host: &dyn Host,
        input: &StepInput,
        plan: &Plan,
        _: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        self.act(Phase::Verify, host, input).await?;
        for operation in &plan.operations {
            // A call that failed is taken for a missing object: a migrator may be that careless.
            if !found(host, &operation.key).await.unwrap_or(false) {
                return Ok(vec![Checkpoint::judge("made", false, "an object is missing", Value::Null)]);
            }
        }
        let left = input.settings["manual"].as_u64().unwrap_or(0).saturating_sub(self.world.lock().clicked);
        if left > 0 {
            let message = format!("switch {left} things on");
            return Ok(vec![Checkpoint::new("console", CheckpointResult::Manual, message, json!({"on": 0}))]);
        }
        let result = serde_json::from_value::<CheckpointResult>(input.settings["checkpoint"].clone());
        Ok(result
            .into_iter()
            .map(|result| Checkpoint::new("asked", result, "as asked", Value::Null))
            .collect())
    }

    async fn undo(&self, host: &dyn Host, input: &StepInput, _: Option<&Plan>) -> Result<Undone, StepError> {
        self.act(Phase::Undo, host, input).await?;
        let keys = input.settled.keys().chain(&input.unsettled).cloned();
        let mut undone = Undone::default();
        for key in keys.collect::<Vec<_>>().into_iter().rev() {
            if found(host, &key).await? {
                host.call(request("Delete", &key, CallKind::IdempotentWrite)).await?;
            }
            undone.operations.push(key);
        }
        if input.settings["undo_leaves"] == json!(true)
            || self.clicks() < input.settings["undo_broken"].as_u64().unwrap_or(0)
        {
            undone.left.push("a thing".into());
        }
        Ok(undone)
    }
}
