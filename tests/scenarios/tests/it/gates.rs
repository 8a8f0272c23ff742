//! A target that is worse than the source is found at the first stage that shows it, taken back in time,
//! and explained; what is not clear is held. The shift begins again only when somebody answers for the
//! cause.

use std::time::Duration;

use gateshift_scenarios::{Desk, Lab, Running, quickstart, records, root, share_of_target, status, wait_for};
use serde_json::Value;

use crate::end::{PATIENCE, events};

const SPEED: u32 = 120;
/// Seconds of the lab: time to live of the records, and between two looks.
const TTL: f64 = 60.0;
const POLL: f64 = 30.0;
/// What calls and questions really take, on a busy machine.
const REAL_WORK: f64 = 10.0;

/// A shift over a lab with much traffic on few routes, stopped by `fault` when it has just begun.
struct Shift {
    lab: Lab,
    desk: Desk,
    running: Running,
    target: String,
}

impl Shift {
    fn begin(seed: u64, gates: &str) -> Self {
        let [seed, speed] = [seed.to_string(), SPEED.to_string()];
        let lab = Lab::up(&["--routes", "12", "--seed", &seed, "--speed", &speed, "--load", "40"]);
        let desk = Desk::new();
        let text = std::fs::read_to_string(root().join("workflows/quickstart.yaml")).unwrap();
        let text = text
            .replace("stages: [1%, 5%, 20%, 50%, 100%]", "stages: [20%, 100%]")
            .replace("gates: [{ health: { minRequests: 3 } }]", gates);
        assert!(text.contains(gates) && text.contains("[20%, 100%]"), "the workflow has changed");
        let workflow = desk.write("gated.yaml", &text);
        let mut arguments = quickstart(&desk, &lab);
        arguments[1] = workflow.display().to_string();
        arguments.extend(["--events".to_owned(), "ndjson".to_owned()]);
        let running = desk.start(&arguments);
        let mut shift = Self { lab, desk, running, target: String::new() };
        shift.wait("ttl is in force");
        shift.target = shift.lab.target_gateways().remove(0);
        shift
    }

    /// Until the step says that it waits for this.
    fn wait(&mut self, text: &str) {
        wait_for(text, PATIENCE, || {
            assert!(!self.running.has_ended(), "the run ended before `{text}`: {}", self.running.stderr());
            let says = |event: &Value| event["reason"].as_str().is_some_and(|reason| reason.contains(text));
            events(&self.running).iter().any(says).then_some(())
        });
    }

    fn fault(&self, what: &str) {
        self.lab.admin("POST", &format!("/planes/{}/{what}", self.target), "");
    }

    /// Waits for the end; the gate of that signal has to have brought the run back at the first stage.
    fn assert_taken_back(&mut self, signal: &str) {
        wait_for("the run to end", PATIENCE, || self.running.has_ended().then_some(()));
        let whole: Vec<Value> =
            self.running.stdout().lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let at = |kind: &str| {
            let found = whole
                .iter()
                .find(|one| one["body"]["event"] == kind)
                .unwrap_or_else(|| panic!("no event {kind}: {}", self.running.stderr()));
            (found["at"].as_i64().unwrap(), found["body"].clone())
        };
        let (failed, error) = at("step_failed");
        let message = error["error"]["message"].as_str().unwrap();
        println!("{message}");
        assert_eq!(error["error"]["code"], "GS-GATE-FAILED", "{error:#}");
        assert!(message.starts_with("stage 20%: ") && message.contains(signal), "{message}");
        let (undone, _) = at("step_undone");
        let took = (undone - failed) as f64 / 1000.0;
        println!("taken back in {took:.1} s of the wall, {:.0} s of the lab", took * f64::from(SPEED));
        assert!(took <= (2.0 * TTL + POLL) / f64::from(SPEED) + REAL_WORK, "{took} s");
        let state = self.lab.state();
        for (host, records) in records(&state).iter().filter(|(host, _)| !host.starts_with('*')) {
            assert_eq!(share_of_target(&state, host), 0.0, "{host}: {records:#?}");
        }
        assert_eq!(status(&self.desk).unwrap()["status"], "rolled back");
        let why = self.desk.run(&["why"]);
        assert!(
            why.stdout.contains("tolerated") && why.stdout.contains("--cause-resolved"),
            "{}",
            why.stdout
        );
    }
}

const HEALTH: &str = "gates: [{ health: { minRequests: 60 } }]";

#[test]
fn one_route_that_fails_is_caught_and_only_a_resolved_cause_begins_again() {
    let mut shift = Shift::begin(41, HEALTH);
    let routes = shift.lab.state()["apig"]["routes"].clone();
    let name = routes.as_array().unwrap().iter().find_map(|route| route["name"].as_str()).unwrap().to_owned();
    println!("failing route {name} of {}", routes.as_array().unwrap().len());
    shift.fault(&format!("fail?ratio=1&route={name}"));
    shift.assert_taken_back("errors");
    let endpoints = shift.desk.endpoints(&shift.lab.endpoints).display().to_string();
    let refused = shift.desk.run(&["resume", "--endpoints", &endpoints]).expect(1);
    assert!(refused.all().contains("GS-CAUSE-OPEN"), "{}", refused.all());
    shift.fault("fail?ratio=0");
    let cause = "the route had no service";
    let arguments = ["resume", "--endpoints", &endpoints, "--cause-resolved", cause];
    let _ = shift.desk.start(&arguments).wait(PATIENCE).expect(0);
    assert_eq!(status(&shift.desk).unwrap()["status"], "done");
    let history = shift.desk.run(&["history"]).expect(0);
    assert!(history.stdout.contains(cause), "{}", history.stdout);
}

#[test]
fn a_slow_target_is_caught() {
    let mut shift = Shift::begin(42, HEALTH);
    shift.fault("slow?ms=800");
    shift.assert_taken_back("took longer than");
}

#[test]
fn a_target_that_hangs_is_caught() {
    let mut shift = Shift::begin(43, HEALTH);
    shift.fault("slow?ms=120000");
    shift.assert_taken_back("health");
}

#[test]
fn a_target_that_answers_differently_is_caught() {
    let mut shift = Shift::begin(44, HEALTH);
    shift.fault("fail?ratio=0.5&status=404");
    shift.assert_taken_back("were refused (4xx)");
}

#[test]
fn too_little_to_judge_is_held_and_told() {
    let mut shift = Shift::begin(41, "gates: [{ health: { minRequests: 1000000 } }]");
    shift.wait("not enough data");
    let why = shift.desk.run(&["why"]);
    assert!(why.stdout.contains("of the 1,000,000 requests that are needed"), "{}", why.stdout);
    std::thread::sleep(Duration::from_secs(3));
    assert!(!shift.running.has_ended(), "it is held");
    let never = events(&shift.running).iter().any(|event| event["event"] == "step_failed");
    assert!(!never, "doubt is no failure");
}
