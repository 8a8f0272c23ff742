//! DNS updates to real servers: all or nothing, signed, and never over somebody else's change.

use gateshift_model::StepError;
use gateshift_real::{NEW, OLD, Server, Shift, bind, count, definition, knot, unbound};
use gateshift_step_api::{Body, CallKind, CallRequest};
use hickory_proto::rr::RecordType;
use serde_json::{Value, json};

const KEY: &str = "c2VjcmV0LW9mLWEtbmFtZS1zZXJ2ZXItb2YtYS10ZXN0";
const LINES: &str = "www 60 A 192.0.2.1\nwww 60 TXT \"a neighbour\"\nsix 60 AAAA 2001:db8::1\nalias 60 CNAME old.example.net.\nother 60 A 203.0.113.7\n";

async fn plan(server: &Server, secret: &str, stages: &[&str]) -> Result<Shift, StepError> {
    let connection = definition(
        "rfc2136",
        json!({"server": server.dns.to_string(), "rate": 500, "burst": 100}),
        json!({"env": "KEY"}),
    );
    let settings = json!({"stages": stages, "hold": "1s", "ttl": "1s", "hosts": ["www.shop.test", "six.shop.test", "alias.shop.test"]});
    Shift::plan(connection, &[("KEY_USERNAME", "lab"), ("KEY_PASSWORD", secret)], server.dns, settings).await
}

/// A change as somebody else with the same key would make it.
async fn somebody(shift: &Shift, body: Value) {
    let request = CallRequest {
        connection: "dns".to_owned(),
        action: "Update".to_owned(),
        method: "UPDATE".to_owned(),
        path: "/".to_owned(),
        query: Vec::new(),
        body: Body::Json(body),
        operation: None,
        serial: None,
        kind: CallKind::Write,
    };
    shift.host().call(request).await.unwrap();
}

async fn there_and_back(server: Server) {
    let resolver = unbound(server.dns, false);
    let sets = [
        ("www.shop.test", RecordType::A, OLD.0, NEW.0),
        ("six.shop.test", RecordType::AAAA, OLD.1, NEW.1),
        ("alias.shop.test", RecordType::CNAME, OLD.2, NEW.2),
    ];
    let all_are = |which: usize| {
        for (name, kind, old, new) in sets {
            let counted = count(resolver.dns, name, kind, 20);
            assert!((counted.share([old, new][which]) - 100.0).abs() < 1e-9, "{name}: {counted:?}");
        }
        assert!(
            (count(resolver.dns, "other.shop.test", RecordType::A, 5).share("203.0.113.7") - 100.0).abs()
                < 1e-9
        );
    };
    let coarse = plan(&server, KEY, &["5%", "100%"]).await.unwrap();
    assert_eq!(coarse.blocking(), ["DNS-GRANULARITY"]);

    let mut shift = plan(&server, KEY, &["100%"]).await.unwrap();
    assert!(shift.blocking().is_empty(), "{:?}", shift.plan.findings);
    all_are(0);
    shift.until("100%").await.unwrap();
    all_are(1);
    shift.undo().await.unwrap();
    all_are(0);
    assert_eq!(shift.undo().await.unwrap().facts["writes"], 0);
    let said = shift.memory().calls.lock().unwrap().join("\n");
    assert!(said.contains("Update") && !said.contains(KEY), "the key is in the record");

    let mut shift = plan(&server, KEY, &["100%"]).await.unwrap();
    let set = |values: Value| json!([{"name": "www.shop.test", "kind": "A", "ttl": 1, "values": values}]);
    somebody(
        &shift,
        json!({"zone": "shop.test", "removes": set(json!([])), "adds": set(json!(["203.0.113.9"]))}),
    )
    .await;
    let error = loop {
        match shift.step().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it went over somebody else's change"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code, "GS-DNS-CHANGED", "{error}");
    assert!((count(server.dns, "www.shop.test", RecordType::A, 5).share("203.0.113.9") - 100.0).abs() < 1e-9);

    let error = plan(&server, "YW5vdGhlci1zZWNyZXQtb2Ytc29tZWJvZHktZWxzZQ==", &["100%"]).await.err().unwrap();
    assert_eq!(error.code, "GS-DENIED", "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bind_takes_updates() {
    there_and_back(bind(KEY, LINES)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn knot_takes_updates() {
    there_and_back(knot(KEY, LINES)).await;
}
