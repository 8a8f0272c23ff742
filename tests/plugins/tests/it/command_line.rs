//! What an operator does with a file: look at it, add it, run it, and go on with another build of it. The file is the
//! example in Python, which a test can change without a compiler.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// The binary that `GATESHIFT_BIN` names, else one that is built now.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("GATESHIFT_BIN") {
            return PathBuf::from(path);
        }
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "gateshift"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(built.unwrap().success(), "the binary under test cannot be built");
        let own = std::env::current_exe().unwrap();
        own.ancestors().nth(2).unwrap().join("gateshift")
    })
}

/// A folder with the example in it.
struct Desk {
    folder: tempfile::TempDir,
    text: String,
}

impl Desk {
    fn new() -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/ticket.py");
        let desk =
            Self { folder: tempfile::tempdir().unwrap(), text: std::fs::read_to_string(example).unwrap() };
        desk.write("ticket.py", &[]);
        desk
    }

    /// The example with other words in it.
    fn write(&self, name: &str, changes: &[(&str, &str)]) {
        let text = changes.iter().fold(self.text.clone(), |text, (old, new)| {
            assert!(text.contains(old), "the example has no `{old}`");
            text.replace(old, new)
        });
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn workflow(&self, uses: &str, more: &str) {
        let text = format!(
            "apiVersion: gateshift/v1\nname: tickets\nconnections:\n  tickets: {{ uses: webhook, with: {{ url: \"http://127.0.0.1:9\" }} }}\nsteps:\n  ticket: {{ uses: {uses}, with: {{ title: move }}{more} }}\n"
        );
        std::fs::write(self.folder.path().join("w.yaml"), text).unwrap();
    }

    /// Exit code, stdout and stderr.
    fn says(&self, words: &[&str]) -> (i32, String, String) {
        let run = Command::new(binary())
            .args(words)
            .current_dir(self.folder.path())
            .env_remove("GATESHIFT_STORE")
            .output();
        let run = run.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (run.status.code().unwrap_or(-1), text(run.stdout), text(run.stderr))
    }

    fn ok(&self, words: &[&str]) -> String {
        let (code, said, complained) = self.says(words);
        assert_eq!(code, 0, "{words:?}: {said}{complained}");
        said
    }

    fn refused(&self, words: &[&str], exit: i32, code: &str) -> String {
        let (found, said, complained) = self.says(words);
        assert!(
            found == exit && complained.contains(&format!("error[{code}]")),
            "{words:?}: {found} {said}{complained}"
        );
        complained
    }
}

#[test]
fn a_file_is_recorded_and_a_changed_one_is_refused() {
    let desk = Desk::new();
    assert!(
        desk.ok(&["migrators", "add", "./ticket.py"]).contains("it may change with OpenTicket on webhook")
    );
    assert!(desk.ok(&["migrators", "info", "ticket"]).contains("added:     yes"));
    assert!(desk.ok(&["migrators", "list"]).contains("ticket       1.0.0"));
    desk.ok(&["migrators", "verify"]);
    desk.workflow("./ticket.py", "");
    desk.ok(&["validate", "w.yaml"]);
    desk.write("ticket.py", &[("files a ticket", "loses a ticket")]);
    assert_eq!(desk.says(&["migrators", "verify"]).0, 1);
    let (code, _, said) = desk.says(&["validate", "w.yaml"]);
    assert!(code == 64 && said.contains("GS-MIGRATOR-CHANGED"), "{said}");
    // The one that was added is still there under its name.
    desk.workflow("ticket", "");
    desk.ok(&["validate", "w.yaml"]);
    // Until its own copy is damaged.
    let shelf = desk.folder.path().join(".gateshift/migrators");
    let copy = std::fs::read_dir(&shelf)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|it| it == "so"));
    std::fs::write(copy.unwrap(), "#!/bin/true\n").unwrap();
    let (code, _, said) = desk.says(&["validate", "w.yaml"]);
    assert!(code == 64 && said.contains("GS-MIGRATOR-CHANGED"), "{said}");
}

#[test]
fn a_version_that_wants_more_waits_until_somebody_agrees() {
    let desk = Desk::new();
    desk.ok(&["migrators", "add", "./ticket.py"]);
    desk.write(
        "new.py",
        &[("\"CloseTicket\": \"write\"", "\"CloseTicket\": \"write\", \"DropAll\": \"write\"")],
    );
    let said = desk.refused(&["migrators", "add", "./new.py"], 3, "GS-MIGRATOR-WIDER");
    assert!(said.contains("change with DropAll on webhook"), "{said}");
    assert!(desk.ok(&["migrators", "info", "./new.py"]).contains("added:     no"));
    assert!(!desk.ok(&["migrators", "info", "ticket"]).contains("DropAll"));
    desk.ok(&["migrators", "add", "./new.py", "--agree"]);
    assert!(desk.ok(&["migrators", "info", "ticket"]).contains("DropAll"));
}

