//! Histories for this crate's tests: random walks through what the fold allows.

use std::collections::BTreeMap;

use gateshift_model::{
    Actor, ApprovalRule, ArtifactRef, Awaited, CallRecord, Checkpoint, CheckpointResult, Conditions,
    ConnectionName, Envelope, ErrorClass, Event, Finding, GENESIS, Holder, MigratorName, OnFailure,
    OperationKey, Outcome, RERUN, RESUME, RETRY, RetryPolicy, RunDefinition, RunId, RunOutcome, RunState,
    Settled, Severity, StepDefinition, StepError, StepName, Timestamp, UndoScope, digest_bytes,
};
use serde_json::{Value, json};
use uuid::Uuid;

const BEGIN: i64 = 1_700_000_000_000;
pub(crate) const BYTES: &[u8] = b"{\"operations\":[]}";

pub(crate) fn run_id() -> RunId {
    RunId(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001))
}

pub(crate) fn step_name(text: &str) -> StepName {
    StepName::new(text).unwrap()
}

fn connection_name(text: &str) -> ConnectionName {
    ConnectionName::new(text).unwrap()
}

/// What moves the traffic has to be approved.
fn conditions(undo: UndoScope) -> Conditions {
    let rule = ApprovalRule {
        group: None,
        people: vec!["ann".into(), "bob".into()],
        count: 1,
        runner_may_approve: false,
        timeout: None,
        on_timeout: gateshift_model::OnTimeout::Hold,
    };
    Conditions { approval: (undo == UndoScope::Traffic).then_some(rule), ..Conditions::default() }
}

fn step(name: &str, needs: &[&str], undo: UndoScope) -> StepDefinition {
    StepDefinition {
        name: step_name(name),
        uses: MigratorName::new("maker").unwrap(),
        version: "1".into(),
        code: None,
        needs: needs.iter().map(|need| step_name(need)).collect(),
        with: json!({}),
        connections: BTreeMap::new(),
        retry: RetryPolicy::default(),
        timeout: None,
        on_failure: OnFailure::Hold,
        undo,
        conditions: conditions(undo),
    }
}

pub(crate) fn definition() -> RunDefinition {
    RunDefinition {
        format: 1,
        name: "orders".into(),
        source_digest: digest_bytes(b"file"),
        inputs: BTreeMap::from([("ratio".to_owned(), json!(0.1)), ("text".to_owned(), json!("é \u{1b}\""))]),
        connections: BTreeMap::new(),
        steps: vec![
            step("read", &[], UndoScope::Nothing),
            step("make", &["read"], UndoScope::Config),
            step("move", &["make"], UndoScope::Traffic),
        ],
        rehearsal: Value::Null,
        waivers: Vec::new(),
        pinned: None,
        restarts: None,
    }
}

/// The envelope that continues the history.
pub(crate) fn seal(before: &[Envelope], event: &Event) -> Envelope {
    let seq = before.len() as u64 + 1;
    let generation = before.last().map_or(0, |last| last.generation)
        + u64::from(matches!(event, Event::RunClaimed { .. }));
    let previous = before.last().map_or(GENESIS, |last| last.hash.as_str());
    let actor = Actor(if seq.is_multiple_of(3) { "user:ann" } else { "engine" }.to_owned());
    let at = Timestamp(BEGIN + seq as i64 * 1500);
    Envelope::seal(run_id(), seq, generation, at, actor, previous, event)
}

pub(crate) fn created() -> Event {
    Event::RunCreated { definition: Box::new(definition()), engine: "0.1.0".into() }
}

pub(crate) fn claimed() -> Event {
    Event::RunClaimed { holder: Holder { host: "box".into(), pid: 41, started: 7 } }
}

pub(crate) fn plan() -> ArtifactRef {
    ArtifactRef {
        name: "plan".into(),
        digest: digest_bytes(BYTES),
        size: BYTES.len() as u64,
        media_type: "application/json".into(),
    }
}

/// A history that the choices decide: of all events, those that may follow.
pub(crate) fn story(choices: &[u32]) -> Vec<Envelope> {
    let mut events = vec![seal(&[], &created())];
    events.push(seal(&events, &claimed()));
    let mut state = RunState::begin(&created(), events[0].at, &events[0].actor).unwrap();
    state.apply(&claimed(), 1, events[1].at, &events[1].actor).unwrap();
    for choice in choices {
        let fits = |event: &Event| {
            let mut next = state.clone();
            let envelope = seal(&events, event);
            next.apply(event, envelope.generation, envelope.at, &envelope.actor)
                .is_ok()
                .then_some((next, envelope))
        };
        let possible: Vec<_> = candidates(*choice).iter().filter_map(fits).collect();
        let at = (*choice >> 8) as usize % possible.len().max(1);
        if let Some((next, envelope)) = possible.into_iter().nth(at) {
            state = next;
            events.push(envelope);
        }
    }
    events
}

fn error(class: ErrorClass, code: &str) -> StepError {
    StepError::new(class, code, "it did not work").with_hint("put it right")
}

