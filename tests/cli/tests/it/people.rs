//! People and windows from outside: what waits is shown, answered under the right name, and goes on.

use std::time::Duration;

use gateshift_scenarios::{Desk, Finished, Lab, Running, root};

const LONG: Duration = Duration::from_secs(60);

/// The workflow that only reads, with something in front of its step.
fn workflow(desk: &Desk, more: &str, of_step: &str) -> String {
    let text = std::fs::read_to_string(root().join("workflows/assess-only.yaml")).unwrap();
    let text = text.replace("steps:\n", &format!("{more}\nsteps:\n"));
    let text = text.replace("    uses: assess\n", &format!("    uses: assess\n    {of_step}\n"));
    desk.write("workflow.yaml", &text).display().to_string()
}

fn by(desk: &Desk, user: &str, words: &[&str]) -> Finished {
    let mut command = desk.command(words);
    command.env("USER", user);
    Running::start(&mut command).wait(LONG)
}

#[test]
fn a_plan_waits_for_people_and_only_the_right_ones_are_heard() {
    let lab = Lab::up(&["--routes", "20", "--speed", "240"]);
    let desk = Desk::new();
    let file = workflow(&desk, "groups: { sre: [ann, bob, carol] }", "approval: { from: { group: sre } }");
    let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
    let gateway = format!("gateway={}", lab.text("gateway"));
    let region = format!("region={}", lab.text("region"));
    let run = [
        "run",
        &file,
        "--set",
        &gateway,
        "--set",
        &region,
        "--set",
        "allowEdited=true",
        "--endpoints",
        &endpoints,
    ];
    let ended = by(&desk, "carol", &[&run[..], &["--no-wait"]].concat()).expect(4);
    assert!(
        ended.all().contains("its plan waits for the approval of 1 of sre (ann, bob, carol)"),
        "{}",
        ended.all()
    );

    let inbox = by(&desk, "ann", &["inbox", "--json"]).expect(0).json();
    let item = &inbox["items"][0];
    assert_eq!((&item["kind"], &item["step"]), (&"approval".into(), &"assess".into()), "{inbox:#}");
    assert_eq!((&item["approval"]["yours"], &item["approval"]["missing"]), (&true.into(), &1.into()));
    let command = item["commands"][0].as_str().unwrap();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(words[0], "approve");
    let why = by(&desk, "ann", &["why"]).expect(4).stdout;
    assert!(why.contains(&words[..5].join(" ")) && why.contains("ann, bob"), "{command}\n{why}");

    let own = by(&desk, "carol", &words).expect(1);
    assert!(
        own.stderr.contains("error[GS-APPROVAL-WHO]") && own.stderr.contains("started the run"),
        "{}",
        own.stderr
    );
    let _ = by(&desk, "eve", &words).expect(1);
    let id = words[1].to_owned();
    let moved = by(&desk, "ann", &["approve", &id, "assess", "--plan", "000000000000"]).expect(1);
    assert!(moved.stderr.contains("error[GS-APPROVAL-MOVED]"), "{}", moved.stderr);
    let said = by(&desk, "ann", &words).expect(0).stdout;
    assert!(said.contains("is approved; go on with: gateshift resume"), "{said}");
    let empty = by(&desk, "bob", &["inbox", "--json"]).expect(0).json();
    assert_eq!(empty["items"][0]["kind"], "decision", "somebody has to resume it: {empty:#}");
    let _ = by(&desk, "carol", &["resume", "--endpoints", &endpoints]).expect(0);
    let history = desk.run(&["history", "--actor", "ann"]).expect(0).stdout;
    assert!(history.contains("assess: plan ") && history.contains("approved"), "{history}");
    let _ = desk.run(&["audit", "verify"]).expect(0);
}

#[test]
fn a_rejected_plan_is_not_carried_out() {
    let lab = Lab::up(&["--routes", "20", "--speed", "240"]);
    let desk = Desk::new();
    let file = workflow(&desk, "", "approval: { from: [ann, bob] }");
    let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
    let gateway = format!("gateway={}", lab.text("gateway"));
    let mut command = desk.command(&[
        "run",
        &file,
        "--set",
        &gateway,
        "--set",
        &format!("region={}", lab.text("region")),
        "--set",
        "allowEdited=true",
        "--endpoints",
        &endpoints,
    ]);
    command.env("USER", "carol");
    let driving = Running::start(&mut command);
    let id = gateshift_scenarios::wait_for("the plan to be shown", LONG, || {
        let inbox = desk.run(&["inbox", "--json"]);
        let item = (inbox.code == Some(0)).then(|| inbox.json()["items"][0].clone())?;
        (item["kind"] == "approval").then(|| item["run"].as_str().map(str::to_owned))?
    });
    let said = by(&desk, "bob", &["reject", &id, "assess", "--reason", "not before the sale"]).expect(0);
    assert!(said.stdout.contains("is rejected; nothing of it is written"), "{}", said.stdout);
    let ended = driving.wait(LONG).expect(3);
    assert!(
        ended.all().contains("GS-APPROVAL-REJECTED") && ended.all().contains("not before the sale"),
        "{}",
        ended.all()
    );
}

#[test]
fn a_window_is_told_for_any_moment() {
    let desk = Desk::new();
    let windows =
        "windows: { night: { timezone: Asia/Shanghai, allow: [{ from: \"22:00\", to: \"06:00\" }] } }";
    let file = workflow(&desk, windows, "window: night");
    let check = |at: &str, code| {
        let words = ["window", "check", &file, "--set", "gateway=gw-1", "--at", at, "--json"];
        desk.run(&words).expect(code).json()["steps"][0].clone()
    };
    assert_eq!(check("2026-11-26T23:00:00+08:00", 0)["open"], true);
    let closed = check("2026-11-26T13:59:59Z", 4);
    assert_eq!(
        (&closed["open"], &closed["opens"]),
        (&false.into(), &"2026-11-26T14:00:00Z".into()),
        "{closed:#}"
    );
    assert_eq!(closed["opensLocal"], "2026-11-26 22:00 Asia/Shanghai");
    let text = desk.run(&["window", "check", &file, "--set", "gateway=gw-1", "--at", "2026-11-26T12:00:00Z"]);
    assert!(text.expect(4).stdout.contains("closed at 2026-11-26 20:00 Asia/Shanghai: outside its hours"));
}
