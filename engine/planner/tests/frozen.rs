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
fn settings_that_ask_for_outputs_stay_open_and_keep_their_place() {
    let text = GOOD
        .replace("size: ${{ inputs.size }}", "size: ${{ steps.read.outputs.size }}")
        .replace("name: ${{ inputs.label }}", "name: \"x-${{ steps.read.outputs.id }}-${{ inputs.region }}\"\n      zones: [a, \"${{ steps.read.outputs.list[0] }}\"]\n    if: ${{ steps.read.outputs.size > 2 }}");
    let checked = check_text(&text, &[]).unwrap();
    assert!(checked.warnings.is_empty(), "{}", checked.warnings);
    let build = checked.definition.steps.iter().find(|step| step.name.as_str() == "build").unwrap().clone();
    assert_eq!(build.conditions.open, ["/size", "/name", "/zones/1"]);
    assert_eq!(build.conditions.when.as_deref(), Some(" steps.read.outputs.size > 2 "));
    assert_eq!(build.with["size"], "${{ steps.read.outputs.size }}");
    assert_eq!(build.with["zones"], json!(["a", "${{ steps.read.outputs.list[0] }}"]));
    // What is known already is checked as ever.
    let wrong = text.replace("zones: [a,", "zones: [1,");
    assert!(check_text(&wrong, &[]).unwrap_err().to_string().contains("zones"), "{wrong}");
}

/// Two steps in a row for each of a list, and one after all of them.
const MANY: &str = "\
apiVersion: gateshift/v1
name: many
inputs:
  gateways: { type: list, default: [gw-1, gw-2] }
connections:
  source: { uses: cloud/old }
  target: { uses: cloud/new }
steps:
  read:
    uses: read
    foreach: ${{ inputs.gateways }}
    with: { gateway: \"${{ each.value }}\" }
  build:
    uses: build
    needs: [read]
    foreach: ${{ inputs.gateways }}
    if: ${{ steps.read.outputs.size > 1 || each.value == 'gw-2' }}
    with: { name: \"new-${{ each.value }}-${{ steps.read.outputs.id }}\" }
  last:
    uses: build
    needs: [build]
    with: { size: \"${{ steps.read['gw-2'].outputs.size }}\" }
";

#[test]
fn a_list_becomes_one_step_for_each_value() {
    let run = check_text(MANY, &[]).unwrap().definition;
    let step = |name: &str| run.steps.iter().find(|step| step.name.as_str() == name).unwrap();
    assert_eq!(run.steps.len(), 5);
    assert_eq!(step("read[gw-2]").with["gateway"], "gw-2");
    assert_eq!(
        json!(step("build[gw-1]").needs),
        json!(["read[gw-1]"]),
        "of the same list the one for the same value"
    );
    assert_eq!(json!(step("last").needs), json!(["build[gw-1]", "build[gw-2]"]));
    assert_eq!(step("build[gw-1]").with["name"], "new-gw-1-${{ steps.read['gw-1'].outputs.id }}");
    let when = step("build[gw-1]").conditions.when.clone().unwrap();
    assert_eq!(when.trim(), "steps.read['gw-1'].outputs.size > 1 || 'gw-1' == 'gw-2'");
    let run = check_text(MANY, &[("gateways", "gw-2, b,c")]).unwrap().definition;
    let names: Vec<&str> = run.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names.len(), 7);
    assert!(names.contains(&"read[c]") && !names.contains(&"read[gw-1]"));
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
