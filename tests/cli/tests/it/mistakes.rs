//! Workflows with mistakes: each is shown with its place and its fix, nothing is run, nothing is made.

use gateshift_scenarios::{Desk, root};

use crate::stored::same_as_stored;

const HEAD: &str = "apiVersion: gateshift/v1\nname: broken\nconnections:\n  source: { uses: aliyun/mse, with: { region: cn-hangzhou } }\n";

/// A workflow whose only step is written so.
fn step(text: &str) -> String {
    format!("{HEAD}steps:\n  assess: {text}\n")
}

/// Name, text, code, the words that the mark stands under (if one place is to be told), and a part of the fix.
fn cases() -> Vec<(&'static str, String, &'static str, &'static str, &'static str)> {
    let steps = |text: &str| format!("{HEAD}steps:\n{text}");
    vec![
        (
            "unknown-key",
            step("{ uses: assess, with: { gateway: gw-1 }, timout: 5m }"),
            "GS-WF-UNKNOWN-KEY",
            "timout",
            "did you mean `timeout`?",
        ),
        (
            "unknown-migrator",
            step("{ uses: asess, with: { gateway: gw-1 } }"),
            "GS-WF-MIGRATOR-UNKNOWN",
            "asess",
            "did you mean `assess`?",
        ),
        (
            "unknown-setting",
            step("{ uses: assess, with: { gateway: gw-1, allowEdit: true } }"),
            "GS-WF-SETTING-UNKNOWN",
            "allowEdit:",
            "did you mean `allowEdited`?",
        ),
        (
            "wrong-setting",
            step("{ uses: assess, with: { gateway: gw-1, allowEdited: 7 } }"),
            "GS-WF-SETTING",
            "7",
            "true",
        ),
        ("missing-setting", step("{ uses: assess }"), "GS-WF-SETTING-MISSING", "assess:", "gateway"),
        (
            "duration-without-unit",
            step("{ uses: assess, with: { gateway: gw-1 }, timeout: 90 }"),
            "GS-WF-UNIT",
            "90",
            "90s",
        ),
        (
            "unknown-connection",
            step("{ uses: assess, with: { gateway: gw-1 }, connections: { source: sourc } }"),
            "GS-WF-CONNECTION-MISSING",
            "sourc }",
            "did you mean `source`?",
        ),
        (
            "unknown-need",
            step("{ uses: assess, with: { gateway: gw-1 }, needs: [asses] }"),
            "GS-WF-STEP-UNKNOWN",
            "asses]",
            "assess",
        ),
        (
            "cycle",
            steps(
                "  one: { uses: assess, needs: [two], with: { gateway: g } }\n  two: { uses: assess, needs: [one], with: { gateway: g } }\n",
            ),
            "GS-WF-CYCLE",
            "two]",
            "remove one of these needs",
        ),
        (
            "unknown-kind",
            HEAD.replace("aliyun/mse", "aliyun/msee")
                + "steps:\n  assess: { uses: assess, with: { gateway: g } }\n",
            "GS-WF-KIND-UNKNOWN",
            "aliyun/msee",
            "did you mean `aliyun/mse`?",
        ),
        (
            "key-twice",
            step("{ uses: assess, with: { gateway: a, gateway: b } }"),
            "GS-WF-DUPLICATE-KEY",
            "gateway: b",
            "",
        ),
        ("no-yaml", format!("{HEAD}steps: [\n"), "GS-WF-YAML", "", ""),
        (
            "secret",
            HEAD.replace("} }", "}, credentials: { accessKeySecret: abcdefgh } }")
                + "steps:\n  assess: { uses: assess, with: { gateway: g } }\n",
            "GS-WF-SECRET",
            "",
            "profile",
        ),
    ]
}

/// Where words stand, as `line:column`; nothing when none are given.
fn place_of(text: &str, words: &str) -> String {
    let found = text.lines().enumerate().find_map(|(line, text)| Some((line + 1, text.find(words)? + 1)));
    let (line, column) = found.unwrap();
    if words.is_empty() { String::new() } else { format!("{line}:{column}") }
}

