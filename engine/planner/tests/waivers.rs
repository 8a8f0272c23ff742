//! Waivers in the workflow and in a file of their own.

mod common;

use common::{GOOD, Made, check_text};
use gateshift_planner::{WorkflowSource, check_waivers, waivers_file};

const ONE: &str =
    "- { code: RTE-EDITING, object: \"routes/*\", owner: ann, reason: agreed, expires: 2026-12-31 }\n";

#[test]
fn the_frozen_run_holds_them() {
    let text = format!("{GOOD}waivers:\n  {ONE}");
    let waivers = check_text(&text, &[]).unwrap().definition.waivers;
    assert_eq!(waivers.len(), 1);
    assert_eq!(
        (waivers[0].object.as_str(), waivers[0].expires.to_string().as_str()),
        ("routes/*", "2026-12-31")
    );
    assert!(check_text(GOOD, &[]).unwrap().definition.waivers.is_empty());
}

#[test]
fn a_file_of_them_is_named_and_checked_with_its_own_places() {
    let text = format!("{GOOD}waivers: ops/waivers.yaml\n");
    assert_eq!(waivers_file(&WorkflowSource::new("w.yaml", &*text)).as_deref(), Some("ops/waivers.yaml"));
    assert!(check_text(&text, &[]).unwrap().definition.waivers.is_empty(), "nothing is waived unread");
    assert_eq!(waivers_file(&WorkflowSource::new("w.yaml", GOOD)), None);

    let good = check_waivers(&WorkflowSource::new("waivers.yaml", ONE), &Made).unwrap();
    assert_eq!(good[0].owner, "ann");
    let wrong = format!("{ONE}- {{ code: A, object: b, owner: c, reason: d, expires: tomorrow }}\n");
    let found = check_waivers(&WorkflowSource::new("waivers.yaml", wrong), &Made).unwrap_err();
    assert_eq!((found.file.as_str(), found.diagnostics.len()), ("waivers.yaml", 1));
    let first = &found.diagnostics[0];
    assert_eq!((first.span.line, first.span.column, first.code.as_ref()), (2, 55, "GS-WF-VALUE"));
    assert!(first.fix.as_ref().unwrap().contains("2026-12-31"));
}
