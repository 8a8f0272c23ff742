//! Words that nobody documents, and secrets that are opened in the call and nowhere else.

use gateshift_apig::convert::security::consumer;
use gateshift_gateway_model::{AuthScheme, Authentication, ExternalAuth};
use gateshift_sdk::api::{Body, CallFailure, Host};
use gateshift_sdk::model::{Document, ObjectRef, Operation, OperationKey, RunId, Verb};
use gateshift_sdk::testing::{ScriptedHost, ok};
use gateshift_sdk::walk::{Applier, Results};
use serde_json::json;

use super::model;
use crate::apply::Objects;
use crate::facts::Facts;
use crate::sealing;

#[tokio::test]
async fn the_other_word_for_pairs_of_keys_is_tried_and_the_key_set_is_opened_in_the_call() {
    let host = ScriptedHost::new(|request| match &request.body {
        Body::Json(body) if body["jwtIdentityConfig"]["secretType"] == "Asymmetry" => {
            Err(CallFailure::Refused {
                connection: "target".into(),
                action: request.action.clone(),
                status: 400,
                code: "InvalidParameter.WithValue".into(),
                message: "secretType".into(),
                request_id: None,
            })
        }
        _ => Ok(ok(json!({"code": "Ok", "data": {"consumerId": "cs-1"}}))),
    });
    let mut one = model::consumer(&host, "alice", &[]);
    one.symmetric = false;
    let operation = Operation {
        key: OperationKey::new("consumer/alice"),
        verb: Verb::Create,
        object: ObjectRef { kind: "consumer".into(), name: "alice".into() },
        before: Document::default(),
        after: consumer::body(&one).into(),
        waits_for: vec![],
    };
    let facts = Facts::default();
    let objects = Objects { run: RunId(Default::default()), facts: &facts };
    let written = objects.write(&host, &operation, &Results::default(), None).await.unwrap();
    assert_eq!(written.id.as_deref(), Some("cs-1"));
    let calls = host.record().calls.clone();
    assert_eq!(calls.len(), 2);
    assert_ne!(calls[0].query, calls[1].query, "another content needs another token");
    for call in &calls {
        let Body::Json(body) = &call.body else { panic!("{call:?}") };
        assert_eq!(body["jwtIdentityConfig"]["jwks"], "hunter2-alice");
    }
    assert!(!operation.after.value().to_string().contains("hunter2"));
}

#[test]
fn a_masked_secret_is_the_same_only_to_its_writer_and_differences_tell_no_secret() {
    let host = ScriptedHost::new(|_| Ok(ok(json!({}))));
    let wanted = json!({"jwks": host.seal("hunter2").unwrap(), "issuer": "i"});
    let sealed = |text: &str| {
        let mut found = json!({"jwks": text, "issuer": "i"});
        sealing::seal(&host, &mut found).unwrap();
        found
    };
    assert_eq!(sealing::difference(&wanted, &sealed("hunter2"), false), None);
    assert_eq!(sealing::difference(&wanted, &sealed("****"), true), None);
    assert!(sealing::difference(&wanted, &sealed("****"), false).is_some());
    let other = sealing::difference(&wanted, &sealed("swordfish"), true).unwrap();
    assert!(!other.contains("swordfish") && !other.contains("hunter2"), "{other}");
}

#[test]
fn an_external_service_is_written_with_the_targets_id() {
    let external = ExternalAuth {
        service: "7".into(),
        prefix_path: "/check".into(),
        token_key: "x-token".into(),
        timeout_seconds: 3,
        strict: true,
        request_headers: vec!["x-user".into()],
        upstream_headers: vec![],
        with_body: true,
        body_max_bytes: 1024,
        rematch_route: false,
    };
    let one = Authentication {
        id: "1".into(),
        name: "external".into(),
        enabled: true,
        white: false,
        resource_mode: None,
        resource_config: None,
        resources: vec![],
        scheme: AuthScheme::External(external),
    };
    let service = |id: &str| format!("svc-of-{id}");
    let config =
        gateshift_apig::convert::security::authentication::config(&one, false, &|_| String::new(), &service);
    assert_eq!(
        config,
        json!({"enable": false, "serviceId": "svc-of-7", "prefixPath": "/check", "tokenKey": "x-token", "timeout": 3,
            "isRestrict": true, "allowRequestHeaders": ["x-user"], "allowUpstreamHeaders": [], "withRequestBody": true,
            "bodyMaxBytes": 1024, "withRematchRoute": false, "isWhite": false, "authResources": []})
    );
}