/// Every event that could be about one step, and those about the run.
fn candidates(choice: u32) -> Vec<Event> {
    let names = ["read", "make", "move"];
    let step = step_name(names[choice as usize % 3]);
    let attempt = 1 + (choice >> 4) % 4;
    let until = Timestamp(BEGIN + i64::from(choice % 1_000_000));
    let call = CallRecord {
        call: u64::from(choice),
        connection: "target".into(),
        action: "CreateThing".into(),
        operation: Some(OperationKey::new(format!("thing/{}", choice % 5))),
        request: json!({"body": {"a": [1, 2.5, null]}}),
        fingerprint: None,
    };
    let classes =
        [ErrorClass::Retryable, ErrorClass::Permanent, ErrorClass::Conflict, ErrorClass::NeedsOperator];
    let codes = ["GS-THROTTLED", "GS-BLOCKED", "GS-APPROVAL-LATE", "GS-UNDO-LEFT"];
    let failure = error(classes[(choice >> 3) as usize % 4], codes[(choice >> 5) as usize % 4]);
    let findings = vec![
        Finding::new(Severity::Block, "A-BLOCK", "routes/a", "it is lost").with_action("exclude it"),
        Finding::new(Severity::Warn, "A-WARN", "routes/b", "it differs"),
    ];
    let outcomes = [
        RunOutcome::Done,
        RunOutcome::Held,
        RunOutcome::Blocked,
        RunOutcome::RolledBack,
        RunOutcome::Stuck,
        RunOutcome::Paused,
        RunOutcome::Canceled,
    ];
    let decisions = [RESUME, RETRY, RERUN];
    let connection = choice.is_multiple_of(2).then(|| connection_name("target"));
    let key = OperationKey::new(format!("thing/{}", choice % 5));
    let settled = Settled { outcome: Outcome::Created, id: Some("id-1".into()), data: Value::Null };
    let checkpoint = Checkpoint::new("made", CheckpointResult::Fail, "one is missing", json!({"missing": 1}));
    vec![
        Event::StepStarted { step: step.clone(), attempt, code: None },
        Event::StepPlanned {
            step: step.clone(),
            attempt,
            plan: plan(),
            operations: 2,
            summary: "2 things".into(),
            findings,
            waived: Vec::new(),
        },
        Event::StepPending { step: step.clone(), attempt, until, reason: format!("stage {attempt}%: thin") },
        Event::StepWaits {
            step: step.clone(),
            attempt,
            on: if choice.is_multiple_of(3) {
                Awaited::Window { name: "night".into() }
            } else {
                Awaited::Approval { plan: plan(), void: Vec::new() }
            },
            until: choice.is_multiple_of(2).then_some(until),
            reason: "its plan waits for ann".into(),
        },
        Event::StepPassedOver { step: step.clone(), reason: "it is not so".into() },
        Event::StepResolved { step: step.clone(), attempt, with: json!({"n": 2}) },
        Event::StepAdmitted { step: step.clone(), attempt },
        Event::StepApproved { step: step.clone(), plan: plan().digest, reason: "it is fine".into() },
        Event::StepRejected { step: step.clone(), plan: plan().digest, reason: "not now".into() },
        Event::StepFailed {
            step: step.clone(),
            attempt,
            error: failure.clone(),
            retry_at: choice.is_multiple_of(2).then_some(until),
        },
        Event::StepApplied { step: step.clone(), attempt, output: json!({"n": 1}), warnings: vec![] },
        Event::StepVerified { step: step.clone(), attempt, checkpoints: vec![checkpoint] },
        Event::StepDone { step: step.clone(), attempt },
        Event::Checkpointed {
            step: step.clone(),
            attempt,
            value: json!({"answered": 6.5, "confirmed_at": BEGIN, "reached": [{"share": 5, "requests": 97}]}),
        },
        Event::CallIntended { step: step.clone(), attempt, call: call.clone() },
        Event::CallAnswered {
            step: step.clone(),
            attempt,
            call,
            status: Some(200),
            request_id: None,
            error: None,
            millis: 3,
            tries: 1,
        },
        Event::OperationSettled { step: step.clone(), attempt, key, settled },
        Event::StepSkipped {
            step: step.clone(),
            reason: "step `make` failed".into(),
            risk: choice.is_multiple_of(3).then(|| "unseen".to_owned()),
        },
        Event::StepUndoing { step: step.clone() },
        Event::StepUndone { step: step.clone(), operations: vec![], facts: Value::Null },
        Event::UndoFailed { step: step.clone(), error: failure },
        Event::Decided {
            decision: decisions[(choice >> 7) as usize % 3].into(),
            step: Some(step),
            reason: "resumed".into(),
        },
        Event::PauseRequested { connection: connection.clone(), reason: "somebody edits".into() },
        Event::PauseLifted { connection, reason: "they are done".into() },
        Event::CancelRequested { undo: choice.is_multiple_of(2), reason: "not today".into() },
        Event::RequestTaken { request: Uuid::from_u128(u128::from(choice)), asked: "pause".into() },
        claimed(),
        Event::UndoRequested { scope: UndoScope::Traffic, reason: "errors went up".into() },
        Event::RunInterrupted { reason: "it was asked to stop".into() },
        Event::RunFinished { outcome: outcomes[(choice >> 6) as usize % 7], reason: "that is why".into() },
    ]
}
