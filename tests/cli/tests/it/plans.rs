//! What is only read and decided: assessments in every form, snapshots, plans, and what has moved since.

use std::time::Duration;

use gateshift_scenarios::{Desk, Finished, Lab, configured, root};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(120);

/// A command against a lab.
fn with(desk: &Desk, lab: &Lab, words: &[&str]) -> Finished {
    let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
    let words = [words, &["--endpoints", &endpoints]].concat();
    desk.start(&words).wait(PATIENCE)
}

fn snapshot(desk: &Desk, lab: &Lab, file: &str) -> String {
    let path = desk.path(file).display().to_string();
    let _ = with(desk, lab, &["snapshot", "--gateway", lab.text("gateway"), "-o", &path]).expect(0);
    path
}

/// A small shop, with the timeout of its route `export`.
fn shop(desk: &Desk, timeout: u32) -> String {
    let text = std::fs::read_to_string(root().join("tests/lab/mse/scenarios/small.yaml")).unwrap();
    let other = text.replace("timeout: 120", &format!("timeout: {timeout}"));
    assert!(timeout == 120 || other != text, "the scenario is another one");
    desk.write(&format!("shop-{timeout}.yaml"), &other).display().to_string()
}

/// A plan of the quickstart without its last step.
fn plan(desk: &Desk, lab: &Lab, more: &[&str]) -> Vec<String> {
    let mut words = configured(desk, lab);
    words[0] = "plan".to_owned();
    words.extend(more.iter().map(|word| (*word).to_owned()));
    words
}

#[test]
fn an_assessment_has_every_form_and_needs_no_source_but_a_snapshot() {
    let desk = Desk::new();
    let lab = Lab::up(&["--routes", "20", "--speed", "200"]);
    let live = with(&desk, &lab, &["assess", "--gateway", lab.text("gateway"), "--allow-edited"]).expect(0);
    let last = live.stdout.trim_end().lines().last().unwrap().to_owned();
    assert!(last.starts_with("fields ") && last.ends_with(" accounted for"), "{last}");
    let counts: Vec<&str> = last.split(' ').filter(|word| word.parse::<u64>().is_ok()).collect();
    assert!(counts.len() == 2 && counts[0] == counts[1], "{last}");
    let file = snapshot(&desk, &lab, "gw.json");
    drop(lab);

    let offline =
        |more: &[&str]| desk.run(&[&["assess", "--snapshot", &file, "--allow-edited"], more].concat());
    let again = offline(&[]).expect(0);
    assert_eq!(again.stdout.trim_end().lines().last(), Some(last.as_str()));
    let document = offline(&["--format", "json"]).expect(0).json();
    assert_eq!(document["fields"], document["fieldsAccounted"]);
    assert!(document["classes"]["same"].as_u64().unwrap() > 0, "{document}");
    for (form, begin) in
        [("md", "# Assessment"), ("html", "<!DOCTYPE html>"), ("junit", "<?xml"), ("table", "")]
    {
        let out = offline(&["--format", form]).expect(0).stdout;
        assert!(out.starts_with(begin) && out.contains(&last), "{form}: {out}");
    }
    let path = desk.path("report.html").display().to_string();
    let told = offline(&["-o", &path]).expect(0);
    assert!(told.stdout.is_empty() && told.stderr.contains(&last), "{told:?}");
    assert!(std::fs::read_to_string(&path).unwrap().ends_with("</html>\n"));

    let _ = offline(&["--fail-on", "warn"]).expect(3);
    desk.write("access.log", "{\"route_name\":\"nowhere\"}\n");
    let weighed = offline(&["--traffic", "access.log", "--format", "json"]).expect(0).json();
    assert_eq!(weighed["traffic"]["unknown"], 1);
    let other = desk.run(&["assess", "--snapshot", &file, "--gateway", "gw-other"]).expect(1);
    assert!(other.stderr.contains("error[GS-SNAPSHOT]"), "{}", other.stderr);
}

#[test]
fn waivers_let_findings_through_until_their_day() {
    let desk = Desk::new();
    let lab = Lab::up(&["--scenario", &shop(&desk, 120), "--speed", "200"]);
    let file = snapshot(&desk, &lab, "gw.json");
    let blocked = desk.run(&["assess", "--snapshot", &file]).expect(3);
    assert!(blocked.stdout.contains("RTE-EDITING"), "{}", blocked.stdout);
    let waived = |expires: &str, object: &str| {
        desk.write("w.yaml", &format!("- {{ code: RTE-EDITING, object: \"{object}\", owner: ann, reason: agreed, expires: {expires} }}\n"));
        desk.run(&["assess", "--snapshot", &file, "--waivers", "w.yaml"])
    };
    let through = waived("2999-12-31", "routes/*").expect(0).stdout;
    assert!(through.contains("by ann until 2999-12-31: agreed"), "{through}");
    let over = waived("2001-01-01", "routes/*").expect(3).stdout;
    assert!(over.contains("was good until 2001-01-01"), "{over}");
    let _ = waived("2999-12-31", "services/*").expect(3);
    let wrong = waived("soon", "routes/*").expect(64);
    assert!(wrong.stderr.contains("w.yaml:1:") && wrong.stderr.contains("2026-12-31"), "{}", wrong.stderr);
}