#[test]
fn each_is_shown_with_its_place_and_its_fix() {
    for (name, text, code, mark, fix) in cases() {
        let place = place_of(&text, mark);
        let desk = Desk::new();
        desk.write("broken.yaml", &text);
        for command in ["validate", "run"] {
            let ended = desk.run(&[command, "broken.yaml"]).expect(64);
            assert!(ended.stdout.is_empty(), "{name}: data only on stdout: {}", ended.stdout);
            assert!(ended.stderr.contains(&format!("error[{code}]")), "{name}: {}", ended.stderr);
            assert!(
                ended.stderr.contains(&format!("broken.yaml:{place}")),
                "{name}: not at {place}\n{}",
                ended.stderr
            );
            assert!(ended.stderr.contains(fix), "{name}: no `{fix}`\n{}", ended.stderr);
            assert!(ended.stderr.contains("nothing was run"), "{name}: {}", ended.stderr);
            assert_eq!(
                desk.run(&[command, "broken.yaml", "--quiet"]).stderr,
                ended.stderr,
                "{name}: errors are said when quiet"
            );
            assert!(!ended.stderr.contains("abcdefgh"), "{name}: a key is not repeated\n{}", ended.stderr);
        }
        assert!(!desk.path("journal.db").exists(), "{name}: nothing is made");
        if ["unknown-key", "cycle"].contains(&name) {
            same_as_stored(&format!("mistake-{name}"), &desk.run(&["validate", "broken.yaml"]).stderr, &desk);
        }
    }
}

#[test]
fn programs_get_one_document_with_every_place() {
    let desk = Desk::new();
    desk.write("broken.yaml", &step("{ uses: asess, timout: 5m }"));
    let ended = desk.run(&["validate", "broken.yaml", "--json"]).expect(64);
    let text = ended.json().to_string();
    for word in ["GS-WF-INVALID", "GS-WF-MIGRATOR-UNKNOWN", "GS-WF-UNKNOWN-KEY", "\"line\":6", "did you mean"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn inputs_are_checked_before_anything_is_made() {
    let workflow = root().join("workflows/quickstart.yaml").display().to_string();
    for (set, code) in [
        (&[][..], "GS-WF-INPUT-MISSING"),
        (&["--set", "gatway=gw-1"], "GS-WF-INPUT-UNKNOWN"),
        (&["--set", "gateway=gw-1", "--set", "allowEdited=maybe"], "GS-WF-INPUT"),
    ] {
        let desk = Desk::new();
        let ended = desk.run(&[&["run", &workflow], set].concat()).expect(64);
        assert!(ended.stderr.contains(&format!("error[{code}]")), "{code}: {}", ended.stderr);
        assert!(!desk.path("journal.db").exists(), "{code}: nothing is made");
    }
}

#[test]
fn wrong_words_end_with_64() {
    let desk = Desk::new();
    for words in [
        &["bogus"][..],
        &["run"],
        &["run", "a.yaml", "--set", "no-equals-sign"],
        &["status", "--bogus"],
        &["demo", "--routes", "1"],
        &["rollback", "--scope", "everything"],
        &[],
    ] {
        let ended = desk.run(words).expect(64);
        assert!(ended.stdout.is_empty() && !ended.stderr.is_empty(), "{words:?}: {ended:?}");
    }
    for words in [&["--help"][..], &["--version"], &["run", "--help"]] {
        let ended = desk.run(words).expect(0);
        assert!(!ended.stdout.is_empty() && ended.stderr.is_empty(), "{words:?}: {ended:?}");
    }
}

/// The inputs that a workflow has to be given, each with a value that fits: they stand on a line each.
fn required(text: &str) -> impl Iterator<Item = (&str, &'static str)> {
    text.lines().filter(|line| line.contains("required: true")).filter_map(|line| {
        let (name, told) = line.trim().split_once(':')?;
        Some((name, if told.contains("where") { "http://127.0.0.1:9090" } else { "gw-1" }))
    })
}

#[test]
fn every_workflow_that_comes_along_is_valid() {
    let desk = Desk::new();
    let mut seen = 0;
    for entry in std::fs::read_dir(root().join("workflows")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let path = path.display().to_string();
            let text = std::fs::read_to_string(&path).unwrap();
            let given: Vec<String> = required(&text).map(|(name, value)| format!("{name}={value}")).collect();
            let mut arguments = vec!["validate", &path];
            arguments.extend(given.iter().flat_map(|one| ["--set", one.as_str()]));
            let ended = desk.run(&arguments).expect(0);
            assert!(ended.stdout.contains("is valid"), "{path}: {ended:?}");
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen} workflows");
}
