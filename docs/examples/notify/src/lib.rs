//! A migrator of one's own, outside the set: tells a chat that a change begins, and files a ticket for it, over one
//! webhook. As `uses: ./libgateshift_notify.so`; the connection `hook` is of kind `webhook`.

use gateshift_sdk::api::{Applied, CallKind, ConnectionUse, Host, Manifest, Migrator, StepInput, Undone};
use gateshift_sdk::model::{
    Checkpoint, ObjectRef, Operation, OperationKey, Outcome, Plan, Settled, StepError, UndoScope, Verb,
};
use gateshift_sdk::{async_trait, call, migrator_name};
use serde_json::{Value, json};

gateshift_export::export_migrator!(Notify);

struct Notify;

/// The two things it does, in this order.
const TICKET: &str = "ticket/change";
const MESSAGE: &str = "message/begins";

/// The same in every attempt of a run, so that the other side can tell a repetition.
fn reference(input: &StepInput) -> String {
    format!("{}-{}", input.run, input.step)
}

/// Pure: what is to be done, from the settings alone.
fn decide(input: &StepInput) -> Plan {
    let text = input.settings["text"].as_str().unwrap_or_default();
    let operation = |key: &str, kind: &str| Operation {
        key: OperationKey::new(key),
        verb: Verb::Create,
        object: ObjectRef { kind: kind.to_owned(), name: reference(input) },
        before: Value::Null.into(),
        after: json!({ "text": text, "reference": reference(input) }).into(),
        waits_for: Vec::new(),
    };
    Plan {
        operations: vec![operation(TICKET, "ticket"), operation(MESSAGE, "message")],
        summary: format!("a ticket and a message: {text}"),
        ..Plan::default()
    }
}

#[async_trait]
impl Migrator for Notify {
    fn manifest(&self) -> Manifest {
        Manifest {
            name: migrator_name("notify"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contract: 1,
            description: "files a ticket and tells a chat before a change begins".to_owned(),
            settings: json!({
                "type": "object",
                "required": ["text"],
                "additionalProperties": false,
                "properties": { "text": { "type": "string", "description": "what the ticket and the message say" } },
            }),
            output: json!({ "type": "object" }),
            connections: [(
                "hook".to_owned(),
                ConnectionUse::new("webhook", &[], &["PostTicket", "PostMessage"]),
            )]
            .into(),
            reads: Vec::new(),
            probes: Default::default(),
            undo: UndoScope::Nothing,
        }
    }

    async fn plan(&self, _: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        Ok(decide(input))
    }

    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        for operation in plan.operations.iter().filter(|one| !input.settled.contains_key(&one.key)) {
            let (action, path) = match operation.key.as_str() {
                TICKET => ("PostTicket", "tickets"),
                _ => ("PostMessage", "messages"),
            };
            // The reference makes a repetition harmless: the other side files it once.
            let request = call::roa("hook", action, CallKind::IdempotentWrite, "POST", &[path])
                .body(operation.after.value())
                .operation(&operation.key)
                .build();
            let id = host.call(request).await?.body["id"].as_str().map(str::to_owned);
            host.settle(&operation.key, Settled { outcome: Outcome::Created, id, data: Value::Null }).await?;
        }
        Ok(Applied::Done { output: json!({ "reference": reference(input) }), warnings: Vec::new() })
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

    /// What was said cannot be unsaid: the manifest says that undoing takes nothing back.
    async fn undo(&self, _: &dyn Host, _: &StepInput, _: Option<&Plan>) -> Result<Undone, StepError> {
        Ok(Undone::default())
    }
}
