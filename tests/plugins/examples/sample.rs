//! A migrator in a library: well behaved, unless its settings say otherwise.

use std::time::Duration;

use async_trait::async_trait;
use gateshift_sdk::api::{
    Applied, CallKind, ConnectionUse, Host, LogLevel, Manifest, Migrator, Progress, StepInput, Undone,
};
use gateshift_sdk::model::{
    Checkpoint, Document, Finding, ObjectRef, Operation, OperationKey, Outcome, Plan, Settled, Severity,
    StepError, UndoScope, Verb,
};
use gateshift_sdk::{call, migrator_name};
use serde_json::{Value, json};

gateshift_export::export_migrator!(Sample);

struct Sample;

impl Sample {
    /// Does what the settings say, if this is the place for it.
    async fn misbehave(&self, host: &dyn Host, input: &StepInput, verb: &str) {
        if input.settings["in"] != verb {
            return;
        }
        match input.settings["mode"].as_str().unwrap_or_default() {
            "panic" => panic!("as it was told"),
            "abort" => std::process::abort(),
            // SAFETY: none; that is the point.
            "segfault" => unsafe { std::ptr::null_mut::<u64>().write_volatile(1) },
            "overflow" => drop(deep(1)),
            "exit" => leave(7),
            "loop" => loop {
                std::hint::spin_loop();
            },
            "hog" => {
                let mut all = Vec::new();
                loop {
                    all.push(vec![1u8; 16 << 20]);
                }
            }
            "chatter" => {
                for number in 0..20_000 {
                    println!("line {number} of what nobody asked for");
                }
            }
            "undeclared" => {
                let request = call::rpc("target", "DropEverything", CallKind::Write).build();
                let refused = host.call(request).await.expect_err("the host must refuse that");
                panic!("refused: {refused}");
            }
            "network" => {
                let refused = std::net::UdpSocket::bind("127.0.0.1:0").expect_err("there must be no network");
                panic!("refused: {refused}");
            }
            "files" => {
                let refused = std::fs::read("/etc/passwd").expect_err("there must be no files");
                panic!("refused: {refused}");
            }
            "program" => {
                let refused =
                    std::process::Command::new("/bin/true").status().expect_err("there must be no programs");
                panic!("refused: {refused}");
            }
            "environment" => panic!("variables: {}", std::env::vars_os().count()),
            "threads" => {
                let sum: u64 = (0..4)
                    .map(|number| std::thread::spawn(move || number))
                    .map(|thread| thread.join().unwrap_or_default())
                    .sum();
                assert_eq!(sum, 6);
            }
            _ => {}
        }
    }
}

#[allow(unconditional_recursion, reason = "it is to run out of stack")]
fn deep(number: u64) -> [u64; 64] {
    let below = deep(std::hint::black_box(number + 1));
    std::hint::black_box(below)
}

#[allow(clippy::disallowed_methods, reason = "a stray exit is what is shown")]
fn leave(code: i32) {
    std::process::exit(code);
}

fn key() -> OperationKey {
    OperationKey::new("thing/one")
}

#[async_trait]
impl Migrator for Sample {
    fn manifest(&self) -> Manifest {
        Manifest {
            name: migrator_name("sample"),
            version: "1.2.3".to_owned(),
            contract: 1,
            description: "makes one thing, or a mess".to_owned(),
            settings: json!({
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "mode": { "type": "string", "description": "what it is to do wrong" },
                    "in": { "type": "string", "description": "the verb in which it does so" },
                    "size": { "type": "integer", "description": "bytes of its output" },
                },
            }),
            output: json!({ "type": "object" }),
            connections: [(
                "target".to_owned(),
                ConnectionUse::new("test/things", &["ListThings"], &["CreateThing", "DeleteThing"]),
            )]
            .into(),
            reads: Vec::new(),
            probes: Default::default(),
            undo: UndoScope::Config,
        }
    }

    fn check(&self, settings: &Value) -> Vec<Finding> {
        match settings["mode"].as_str() {
            Some("refuse") => vec![Finding::new(Severity::Block, "SMP-REFUSED", "mode", "as it was told")],
            Some("panic-in-check") => panic!("in check"),
            _ => Vec::new(),
        }
    }

    fn never_waived(&self) -> &'static [&'static str] {
        &["SMP-REFUSED"]
    }

    fn looks_ahead(&self) -> bool {
        true
    }

    async fn plan(&self, host: &dyn Host, input: &StepInput) -> Result<Plan, StepError> {
        host.log(LogLevel::Info, &format!("planning at {:?}, id {}", host.now(), host.id().len()));
        self.misbehave(host, input, "plan").await;
        let request = call::rpc("target", "ListThings", CallKind::Read).build();
        let there = host.call(request).await?.body["things"].as_array().is_some_and(|list| !list.is_empty());
        let operation = Operation {
            key: key(),
            verb: Verb::Create,
            object: ObjectRef { kind: "thing".to_owned(), name: "one".to_owned() },
            before: Document::default(),
            after: json!({ "secret": host.seal("a plain secret")? }).into(),
            waits_for: Vec::new(),
        };
        let operations = if there { Vec::new() } else { vec![operation] };
        Ok(Plan { summary: "one thing".to_owned(), operations, ..Plan::default() })
    }

    fn foresee(&self, input: &StepInput, _: &Plan) -> Option<Value> {
        Some(json!({ "for": input.step }))
    }

    async fn apply(&self, host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
        self.misbehave(host, input, "apply").await;
        for operation in &plan.operations {
            if input.settled.contains_key(&operation.key) {
                continue;
            }
            host.progress(Progress { done: 0, total: 1, text: "making it".to_owned() });
            let sealed = serde_json::from_value(operation.after.value()["secret"].take())
                .map_err(|error| StepError::permanent("GS-TEST", error.to_string()))?;
            assert_eq!(host.unseal(&sealed)?, "a plain secret");
            let request = call::rpc("target", "CreateThing", CallKind::IdempotentWrite)
                .operation(&operation.key)
                .build();
            host.call(request).await?;
            host.settle(
                &operation.key,
                Settled { outcome: Outcome::Created, id: Some("thing-1".to_owned()), data: Value::Null },
            )
            .await?;
        }
        host.sleep(Duration::from_millis(5)).await?;
        host.checkpoint(json!({ "at": 1 })).await?;
        let artifact = host.put_artifact("thing", "text/plain", b"bytes".to_vec()).await?;
        assert_eq!(host.get_artifact(&artifact).await?, b"bytes");
        let size = usize::try_from(input.settings["size"].as_u64().unwrap_or(0)).unwrap_or_default();
        Ok(Applied::Done { output: json!({ "thing": "x".repeat(size) }), warnings: Vec::new() })
    }

    async fn verify(
        &self,
        host: &dyn Host,
        input: &StepInput,
        _: &Plan,
        _: &Value,
    ) -> Result<Vec<Checkpoint>, StepError> {
        self.misbehave(host, input, "verify").await;
        Ok(Vec::new())
    }

    async fn undo(&self, host: &dyn Host, input: &StepInput, _: Option<&Plan>) -> Result<Undone, StepError> {
        self.misbehave(host, input, "undo").await;
        let mut undone = Undone::default();
        for key in input.settled.keys() {
            host.call(call::rpc("target", "DeleteThing", CallKind::IdempotentWrite).operation(key).build())
                .await?;
            undone.operations.push(key.clone());
        }
        Ok(undone)
    }
}
