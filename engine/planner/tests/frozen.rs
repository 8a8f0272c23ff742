//! What becomes of a workflow without mistakes.

mod common;

use std::time::Duration;

use common::{GOOD, check_text};
use gateshift_model::{Backoff, OnFailure, RetryPolicy, RunDefinition, UndoScope, digest_bytes};
use serde_json::json;

#[test]
fn steps_are_ordered_filled_in_and_frozen() {
    let checked = check_text(GOOD, &[]).unwrap();
    assert!(checked.warnings.is_empty(), "{}", checked.warnings);
    let run = checked.definition;
    assert_eq!((run.format, run.name.as_str()), (1, "good"));
    assert_eq!(run.source_digest, digest_bytes(GOOD.as_bytes()));
    assert_eq!(json!(run.inputs), json!({"region": "here", "hold": "5m", "size": 3}));
    let order: Vec<_> = run.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(order, ["read", "build", "shift"]);
    let [read, build, shift] = &run.steps[..] else { unreachable!() };
    assert_eq!(read.with, json!({"gateway": "gw-here-3", "allowEdited": false}));
    assert_eq!(build.with, json!({"size": 3}), "an input without a value takes its key away");
    assert_eq!(shift.with, json!({"stages": ["1%", "50%", "100%"], "hold": "5m"}));
    assert_eq!(json!(shift.connections), json!({"dir": "dir"}), "an optional role stays free");
    assert_eq!(
        (build.version.as_str(), build.undo, shift.undo),
        ("1.2.3", UndoScope::Config, UndoScope::Traffic)
    );
    assert_eq!(shift.timeout, Some(Duration::from_secs(12 * 3600)));
    assert_eq!(shift.on_failure, OnFailure::Rollback);
    let retry = RetryPolicy {
        attempts: 3,
        backoff: Backoff::Fixed,
        initial: Duration::from_secs(2),
        max: Duration::from_secs(60),
    };
    assert_eq!(shift.retry, retry);
    assert_eq!((read.retry.clone(), read.on_failure), (RetryPolicy::default(), OnFailure::Hold));
    let connections = json!(run.connections);
    assert_eq!(connections["source"]["with"], json!({"region": "here"}));
    assert_eq!(connections["target"]["credentials"], json!({"profile": "main"}));
    let text = serde_json::to_string(&run).unwrap();
    assert_eq!(serde_json::from_str::<RunDefinition>(&text).unwrap(), run);
}

#[test]
fn windows_and_approvals_are_frozen_with_the_step_that_has_them() {
    let rules = "\
windows:
  night:
    timezone: Asia/Shanghai
    allow: [{ days: [mon, fri], from: \"22:00\", to: \"06:00\" }]
    deny: [{ dates: { from: 2026-12-24, to: 2027-01-02 } }]
groups:
  sre: [ann, bob, eve]
steps:";
    let said = "onFailure: rollback
    window: night
    approval: { from: { group: sre, count: 2 }, timeout: 20h, onTimeout: reject }";
    let text = GOOD.replace("steps:", rules).replace("onFailure: rollback", said);
    let run = check_text(&text, &[]).unwrap().definition;
    let conditions = |name: &str| {
        json!(run.steps.iter().find(|step| step.name.as_str() == name).unwrap())["conditions"].clone()
    };
    let hours = json!({"days": ["mon", "fri"], "from": "22:00", "to": "06:00"});
    let frozen = json!({"dates": ["2026-12-24", "2027-01-02"], "from": "00:00", "to": "24:00"});
    let expected = json!({
        "window": {"name": "night", "timezone": "Asia/Shanghai", "allow": [hours], "deny": [frozen]},
        "approval": {"group": "sre", "people": ["ann", "bob", "eve"], "count": 2, "runner_may_approve": false,
            "timeout": 72_000_000, "on_timeout": "reject"},
    });
    assert_eq!(conditions("shift"), expected);
    assert_eq!(conditions("build"), serde_json::Value::Null, "a step without any is frozen as it was");
    let stored = serde_json::to_string(&run).unwrap();
    assert_eq!(serde_json::from_str::<RunDefinition>(&stored).unwrap(), run);
}

#[test]
fn values_from_outside_replace_defaults() {
    let run = check_text(GOOD, &[("size", "7"), ("region", "there"), ("label", "new"), ("hold", "1m30s")])
        .unwrap()
        .definition;
    let with = |name: &str| run.steps.iter().find(|step| step.name.as_str() == name).unwrap().with.clone();
    assert_eq!(with("read")["gateway"], "gw-there-7");
    assert_eq!(with("build"), json!({"size": 7, "name": "new"}));
    assert_eq!(with("shift")["hold"], "1m30s");
}

#[test]
fn a_value_from_outside_is_checked_against_the_schema_too() {
    let found = check_text(GOOD, &[("size", "11")]).unwrap_err();
    assert_eq!(found.diagnostics.len(), 1, "{found}");
    let one = &found.diagnostics[0];
    assert_eq!((&*one.code, one.message.as_str()), ("GS-WF-SETTING", "`size` has to be at most 10"));
    assert_eq!((one.span.line, one.span.column), (31, 13));
}

#[test]
fn a_short_first_wait_follows_a_short_longest_wait() {
    let text = GOOD.replace("attempts: 3, backoff: fixed, initial: 2s, max: 1m", "max: 500ms");
    let run = check_text(&text, &[]).unwrap().definition;
    let retry = &run.steps[2].retry;
    assert_eq!((retry.initial, retry.max), (Duration::from_millis(500), Duration::from_millis(500)));
}
