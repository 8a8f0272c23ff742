//! What is refused before any byte is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use gateshift_model::{ConnectionDefinition, RunId, StepError, StepName};
use gateshift_step_api::{
    CallKind, CallRequest, Host, HostProvider, Manifest, MetricQuery, ServiceFailure, StepScope,
};
use proptest::prelude::*;
use serde_json::json;

use super::{READ, WRITE, fine, on};
use crate::testing::{Memory, Server, host, manifest, options, request};

#[tokio::test]
async fn what_is_not_declared_is_not_sent() {
    let server = Server::start(|_| fine()).await;
    let recorder = Memory::new();
    let host = on(&server, options(), &recorder);
    let other = |change: fn(&mut CallRequest)| {
        let mut asked = request(WRITE, CallKind::Write);
        change(&mut asked);
        asked
    };
    let cases = [
        (request("DeleteThing", CallKind::Write), "GS-UNDECLARED-ACTION"),
        (other(|asked| asked.connection = "d".to_owned()), "GS-UNDECLARED-ACTION"),
        (request(READ, CallKind::Write), "GS-ACTION-KIND"),
        (request(WRITE, CallKind::Read), "GS-ACTION-KIND"),
        (
            other(|asked| asked.query = vec![("action".to_owned(), "DeleteThing".to_owned())]),
            "GS-BAD-REQUEST",
        ),
        (other(|asked| asked.path = "/a/%2e%2E/b".to_owned()), "GS-BAD-REQUEST"),
        (other(|asked| asked.path = "/a?b=c".to_owned()), "GS-BAD-REQUEST"),
        (other(|asked| asked.path = "/a b".to_owned()), "GS-BAD-REQUEST"),
        (other(|asked| asked.path = "a".to_owned()), "GS-BAD-REQUEST"),
        (other(|asked| asked.method = "post".to_owned()), "GS-BAD-REQUEST"),
    ];
    for (asked, code) in cases {
        let failure = host.call(asked.clone()).await.unwrap_err();
        assert_eq!(failure.code(), Some(code), "{asked:?}");
    }
    assert!(server.seen().is_empty() && recorder.kinds().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Whatever a manifest declares and a migrator claims, a read-only connection lets nothing through that might write.
    #[test]
    fn a_read_only_connection_sends_no_write(
        verb in prop::sample::select(vec!["Create", "Update", "Delete", "Add", "Remove", "Set", "Put", "Modify", "Bind", "Attach",
            "Detach", "Tag", "Untag", "Import", "Deploy", "Publish", "Offline", "Apply", "Enable", "Disable", "Restart", "Select",
            "Clone", "get", "list", "Getaway", "Listen", "Query_", "Describe-", "Upgrade", "Export", "Check", ""]),
        object in "[A-Za-z0-9]{0,8}", claims_read: bool, method in prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "PATCH"]),
    ) {
        let action = match verb {
            "Getaway" | "Listen" => verb.to_owned(),
            _ => format!("{verb}{object}"),
        };
        let reads_by_name = verb.is_empty() && crate::WriteRule::read_only().admits(&action);
        prop_assume!(!reads_by_name && !action.is_empty());
        refused_unsent(action, claims_read, method, "/");
    }

    #[test]
    fn nor_does_a_reading_name_excuse_another_method(method in prop::sample::select(vec!["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])) {
        refused_unsent("ListThings".to_owned(), true, method, "/v1/things");
    }
}

fn refused_unsent(action: String, claims_read: bool, method: &str, path: &str) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let server = Server::start(|_| fine()).await;
        let recorder = Memory::new();
        let name = [action.as_str()];
        let declared = if claims_read {
            manifest("test/source", &name, &[])
        } else {
            manifest("test/source", &[], &name)
        };
        let host = host(options(), declared, "test/source", json!({"url": server.url()}), &recorder);
        let kind = if claims_read { CallKind::Read } else { CallKind::Write };
        let asked =
            CallRequest { method: method.to_owned(), path: path.to_owned(), ..request(&action, kind) };
        let failure = host.call(asked).await.unwrap_err();
        assert_eq!(failure.code(), Some("GS-SOURCE-READ-ONLY"), "{action} {method}");
        assert!(server.seen().is_empty() && recorder.kinds().is_empty());
    });
}

#[tokio::test]
async fn reads_of_a_read_only_connection_go_through() {
    let server = Server::start(|_| fine()).await;
    let recorder = Memory::new();
    let host = host(
        options(),
        manifest("test/source", &[READ], &[]),
        "test/source",
        json!({"url": server.url()}),
        &recorder,
    );
    host.call(request(READ, CallKind::Read)).await.unwrap();
    host.call(CallRequest {
        method: "GET".to_owned(),
        path: "/v1/things".to_owned(),
        ..request(READ, CallKind::Read)
    })
    .await
    .unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_step_gets_only_connections_that_fit() {
    let recorder: Arc<Memory> = Memory::new();
    let make = |manifest: Manifest, connections: Vec<(&str, &str)>| {
        let connections = connections.into_iter().map(|(role, uses)| {
            let with = serde_json::from_value(json!({"url": "http://127.0.0.1:1"})).unwrap();
            (
                role.to_owned(),
                "conn".to_owned(),
                ConnectionDefinition { uses: uses.to_owned(), with, credentials: BTreeMap::new() },
            )
        });
        let scope = StepScope {
            run: RunId(uuid::Uuid::nil()),
            step: StepName::new("step").unwrap(),
            attempt: 1,
            manifest,
            connections: connections.collect(),
        };
        let recorder: Arc<Memory> = Arc::clone(&recorder);
        crate::Hosts::new(options()).unwrap().host(scope, recorder)
    };
    let wants = || manifest("test/rpc", &[READ], &[]);
    let refused = |made: Result<Arc<dyn Host>, StepError>| made.err().map(|error| error.code);
    assert_eq!(refused(make(wants(), vec![("c", "test/source")])).as_deref(), Some("GS-CONNECTION-KIND"));
    assert_eq!(refused(make(wants(), vec![("c", "test/none")])).as_deref(), Some("GS-CONNECTION-KIND"));
    assert_eq!(refused(make(wants(), vec![("d", "test/rpc")])).as_deref(), Some("GS-UNDECLARED-ACTION"));
    let without = make(wants(), vec![]).unwrap();
    assert_eq!(
        without.call(request(READ, CallKind::Read)).await.unwrap_err().code(),
        Some("GS-NO-CONNECTION")
    );
    let plain = make(manifest("test/rpc", &[], &[]), vec![("c", "test/rpc")]).unwrap();
    let query = MetricQuery { connection: "c".to_owned(), expression: "up".to_owned() };
    assert!(
        matches!(plain.query(query).await, Err(ServiceFailure::Host(error)) if error.code == "GS-NO-METRICS")
    );
}
