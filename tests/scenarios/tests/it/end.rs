//! How a whole run ended, in a form that can be compared with another one, and the run that nothing
//! disturbed.

use std::time::{Duration, Instant};

use gateshift_scenarios::{Desk, Lab, Load, Running, quickstart, records, share_of_target, status};
use serde_json::Value;

/// Longer than any run of these tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// Options of a lab with clients.
pub(crate) fn options(seed: u64, speed: u32) -> [String; 8] {
    let [seed, speed] = [seed.to_string(), speed.to_string()];
    ["--routes", "60", "--seed", &seed, "--speed", &speed, "--load", "80"].map(str::to_owned)
}

/// A lab with clients.
pub(crate) fn lab(seed: u64, speed: u32, more: &[&str]) -> Lab {
    let options = options(seed, speed);
    let options: Vec<&str> = options.iter().map(String::as_str).chain(more.iter().copied()).collect();
    Lab::up(&options)
}

/// What is left when a run is over.
#[derive(Debug)]
pub(crate) struct End {
    /// Content of the target account and of DNS.
    pub(crate) state: Value,
    /// Objects ever created, by kind.
    pub(crate) created: Value,
    /// Calls by product and operation.
    pub(crate) calls: Value,
    /// What clients saw.
    pub(crate) load: Load,
    /// The run as the journal tells it.
    pub(crate) status: Value,
}

impl End {
    /// Looks at everything, then stops the lab.
    pub(crate) fn of(lab: Lab, desk: &Desk) -> Self {
        let status = status(desk).unwrap();
        let (state, stats) = (lab.state(), lab.stats());
        let load = lab.stop().unwrap();
        Self { state, created: stats["created"].clone(), calls: stats["calls"].clone(), load, status }
    }

    /// All hosts with records of their own are at the target, and no client noticed.
    pub(crate) fn assert_moved(&self) {
        assert_eq!(self.status["status"], "done", "{:#}", self.status);
        let hosts = records(&self.state);
        let moved = hosts.iter().filter(|(host, _)| !host.starts_with('*'));
        let mut count = 0;
        for (host, records) in moved {
            assert_eq!(share_of_target(&self.state, host), 100.0, "{host}: {records:#?}");
            count += 1;
        }
        assert!(count > 5, "{hosts:#?}");
        self.assert_served();
    }

    /// Clients were answered all the time.
    pub(crate) fn assert_served(&self) {
        assert!(self.load.sent > 100, "{:#}", self.load.report);
        assert_eq!(self.load.failed, 0, "clients saw failures: {:#}", self.load.report);
    }

    /// The same objects by content, and each created once.
    pub(crate) fn assert_same(&self, other: &Self) {
        let found = differences(&self.state, &other.state);
        assert!(found.is_empty(), "the end differs from the undisturbed one:\n{}", found.join("\n"));
        assert_eq!(self.created, other.created, "something was created twice or not at all");
    }
}

/// A run of a seed that nothing disturbs; how long it took.
pub(crate) fn undisturbed(seed: u64, speed: u32) -> (End, Timeline) {
    let lab = lab(seed, speed, &[]);
    let desk = Desk::new();
    let began = Instant::now();
    let mut arguments = quickstart(&desk, &lab);
    arguments.extend(["--events".to_owned(), "ndjson".to_owned()]);
    let mut running = desk.start(&arguments);
    let mut timeline = Timeline::default();
    while !running.has_ended() {
        timeline.look(&running, began.elapsed());
        assert!(began.elapsed() < PATIENCE, "{}", running.stderr());
        std::thread::sleep(Duration::from_millis(20));
    }
    timeline.all = began.elapsed();
    let _ = running.wait(PATIENCE).expect(0);
    let end = End::of(lab, &desk);
    end.assert_moved();
    (end, timeline)
}

/// When which step began.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// Steps in their order, each with its beginning.
    pub(crate) steps: Vec<(String, Duration)>,
    /// The end.
    pub(crate) all: Duration,
}

impl Timeline {
    fn look(&mut self, running: &Running, now: Duration) {
        for step in events(running).iter().filter_map(|event| event["step"].as_str()) {
            if !self.steps.iter().any(|(known, _)| known == step) {
                self.steps.push((step.to_owned(), now));
            }
        }
    }

    /// The step at a moment, and how far into it that is.
    pub(crate) fn at(&self, moment: Duration) -> (String, Duration) {
        let begun = self.steps.iter().rev().find(|(_, began)| *began <= moment);
        let (step, began) = begun.unwrap_or(&self.steps[0]);
        (step.clone(), moment.saturating_sub(*began))
    }

    /// Place of a step.
    pub(crate) fn place(&self, step: &str) -> usize {
        self.steps.iter().position(|(known, _)| known == step).unwrap_or(0)
    }
}

/// Events that a process started with `--events ndjson` has shown so far.
pub(crate) fn events(running: &Running) -> Vec<Value> {
    let said = running.stdout();
    let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["body"].take()).collect()
}

/// Where two documents differ, a line each.
pub(crate) fn differences(one: &Value, other: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk("", one, other, &mut found);
    found.truncate(30);
    found
}

fn walk(place: &str, one: &Value, other: &Value, found: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for name in one.keys().chain(other.keys().filter(|name| !one.contains_key(*name))) {
                let part = |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                walk(&format!("{place}/{name}"), &part(one), &part(other), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                walk(&format!("{place}/{at}"), one, other, found);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            let lone = |these: &[Value], those: &[Value]| -> Vec<String> {
                these
                    .iter()
                    .filter(|item| !those.contains(item))
                    .map(|item| item.to_string().chars().take(300).collect())
                    .collect()
            };
            found.push(format!(
                "{place}: {} and {} items; only here {:?}; only there {:?}",
                one.len(),
                other.len(),
                lone(one, other),
                lone(other, one)
            ));
        }
        (one, other) if one != other => found.push(format!("{place}: {one} and {other}")),
        _ => {}
    }
}

#[test]
fn a_run_that_nothing_disturbs() {
    let record = Desk::new();
    let file = record.path("recording.jsonl");
    let lab = lab(2, 120, &["--record", &file.display().to_string()]);
    let desk = Desk::new();
    let ended = desk.start(&quickstart(&desk, &lab)).wait(PATIENCE).expect(0);
    assert!(ended.stdout.contains("quickstart: done"), "{}", ended.stdout);
    let id = status(&desk).unwrap()["run"].as_str().unwrap().to_owned();
    let again = desk.run(&["resume", &id]).expect(0);
    assert!(again.stdout.contains("done"), "resuming what is done changes nothing: {}", again.stdout);
    let end = End::of(lab, &desk);
    end.assert_moved();
    let kinds = ["gateways", "domains", "services", "routes"];
    assert!(
        kinds.iter().all(|kind| !end.state["apig"][kind].as_array().unwrap().is_empty()),
        "{:#}",
        end.state
    );
    // The source is read, never written: the recording of the lab is the witness, not the product.
    let recording = std::fs::read_to_string(&file).unwrap();
    let reads = ["List", "Get", "Query", "Describe"];
    let mut seen = 0;
    for line in recording.lines() {
        let call: Value = serde_json::from_str(line).unwrap();
        if call["product"] == "mse" {
            let name = call["headers"]["x-acs-action"].as_str().unwrap().to_owned();
            assert!(
                reads.iter().any(|read| name.starts_with(read)) || name == "GatewayBlackWhiteList",
                "{name} at the source"
            );
            seen += 1;
        }
    }
    assert!(seen > 50, "the recording holds {seen} calls of the source");
}
