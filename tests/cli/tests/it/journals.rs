//! Journals that are no journals, that are newer, that somebody else holds, and runs that are not there.

use std::path::Path;
use std::time::Duration;

use gateshift_scenarios::{Desk, Lab, configured, root};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tokio::runtime::Runtime;

use crate::stored::same_as_stored;

/// A connection of another program to a file.
struct Other {
    runtime: Runtime,
    connection: Option<SqliteConnection>,
}

impl Other {
    fn open(file: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let settings = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let connection = runtime.block_on(settings.connect()).unwrap();
        Self { runtime, connection: Some(connection) }
    }

    fn run(&mut self, sql: &str) {
        let connection = self.connection.as_mut().unwrap();
        self.runtime.block_on(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection)).unwrap();
    }

    fn close(mut self) {
        let connection = self.connection.take().unwrap();
        self.runtime.block_on(connection.close()).unwrap();
    }
}

/// Commands that open a journal in every way there is.
fn commands() -> Vec<Vec<String>> {
    let workflow = root().join("workflows/assess-only.yaml").display().to_string();
    let run = ["run", &workflow, "--set", "gateway=gw-00000000000000000000000000000000", "--store", "j.db"];
    let mut all: Vec<Vec<String>> = vec![run.map(str::to_owned).to_vec()];
    for name in ["status", "history", "resume", "rollback"] {
        all.push([name, "--store", "j.db"].map(str::to_owned).to_vec());
    }
    all
}

/// Every command refuses the file with this code and leaves every byte as it is.
fn refused(desk: &Desk, code: &str) {
    let file = desk.path("j.db");
    let before = std::fs::read(&file).unwrap();
    for command in commands() {
        let ended = desk.run(&command).expect(1);
        assert!(ended.stderr.contains(&format!("error[{code}]")), "{command:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("hint:"), "{command:?}: {}", ended.stderr);
        assert!(std::fs::read(&file).unwrap() == before, "{command:?} changed the file");
        for beside in ["j.db-wal", "j.db-journal"] {
            assert!(!desk.path(beside).exists(), "{command:?} left {beside}");
        }
    }
}

#[test]
fn a_text_is_no_journal() {
    let desk = Desk::new();
    desk.write("j.db", &"a list of things to do\n".repeat(500));
    refused(&desk, "GS-JOURNAL-FOREIGN");
}

#[test]
fn the_database_of_another_program_is_no_journal() {
    let desk = Desk::new();
    let mut other = Other::open(&desk.path("j.db"));
    other.run("CREATE TABLE runs (id INTEGER, name TEXT); INSERT INTO runs VALUES (1, 'a morning run');");
    other.close();
    refused(&desk, "GS-JOURNAL-FOREIGN");
}

#[test]
fn a_folder_is_no_journal() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("j.db")).unwrap();
    for command in commands() {
        let ended = desk.run(&command).expect(1);
        assert!(ended.stderr.contains("error[GS-JOURNAL-OPEN]"), "{command:?}: {}", ended.stderr);
    }
}

#[test]
fn a_newer_journal_is_left_to_the_newer_program() {
    let desk = Desk::new();
    let lab = Lab::up(&["--routes", "20", "--speed", "200"]);
    let _ = desk.start(&assess(&desk, &lab)).wait(Duration::from_secs(60)).expect(0);
    let mut other = Other::open(&desk.path("journal.db"));
    other.run("PRAGMA user_version = 99; PRAGMA journal_mode = DELETE;");
    other.close();
    std::fs::rename(desk.path("journal.db"), desk.path("j.db")).unwrap();
    refused(&desk, "GS-JOURNAL-NEWER");
    let said = desk.run(&["status", "--store", "j.db"]).stderr;
    assert!(said.contains("99"), "{said}");
}

#[test]
fn a_journal_is_one_file_when_its_run_has_ended() {
    let desk = Desk::new();
    let lab = Lab::up(&["--routes", "20", "--speed", "200"]);
    let _ = desk.start(&assess(&desk, &lab)).wait(Duration::from_secs(60)).expect(0);
    let copied = Desk::new();
    std::fs::copy(desk.path("journal.db"), copied.path("journal.db")).unwrap();
    let [here, there] =
        [&desk, &copied].map(|desk| desk.run(&["history", "--calls", "--json"]).expect(0).stdout);
    assert_eq!(here, there, "whoever copies the file has the whole history");
}

fn assess(desk: &Desk, lab: &Lab) -> Vec<String> {
    let endpoints = desk.endpoints(&lab.endpoints).display().to_string();
    ["assess", "--gateway", lab.text("gateway"), "--allow-edited", "--endpoints", &endpoints]
        .map(str::to_owned)
        .to_vec()
}