#[test]
fn a_plan_is_the_same_twice_writes_nothing_and_pins_the_run() {
    let desk = Desk::new();
    let lab = Lab::up(&["--routes", "20", "--speed", "200"]);
    let before = lab.state();
    let [one, two] = ["one.json", "two.json"].map(|name| {
        let ended = desk.start(&plan(&desk, &lab, &["-o", name])).wait(PATIENCE).expect(2);
        assert!(ended.stdout.contains("source writes"), "{}", ended.stdout);
        assert!(ended.stdout.find("deletes") < ended.stdout.find("creates"));
        std::fs::read(desk.path(name)).unwrap()
    });
    assert!(one == two, "two plans of one world differ");
    assert_eq!(lab.state(), before, "planning has changed something");
    assert!(!desk.path("journal.db").exists(), "planning made a journal");
    let _ = with(&desk, &lab, &["diff", "one.json"]).expect(0);

    // A gateway that carries the source's mark turns up at the target: it would be taken, not made.
    let file: Value = serde_json::from_slice(&one).unwrap();
    let steps = file["steps"].as_array().unwrap();
    let instance = steps.iter().find(|step| step["step"] == "instance").unwrap();
    let wanted = &instance["operations"][0]["after"];
    let body = json!({
        "name": wanted["name"], "gatewayType": "API", "spec": wanted["spec"], "chargeType": "POSTPAY",
        "vpcId": wanted["vpc"], "zoneConfig": wanted["zoneConfig"],
        "networkAccessConfig": {"type": wanted["network"]}, "tag": wanted["tags"],
    });
    lab.cloud().apig("POST", "/v1/gateways", &body);
    let mut run = configured(&desk, &lab);
    run.extend(["--plan".to_owned(), "one.json".to_owned()]);
    let refused = desk.start(&run).wait(PATIENCE).expect(3);
    assert!(refused.stderr.contains("error[GS-PLAN-STALE]"), "{}", refused.stderr);
    assert!(refused.stderr.contains("instance gateway/"), "it names the object: {}", refused.stderr);
    assert!(!desk.path("journal.db").exists(), "nothing was run");
    let moved = with(&desk, &lab, &["diff", "one.json"]).expect(2);
    assert!(moved.stdout.contains("was to create, is to adopt now"), "{}", moved.stdout);
}

#[test]
fn a_run_with_an_approved_plan_does_it() {
    let desk = Desk::new();
    let lab = Lab::up(&["--routes", "20", "--speed", "200"]);
    let _ = desk.start(&plan(&desk, &lab, &["-o", "plan.json"])).wait(PATIENCE).expect(2);
    let mut run = configured(&desk, &lab);
    run.extend(["--plan".to_owned(), "plan.json".to_owned()]);
    let _ = desk.start(&run).wait(PATIENCE).expect(0);
    let wrong = desk.write("no.json", "{}").display().to_string();
    let mut run = configured(&desk, &lab);
    run.extend(["--plan".to_owned(), wrong]);
    let refused = desk.start(&run).wait(PATIENCE).expect(1);
    assert!(refused.stderr.contains("error[GS-PLAN-FILE]"), "{}", refused.stderr);
}

#[test]
fn what_has_changed_at_the_source_is_named_by_object_and_field() {
    let desk = Desk::new();
    let first = Lab::up(&["--scenario", &shop(&desk, 120), "--speed", "200"]);
    let _ = with(&desk, &first, &["assess", "--gateway", first.text("gateway"), "--allow-edited"]).expect(0);
    let same = with(&desk, &first, &["drift"]).expect(0);
    assert!(same.stdout.contains("as run"), "{}", same.stdout);
    let before = snapshot(&desk, &first, "before.json");
    let again = snapshot(&desk, &first, "again.json");
    let _ = desk.run(&["diff", &before, &again]).expect(0);

    let second = Lab::up(&["--scenario", &shop(&desk, 90), "--speed", "200"]);
    let drifted = with(&desk, &second, &["drift"]).expect(2).stdout;
    assert!(
        drifted.contains("~ routes/export") && drifted.contains("timeout/seconds: 120 -> 90"),
        "{drifted}"
    );
    let after = snapshot(&desk, &second, "after.json");
    let differs = desk.run(&["diff", &before, &after, "--json"]).expect(2).json();
    let objects = differs["changed"].as_array().unwrap();
    assert!(objects.iter().any(|one| one["object"] == "routes/export"), "{differs}");
}
