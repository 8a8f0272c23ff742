//! The examples of the documentation, in three languages, against a host.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use gateshift_loader::{Library, Place};
use gateshift_plugin_tests::{example, open};
use gateshift_sdk::api::{Applied, CallFailure, CallRequest};
use gateshift_sdk::model::{OperationKey, Outcome, Settled};
use gateshift_sdk::testing::{ScriptedHost, input, ok};
use serde_json::{Value, json};

use crate::world::{bounds, host, whole};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_in_c_works_in_both_places() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("libhello.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(root().join("migrators/abi/include"))
        .arg("-o")
        .args([&file, &root().join("docs/examples/hello.c")])
        .status()
        .expect("a C compiler is needed: tests/run.sh installs one");
    assert!(built.success());
    let library = open(&file, bounds()).unwrap();
    assert_eq!(library.description().manifest.name.as_str(), "hello");
    for place in [Place::Here, Place::Process] {
        let migrator = library.migrator(place).unwrap();
        let host = host();
        let (plan, applied) = whole(&*migrator, &host, &input("hello", json!({}))).await.unwrap();
        assert_eq!((plan.summary.as_str(), output(applied)), ("says hello", json!({})));
        assert_eq!(host.record().log, ["hello from C"]);
        assert_eq!(host.record().slept.as_millis(), 5);
        migrator.undo(&host, &input("hello", json!({})), Some(&plan)).await.unwrap();
    }
}

/// A ticket system that remembers what it was asked.
fn tickets() -> (ScriptedHost, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let asked = Arc::clone(&seen);
    let host = ScriptedHost::new(move |request: &CallRequest| {
        asked.lock().unwrap().push(request.action.clone());
        match request.action.as_str() {
            "FindTicket" => Ok(ok(json!({}))),
            "CloseTicket" if asked.lock().unwrap().len() < 4 => Err(CallFailure::Unreachable {
                connection: "tickets".into(),
                action: request.action.clone(),
                endpoint: "somewhere".into(),
                cause: "gone".into(),
            }),
            _ => Ok(ok(json!({ "id": "T-1" }))),
        }
    });
    (host, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migrator_in_python_files_a_ticket_and_closes_it() {
    let library: Library = open(&root().join("docs/examples/ticket.py"), bounds())
        .unwrap_or_else(|error| panic!("python3 is needed: tests/run.sh installs it ({error})"));
    assert_eq!(library.description().manifest.name.as_str(), "ticket");
    assert!(library.migrator(Place::Here).is_err(), "a script is no library");
    let migrator = library.migrator(Place::Process).unwrap();
    let (host, seen) = tickets();
    let mut given = input("ticket", json!({ "title": "move the gateway" }));
    let (plan, applied) = whole(&*migrator, &host, &given).await.unwrap();
    assert_eq!(output(applied), json!({ "ticket": "T-1" }));
    assert_eq!(*seen.lock().unwrap(), ["FindTicket", "OpenTicket"]);
    let settled = Settled { outcome: Outcome::Created, id: Some("T-1".into()), data: Value::Null };
    given.settled.insert(OperationKey::new("ticket/change"), settled);
    let error = migrator.undo(&host, &given, Some(&plan)).await.unwrap_err();
    assert_eq!(error.code, "TKT-REFUSED");
    let undone = migrator.undo(&host, &given, Some(&plan)).await.unwrap();
    assert_eq!(undone.operations, [OperationKey::new("ticket/change")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notify_step_says_everything_once() {
    let library = open(&example("gateshift_notify"), bounds()).unwrap();
    let migrator = library.migrator(Place::Process).unwrap();
    let (host, seen) = tickets();
    let mut given = input("tell", json!({ "text": "the gateway moves tonight" }));
    let (plan, _) = whole(&*migrator, &host, &given).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), ["PostTicket", "PostMessage"]);
    given.settled = host.record().settled.iter().cloned().collect();
    migrator.apply(&host, &given, &plan).await.unwrap();
    assert_eq!(seen.lock().unwrap().len(), 2, "nothing is said twice");
}

fn output(applied: Applied) -> Value {
    match applied {
        Applied::Done { output, .. } => output,
        Applied::Pending { reason, .. } => panic!("it waits: {reason}"),
    }
}
