//! Ctrl-C and SIGTERM: the run is stopped cleanly, says so in its history, and goes on later.

use std::time::Duration;

use gateshift_scenarios::{Desk, Lab, configured, status, wait_for};

fn stopped_by(signal: &str) {
    let lab = Lab::up(&["--routes", "40", "--speed", "60"]);
    let desk = Desk::new();
    let running = desk.start(&configured(&desk, &lab));
    wait_for("work to stop", Duration::from_secs(60), || {
        running.stderr().contains("routes: started").then_some(())
    });
    std::thread::sleep(Duration::from_millis(400));
    running.signal(signal);
    let ended = running.wait(Duration::from_secs(15)).expect(4);
    assert!(ended.stdout.contains("go on with: gateshift resume"), "it says how to go on: {}", ended.stdout);
    assert_eq!(status(&desk).unwrap()["status"], "interrupted");
    let history = desk.run(&["history", "--json"]).expect(0).json();
    let last = history["events"].as_array().unwrap().last().unwrap()["body"].clone();
    assert_eq!(last["event"], "run_interrupted", "{last:#}");
    assert_eq!(status(&desk).unwrap()["exit"], 4);
    let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
    let _ = desk.start(&["resume", "--endpoints", &endpoints]).wait(Duration::from_secs(90)).expect(0);
    let state = lab.state();
    let mut names: Vec<String> =
        state["apig"]["routes"].as_array().unwrap().iter().map(|route| route["name"].to_string()).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "nothing was made twice");
}

#[test]
fn by_ctrl_c() {
    stopped_by("INT");
}

#[test]
fn by_sigterm() {
    stopped_by("TERM");
}

#[test]
fn quiet_says_only_results_and_events_only_events() {
    let lab = Lab::up(&["--routes", "20", "--speed", "240"]);
    let desk = Desk::new();
    let mut arguments = configured(&desk, &lab);
    arguments.push("--quiet".to_owned());
    let ended = desk.start(&arguments).wait(Duration::from_secs(90)).expect(0);
    assert_eq!(ended.stderr, "", "quiet");
    assert!(ended.stdout.starts_with("quickstart: done"), "{}", ended.stdout);
    drop(lab);

    let lab = Lab::up(&["--routes", "20", "--speed", "240"]);
    let desk = Desk::new();
    let mut arguments = configured(&desk, &lab);
    arguments.push("--json".to_owned());
    let ended = desk.start(&arguments).wait(Duration::from_secs(90)).expect(0);
    let document = ended.json();
    assert_eq!((&document["status"], &document["exit"]), (&"done".into(), &0.into()));
    assert!(
        document["steps"].as_array().unwrap().iter().all(|step| step["status"] == "done"),
        "{document:#}"
    );
    assert!(ended.stderr.contains("assess: done"), "progress is on stderr: {}", ended.stderr);
}