#[test]
fn signatures_of_trusted_keys_count_and_forged_ones_do_not() {
    let desk = Desk::new();
    let key = desk.ok(&["audit", "key", "ann.key"]);
    desk.ok(&["migrators", "sign", "./ticket.py", "--key", "ann.key"]);
    desk.refused(&["migrators", "add", "./ticket.py"], 1, "GS-MIGRATOR-SIGNATURE");
    desk.ok(&["migrators", "trust", "ann", key.trim()]);
    assert!(desk.ok(&["migrators", "add", "./ticket.py"]).contains("signed by ann"));
    desk.write("other.py", &[("files a ticket", "loses a ticket")]);
    desk.refused(&["migrators", "add", "./other.py"], 1, "GS-MIGRATOR-SIGNATURE");
    std::fs::copy(desk.folder.path().join("ticket.py.sig"), desk.folder.path().join("other.py.sig")).unwrap();
    desk.refused(&["migrators", "add", "./other.py"], 1, "GS-MIGRATOR-SIGNATURE");
}

#[test]
fn a_held_run_goes_on_with_another_build_and_the_history_says_so() {
    let desk = Desk::new();
    desk.write(
        "bad.py",
        &[("def plan(host, ask):", "def plan(host, ask):\n    raise ValueError(\"not today\")")],
    );
    desk.write("crash.py", &[("def plan(host, ask):", "def plan(host, ask):\n    os.abort()")]);
    desk.write(
        "good.py",
        &[
            ("\"version\": \"1.0.0\"", "\"version\": \"1.0.1\""),
            ("number = find(host, given)", "number = \"T-9\""),
        ],
    );
    desk.write("another.py", &[("\"name\": \"ticket\"", "\"name\": \"other\"")]);
    desk.workflow("./bad.py", "");
    assert_eq!(desk.says(&["run", "w.yaml"]).0, 1);
    desk.refused(&["resume", "--with", "ticket=./another.py"], 1, "GS-MIGRATOR-SWAP");
    desk.refused(&["resume", "--with", "nosuch=./good.py"], 64, "GS-STEP-UNKNOWN");
    // A build that crashes is one more failed attempt, and nothing else.
    let (code, said, _) = desk.says(&["resume", "--with", "ticket=./crash.py"]);
    assert!(code == 1 && said.contains("GS-MIGRATOR-LOST") && said.contains("signal 6 (abort)"), "{said}");
    desk.ok(&["resume", "--with", "ticket=./good.py"]);
    let history: Value = serde_json::from_str(&desk.ok(&["history", "--json"])).unwrap();
    let text = history.to_string();
    assert_eq!(text.matches("step_swapped").count(), 2, "{text}");
    assert!(text.contains("./good.py") && text.contains("1.0.1"), "{text}");
    desk.ok(&["audit", "verify"]);
    // The file of the run is kept: it may be gone when somebody looks again.
    assert!(std::fs::read_dir(desk.folder.path().join(".gateshift/migrators")).unwrap().count() >= 3);
}

#[test]
fn where_it_runs_is_the_operators_choice() {
    let desk = Desk::new();
    desk.workflow("./ticket.py", ", isolation: in-process");
    let (code, _, said) = desk.says(&["validate", "w.yaml"]);
    assert!(code == 64 && said.contains("was not added"), "{said}");
    desk.workflow("./ticket.py", ", isolation: sandbox");
    assert_eq!(desk.says(&["validate", "w.yaml"]).0, 64);
    desk.workflow("./ticket.py", ", isolation: process");
    desk.ok(&["validate", "w.yaml"]);
}

#[test]
fn the_suite_is_there_for_any_file_and_any_built_in() {
    let desk = Desk::new();
    let said = desk.ok(&["migrators", "test", "./ticket.py", "--settings", "{\"title\":\"x\"}"]);
    assert!(said.contains("17 checks, 0 failed"), "{said}");
    std::fs::write(desk.folder.path().join("garbage.so"), [7; 4096]).unwrap();
    desk.refused(&["migrators", "test", "./garbage.so"], 1, "GS-MIGRATOR-FILE");
    let (code, said, _) = desk.says(&["migrators", "test", "verify"]);
    assert!(code <= 1 && said.contains("passed  its manifest is sound"), "{said}");
}
