//! Commands that only tell something: what they print, in which form, and where.

use gateshift_scenarios::{Desk, root};

use crate::stored::same_as_stored;

#[test]
fn migrators_are_listed_and_described() {
    let desk = Desk::new();
    let list = desk.run(&["migrators", "list"]).expect(0);
    for name in ["assess", "instance", "routes", "verify", "traffic"] {
        assert!(list.stdout.lines().any(|line| line.starts_with(name)), "{name}: {}", list.stdout);
        let info = desk.run(&["migrators", "info", name]).expect(0);
        assert!(info.stdout.contains("settings:") && info.stdout.contains("may ask for:"), "{}", info.stdout);
        let manifest = desk.run(&["migrators", "info", name, "--json"]).expect(0).json();
        assert_eq!(manifest["name"], name);
    }
    // The source is only ever read.
    let info = desk.run(&["migrators", "info", "assess"]).expect(0).stdout;
    assert!(info.contains("writes: nothing"), "{info}");
    let unknown = desk.run(&["migrators", "info", "nope"]).expect(64);
    assert!(
        unknown.stderr.contains("error[GS-MIGRATOR-UNKNOWN]") && unknown.stderr.contains("hint:"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn the_schema_is_the_one_that_comes_along() {
    let desk = Desk::new();
    let schema = desk.run(&["schema"]).expect(0);
    let parsed = schema.json();
    assert!(parsed["properties"]["steps"].is_object(), "{parsed:#}");
    let kept: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("workflows/schema.json")).unwrap())
            .unwrap();
    assert!(kept == parsed, "workflows/schema.json is not what `gateshift schema` prints; print it anew");
}

#[test]
fn every_code_is_explained() {
    let desk = Desk::new();
    let codes = desk.run(&["explain", "--json"]).expect(0).json();
    let codes = codes["codes"].as_array().unwrap();
    assert!(codes.len() > 80, "{} codes", codes.len());
    for code in ["GS-WF-CYCLE", "GS-JOURNAL-OWNED", "GS-UNREACHABLE", "DOM-CONFLICT"] {
        let page = desk.run(&["explain", code]).expect(0).stdout;
        assert!(page.starts_with(&format!("# {code}")) && page.contains("## What to do"), "{page}");
    }
    let small = desk.run(&["explain", "gs-wf-cycle"]).expect(0).stdout;
    same_as_stored("explain", &small, &desk);
    let unknown = desk.run(&["explain", "GS-NOPE"]).expect(64);
    assert!(unknown.stderr.contains("error[GS-CODE-UNKNOWN]"), "{}", unknown.stderr);
}

#[test]
fn shells_get_their_completions() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish"] {
        let text = desk.run(&["completions", shell]).expect(0).stdout;
        assert!(text.contains("gateshift") && text.contains("rollback"), "{shell}");
    }
}

#[test]
fn errors_for_programs_are_one_document_on_stdout() {
    let desk = Desk::new();
    for (words, code, exit) in [
        (&["status", "--store", "none.db"][..], "GS-JOURNAL-OPEN", 1),
        (&["history", "--store", "none.db"], "GS-JOURNAL-OPEN", 1),
        (&["resume", "--store", "none.db"], "GS-JOURNAL-OPEN", 1),
        (&["rollback", "--store", "none.db"], "GS-JOURNAL-OPEN", 1),
        (&["status", "--store", "mysql://x"], "GS-STORE-KIND", 1),
        (&["status", "--store", "postgres://a:b@127.0.0.1:1/x"], "GS-JOURNAL-UNREACHABLE", 1),
        (&["explain", "GS-NOPE"], "GS-CODE-UNKNOWN", 64),
        (&["run", "none.yaml"], "GS-WF-UNREADABLE", 1),
    ] {
        let ended = desk.run(&[words, &["--json"]].concat()).expect(exit);
        let error = &ended.json()["error"];
        assert_eq!(error["code"], code, "{words:?}");
        assert_eq!(error["exit"], exit, "{words:?}");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.len() > 10), "{words:?}: {error}");
        assert!(desk.run(words).expect(exit).stdout.is_empty(), "{words:?}: errors for people are on stderr");
        assert!(!desk.path("none.db").exists(), "{words:?} made a journal");
    }
}

#[test]
fn a_generated_scenario_is_a_scenario() {
    let desk = Desk::new();
    let one = desk.run(&["lab", "scenario", "--routes", "30", "--seed", "5"]).expect(0).stdout;
    assert_eq!(one, desk.run(&["lab", "scenario", "--routes", "30", "--seed", "5"]).expect(0).stdout);
    assert_ne!(one, desk.run(&["lab", "scenario", "--routes", "30", "--seed", "6"]).expect(0).stdout);
    desk.write("wrong.yaml", "gateway: { name: x }\nroutez: []\n");
    let ended = desk.run(&["lab", "up", "--scenario", "wrong.yaml"]).expect(1);
    assert!(
        ended.stderr.contains("error[GS-LAB-SCENARIO]") && ended.stderr.contains("routez"),
        "{}",
        ended.stderr
    );
}