#[test]
fn a_journal_that_another_program_locks() {
    let desk = Desk::new();
    let lab = Lab::up(&["--routes", "20", "--speed", "200"]);
    let _ = desk.start(&assess(&desk, &lab)).wait(Duration::from_secs(60)).expect(0);
    let mut other = Other::open(&desk.path("journal.db"));
    other.run("BEGIN IMMEDIATE");
    let ended = desk.start(&assess(&desk, &lab)).wait(Duration::from_secs(60)).expect(1);
    assert!(ended.stderr.contains("error[GS-JOURNAL-LOCKED]"), "{}", ended.stderr);
    // Those who only read are not kept out.
    let _ = desk.run(&["status"]).expect(0);
    let _ = desk.run(&["history"]).expect(0);
    other.run("ROLLBACK");
    other.close();
    let _ = desk.start(&assess(&desk, &lab)).wait(Duration::from_secs(60)).expect(0);
}

#[test]
fn runs_are_found_by_the_beginning_of_their_id() {
    let desk = Desk::new();
    let lab = Lab::up(&["--routes", "20", "--speed", "200"]);
    for _ in 0..2 {
        let _ = desk.start(&assess(&desk, &lab)).wait(Duration::from_secs(60)).expect(0);
    }
    let all = desk.run(&["status", "--json"]).expect(0).json();
    let ids: Vec<&str> =
        all["runs"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    let shared = ids[0].bytes().zip(ids[1].bytes()).take_while(|(a, b)| a == b).count();
    for command in ["status", "history", "resume", "rollback"] {
        let several = desk.run(&[command, &ids[0][..shared]]).expect(1);
        assert!(several.stderr.contains("error[GS-RUN-AMBIGUOUS]"), "{command}: {}", several.stderr);
        let none = desk.run(&[command, "ffffffff"]).expect(1);
        assert!(none.stderr.contains("error[GS-JOURNAL-UNKNOWN-RUN]"), "{command}: {}", none.stderr);
    }
    let one = desk.run(&["status", &ids[1][..=shared], "--json"]).expect(0).json();
    assert_eq!(one["run"], ids[1]);
}

#[test]
fn a_finished_run_is_told_by_its_journal_alone() {
    let desk = Desk::new();
    let lab = Lab::up(&["--routes", "20", "--speed", "200"]);
    let _ = desk.start(&configured(&desk, &lab)).wait(Duration::from_secs(120)).expect(0);
    drop(lab);
    let file = desk.path("journal.db");
    let before = std::fs::read(&file).unwrap();
    let id = desk.run(&["status", "--json"]).expect(0).json()["runs"][0]["run"].as_str().unwrap().to_owned();
    let status = desk.run(&["status", &id]).expect(0);
    assert!(status.stderr.is_empty(), "{}", status.stderr);
    // On a busy machine an answer may come too late to be compared, which the step then says.
    let unclear = |line: &&str| !line.contains("warning: nothing can be said of");
    let told: String = status.stdout.lines().filter(unclear).map(|line| format!("{line}\n")).collect();
    same_as_stored("status", &told, &desk);
    let document = desk.run(&["status", &id, "--json"]).expect(0).json();
    assert_eq!((&document["status"], &document["exit"]), (&"done".into(), &0.into()));

    let history = desk.run(&["history", "--json"]).expect(0).json();
    let calls = desk.run(&["history", "--json", "--calls"]).expect(0).json();
    let [history, calls] = [&history, &calls].map(|one| one["events"].as_array().unwrap());
    assert!(calls.len() > history.len(), "calls are shown when asked for");
    let number = |event: &serde_json::Value| event["seq"].as_u64().unwrap();
    assert!(history.windows(2).all(|pair| number(&pair[0]) < number(&pair[1])), "in their order");
    let numbers: Vec<u64> = calls.iter().map(number).collect();
    assert_eq!(numbers, (1..=calls.len() as u64).collect::<Vec<_>>(), "without a gap");
    assert!(
        calls.windows(2).all(|pair| pair[1]["previous"] == pair[0]["hash"]),
        "each holds the hash of the one before"
    );
    assert_eq!(history[0]["body"]["event"], "run_created");
    assert_eq!(history.last().unwrap()["body"]["event"], "run_finished");
    let text = desk.run(&["history"]).expect(0);
    assert_eq!(text.stdout.lines().count(), history.len(), "a line each");
    let lines = desk.run(&["history", "--events", "ndjson"]).expect(0).stdout;
    assert_eq!(lines.lines().count(), history.len());
    let step = desk.run(&["history", "--step", "instance", "--json"]).expect(0).json();
    let step = step["events"].as_array().unwrap();
    assert!(!step.is_empty() && step.iter().all(|event| event["body"]["step"] == "instance"));
    assert!(std::fs::read(&file).unwrap() == before, "asking changes nothing");
}
