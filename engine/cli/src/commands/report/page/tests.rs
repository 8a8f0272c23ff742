//! The page with names and messages that would like to be markup.

use std::collections::BTreeMap;

use gateshift_model::{
    Checkpoint, CheckpointResult, Document, Event, Finding, MigratorName, ObjectRef, OnFailure, Operation,
    OperationKey, Plan, RetryPolicy, RunDefinition, RunId, RunState, Settled, Severity, StepDefinition,
    StepError, StepName, Timestamp, UndoScope, Verb, digest_bytes,
};
use serde_json::{Value, json};

use super::{Content, page};
use crate::show::shift::tests::course;

const HOSTILE: &str = "</td><script>alert('x')</script>&amp;\"><img src=x onerror=y>\u{1b}[31m";

fn step() -> StepName {
    StepName::new("traffic").unwrap()
}

fn events() -> Vec<Event> {
    let definition = RunDefinition {
        format: 1,
        name: HOSTILE.to_owned(),
        source_digest: digest_bytes(b"file"),
        inputs: BTreeMap::new(),
        connections: BTreeMap::new(),
        steps: vec![StepDefinition {
            name: step(),
            uses: MigratorName::new("traffic").unwrap(),
            version: "1".into(),
            needs: Vec::new(),
            with: json!({}),
            connections: BTreeMap::new(),
            retry: RetryPolicy::default(),
            timeout: None,
            on_failure: OnFailure::Hold,
            undo: UndoScope::Traffic,
            conditions: gateshift_model::Conditions::default(),
            code: None,
        }],
        rehearsal: Value::Null,
        waivers: Vec::new(),
        pinned: None,
        restarts: None,
    };
    let artifact = gateshift_model::ArtifactRef {
        digest: digest_bytes(b"plan"),
        name: "plan".into(),
        media_type: "application/json".into(),
        size: 4,
    };
    let finding = Finding::new(Severity::Warn, "DNS-TTL", HOSTILE, HOSTILE).with_action(HOSTILE);
    let output = json!({"compared": 7, "mismatches": 1, "routes": 3, "routes_covered": 2});
    let checkpoint = Checkpoint::new("traffic.x", CheckpointResult::Fail, HOSTILE, Value::Null);
    vec![
        Event::RunCreated { definition: Box::new(definition), engine: "1".into() },
        Event::StepStarted { step: step(), attempt: 1, code: None },
        Event::StepPlanned {
            step: step(),
            attempt: 1,
            plan: artifact,
            operations: 1,
            summary: HOSTILE.into(),
            findings: vec![finding],
            waived: Vec::new(),
        },
        Event::OperationSettled {
            step: step(),
            attempt: 1,
            key: OperationKey::new(HOSTILE),
            settled: Settled { outcome: gateshift_model::Outcome::Created, id: None, data: Value::Null },
        },
        Event::StepApplied { step: step(), attempt: 1, output, warnings: vec![HOSTILE.into()] },
        Event::StepVerified { step: step(), attempt: 1, checkpoints: vec![checkpoint] },
        Event::StepFailed {
            step: step(),
            attempt: 1,
            error: StepError::permanent("GS-X", HOSTILE),
            retry_at: None,
        },
    ]
}

fn whole() -> String {
    let events = events();
    let at = Timestamp(1_700_000_000_000);
    let actor = gateshift_model::Actor(HOSTILE.to_owned());
    let state = RunState::fold(events.iter().map(|event| (event, 1, at, &actor))).unwrap().unwrap();
    let object = ObjectRef { kind: HOSTILE.into(), name: HOSTILE.into() };
    let operation = Operation {
        key: OperationKey::new(HOSTILE),
        verb: Verb::Create,
        object,
        before: Document::default(),
        after: Document::default(),
        waits_for: Vec::new(),
    };
    let plan = Plan { operations: vec![operation], summary: HOSTILE.into(), ..Plan::default() };
    let told: Vec<_> = (1..).zip(events).map(|(seq, event)| (seq, at, HOSTILE.to_owned(), event)).collect();
    let run = RunId(uuid::Uuid::from_u128(7));
    let plans = [(step(), Some(plan))];
    page(&Content { run, state: &state, plans: &plans, courses: &[course()], events: &told })
}

#[test]
fn hostile_names_stay_text_and_the_page_holds_together() {
    let page = whole();
    let document = roxmltree::Document::parse(page.trim_start_matches("<!DOCTYPE html>"));
    let document = document.unwrap_or_else(|error| panic!("{error}\n{page}"));
    let count = |tag: &str| document.descendants().filter(|node| node.has_tag_name(tag)).count();
    assert_eq!((count("script"), count("img"), count("svg"), count("h1")), (0, 0, 4, 1));
    for elsewhere in ["http://", "https://", "<script", "<img", "<link", "\u{1b}"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    let attributes = document.descendants().flat_map(|node| node.attributes());
    assert!(attributes.clone().count() > 50);
    assert!(!attributes.clone().any(|one| one.name().starts_with("on")), "an attribute that acts");
}

#[test]
fn every_part_is_there_and_decisions_are_marked() {
    let page = whole();
    for part in ["Steps", "Findings", "Shift by", "Comparison by", "Checkpoints", "Plans", "History"] {
        assert!(page.contains(&format!("<h2>{part}")), "{part}");
    }
    assert!(page.contains("7 requests were sent to both gateways, 1 answers differed; 2 of 3"));
    // Forward and back are marked in each of four charts, and held looks are not.
    assert_eq!((page.matches("mark forward\"").count(), page.matches("mark back\"").count()), (4, 4));
    assert!(page.contains("5 of 50 failed &lt;b&gt;") && page.contains("5 of 50 &amp; &quot;more&quot;"));
}
