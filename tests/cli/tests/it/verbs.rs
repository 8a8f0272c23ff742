//! The verbs from outside: on a run that another process drives, on one that is done, and where they do
//! not apply.

use std::time::Duration;

use gateshift_scenarios::{Desk, Finished, Lab, Running, configured, status, wait_for};

const LONG: Duration = Duration::from_secs(120);

/// A run of the workflow without its last step, begun and not yet done.
fn begun(desk: &Desk, lab: &Lab) -> Running {
    let driving = desk.start(&configured(desk, lab));
    wait_for("work to change", LONG, || driving.stderr().contains("routes: started").then_some(()));
    driving
}

/// A verb with endpoints and a JSON document.
fn verb(desk: &Desk, lab: &Lab, words: &[&str]) -> Finished {
    let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
    desk.start(&[words, &["--endpoints", &endpoints, "--json"]].concat()).wait(LONG)
}

#[test]
fn a_driven_run_is_paused_goes_on_and_is_canceled() {
    let lab = Lab::up(&["--routes", "40", "--speed", "60"]);
    let desk = Desk::new();
    let driving = begun(&desk, &lab);
    let paused = desk.run(&["pause", "--reason", "lunch", "--json"]).expect(0).json();
    assert_eq!((&paused["status"], &paused["verb"]), (&"paused".into(), &"pause".into()), "{paused:#}");
    let _ = driving.wait(LONG).expect(4);
    let why = desk.run(&["why"]).expect(4).stdout;
    assert!(why.contains("it was paused: lunch (user:") && why.contains("gateshift resume"), "{why}");
    // A second time it is so already, and nothing else begins meanwhile.
    let _ = desk.run(&["pause"]).expect(0);
    let refused = desk.run(&["restart", "--json"]).expect(1).json()["error"].clone();
    assert_eq!(refused["code"], "GS-VERB-STATE", "{refused:#}");
    assert!(refused["hint"].as_str().unwrap().contains("gateshift cancel"), "{refused:#}");
    let done = verb(&desk, &lab, &["resume"]).expect(0).json();
    assert_eq!(done["status"], "done", "{done:#}");
    let history = desk.run(&["history"]).expect(0).stdout;
    for part in [
        "request taken up: pause",
        "pause of the run asked for: lunch",
        "the run goes on",
        "run paused: lunch",
    ] {
        assert!(history.contains(part), "{part}: {history}");
    }

    let desk = Desk::new();
    let lab = Lab::up(&["--routes", "40", "--speed", "60"]);
    let driving = begun(&desk, &lab);
    let canceled = verb(&desk, &lab, &["cancel", "--undo", "--reason", "not today"]).expect(0).json();
    assert_eq!((&canceled["status"], canceled["left"].as_array().unwrap().len()), (&"canceled".into(), 0));
    let _ = driving.wait(LONG).expect(1);
    // Deleting takes the other side a while.
    let gateways = lab.state()["apig"]["gateways"].clone();
    let kept = gateways.as_array().unwrap().iter().filter(|one| one["deleting"] != true).count();
    assert_eq!(kept, 0, "all of it is taken back: {gateways:#}");
    let refused = desk.run(&["resume", "--json"]).expect(1).json()["error"].clone();
    assert!(refused["hint"].as_str().unwrap().contains("gateshift restart"), "{refused:#}");
    let old = status(&desk).unwrap()["run"].clone();
    let again = verb(&desk, &lab, &["restart"]).expect(0).json();
    assert_eq!((&again["status"], &again["restarts"]), (&"done".into(), &old), "{again:#}");
}

#[test]
fn a_run_that_is_done_can_be_previewed_repeated_and_taken_back_and_nothing_else() {
    let lab = Lab::up(&["--routes", "20", "--speed", "240"]);
    let desk = Desk::new();
    let _ = desk.start(&configured(&desk, &lab)).wait(LONG).expect(0);
    let history = || desk.run(&["history", "--json"]).expect(0).stdout;
    let before = history();
    for (words, code, exit) in [
        (&["retry"][..], "GS-VERB-STATE", 1),
        (&["pause"], "GS-VERB-STATE", 1),
        (&["cancel"], "GS-VERB-STATE", 1),
        (&["skip", "verify", "--reason", "r", "--accept-risk", "k"], "GS-VERB-STATE", 1),
        (&["rerun", "--from", "nope"], "GS-STEP-UNKNOWN", 64),
        (&["rerun", "--from", "nope", "--preview"], "GS-STEP-UNKNOWN", 64),
        (&["pause", "--connection", "nope"], "GS-CONNECTION-UNKNOWN", 64),
    ] {
        let error = desk.run(&[words, &["--json"]].concat()).expect(exit).json()["error"].clone();
        assert_eq!((&error["code"], &error["exit"]), (&code.into(), &exit.into()), "{words:?}: {error:#}");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.len() > 10), "{words:?}: {error:#}");
        let page = desk.run(&["explain", code]).expect(0).stdout;
        assert!(page.contains("## What to do"), "{page}");
    }
    let preview = desk.run(&["rollback", "--preview", "--scope", "all", "--json"]).expect(2).json();
    let steps: Vec<&str> =
        preview["steps"].as_array().unwrap().iter().map(|one| one["step"].as_str().unwrap()).collect();
    assert_eq!(steps.last(), Some(&"instance"), "the latest first: {preview:#}");
    let _ = desk.run(&["rollback", "--preview"]).expect(0);
    let preview = verb(&desk, &lab, &["rerun", "--from", "verify", "--preview"]);
    let repeated = preview.json();
    assert_eq!(repeated["steps"][0]["step"], "verify", "{repeated:#}");
    assert!(repeated["steps"][0]["plan"].is_object(), "{repeated:#}");
    assert!(history() == before, "neither a refusal nor a preview writes anything");
    let made = lab.state()["apig"].clone();
    let done = verb(&desk, &lab, &["rerun", "--from", "verify"]).expect(0).json();
    assert_eq!(done["status"], "done", "{done:#}");
    assert_eq!(lab.state()["apig"], made, "nothing is made again");
}
