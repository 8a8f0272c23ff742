//! The demo: what it promises on its last lines, and how long it takes.

use std::time::{Duration, Instant};

use gateshift_scenarios::{Desk, Finished, Running};
use serde_json::Value;

fn demo(arguments: &[&str], patience: Duration) -> (Value, Finished, Duration) {
    let desk = Desk::new();
    let began = Instant::now();
    let store = desk.path("demo.db").display().to_string();
    let given = [&["demo", "--json", "--store", &store], arguments].concat();
    let ended = desk.start(&given).wait(patience).expect(0);
    let took = began.elapsed();
    let summary = ended.json();
    assert_eq!(summary["requests_failed"], 0, "{summary:#}");
    assert_eq!(summary["mismatches"], 0, "{summary:#}");
    assert_eq!(summary["target_share_final"], 100.0, "{summary:#}");
    for count in ["objects_created", "requests_sent", "requests_compared"] {
        assert!(summary[count].as_u64().unwrap() > 100, "{count}: {summary:#}");
    }
    let steps = summary["steps"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    let order = [
        "assess",
        "instance",
        "parameters",
        "routes",
        "security",
        "plugins",
        "observability",
        "verify",
        "traffic",
    ];
    assert_eq!(names, order);
    assert!(
        steps.iter().all(|step| step["status"] == "done" && step["seconds"].as_f64().unwrap() > 0.0),
        "{summary:#}"
    );
    // The journal was kept, and tells the same.
    let run = summary["run"].as_str().unwrap();
    let history = desk.run(&["history", run, "--store", &store, "--json"]).expect(0).json();
    let last = history["events"].as_array().unwrap().last().unwrap()["body"].clone();
    assert_eq!((&last["event"], &last["outcome"]), (&Value::from("run_finished"), &Value::from("done")));
    (summary, ended, took)
}

#[test]
fn the_default_demo_ends_within_a_minute() {
    let (summary, ended, took) = demo(&[], Duration::from_secs(100));
    assert!(took < Duration::from_secs(60), "it took {took:?}");
    assert!(summary["seconds"].as_f64().unwrap() <= took.as_secs_f64(), "{summary:#}");
    assert!(
        ended.stderr.contains("traffic: done"),
        "without a terminal there are plain lines: {}",
        ended.stderr
    );
}

#[test]
fn a_demo_of_a_thousand_routes() {
    let (summary, _, took) = demo(&["--routes", "1000", "--seed", "7"], Duration::from_secs(400));
    println!("{took:?}: {summary}");
    assert!(summary["objects_created"].as_u64().unwrap() > 1000, "{summary:#}");
    assert!(summary["routes"].as_u64().unwrap() > 800, "{summary:#}");
}

#[test]
fn a_demo_for_people() {
    let desk = Desk::new();
    let mut command = desk.command(&["demo", "--routes", "40", "--seed", "9", "--speed", "240"]);
    command.env_remove("GATESHIFT_STORE");
    let ended = Running::start(&mut command).wait(Duration::from_secs(100)).expect(0);
    for word in ["objects made", "requests compared", "(0 mismatches)", "share at", "sent, 0 failed", "time "]
    {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    let left = std::fs::read_dir(desk.folder()).unwrap().count();
    assert_eq!(left, 0, "a demo without `--store` leaves nothing behind");
}
