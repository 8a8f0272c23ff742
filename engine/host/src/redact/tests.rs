//! Planted secrets must not turn up, wherever they are put.

use std::sync::Arc;

use gateshift_model::{RunId, StepError};
use gateshift_step_api::{Body, CallKind, CallRequest};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Redactor, Vault};
use crate::encode;

fn redactor(secrets: &[&str]) -> Redactor {
    let vault = Arc::new(Vault::new(Some(crate::Secret::new("fingerprint key"))));
    for secret in secrets {
        vault.learn(secret);
    }
    vault.for_run(RunId(Uuid::nil()))
}

fn request(path: &str, query: Vec<(String, String)>, body: Body) -> CallRequest {
    CallRequest {
        connection: "target".to_owned(),
        action: "CreateThing".to_owned(),
        method: "POST".to_owned(),
        path: path.to_owned(),
        query,
        body,
        operation: None,
        serial: None,
        kind: CallKind::Write,
    }
}

/// Where a secret may be planted.
fn planted(secret: &str, place: u8, around: &str) -> CallRequest {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD.encode(secret);
    let mixed = format!("{around}{secret}{around}");
    let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    match place {
        0 => request(&format!("/v1/{}", encode::percent(&mixed)), vec![], Body::None),
        1 => request("/", pair("Name", &mixed), Body::None),
        2 => request("/", pair(&mixed, "x"), Body::None),
        3 => request("/", pair("Filter", &json!({"a": [{"b": mixed}]}).to_string()), Body::None),
        4 => request("/", vec![], Body::Json(json!({"deep": [[{"er": mixed}]], &mixed: 1}))),
        5 => request("/", vec![], Body::Form(pair("Config", &format!("a: b\nname: {mixed}\n")))),
        6 => request("/", vec![], Body::Json(json!({"header": format!("Basic {base64}")}))),
        7 => request(
            "/",
            pair("q", &encode::percent(&encode::percent(secret))),
            Body::Json(json!({"json": json!({"in": json!({"json": secret}).to_string()}).to_string()})),
        ),
        _ => request(
            &format!("/{}", encode::percent(&base64)),
            pair("v", &encode::form(&pair("a", secret))),
            Body::None,
        ),
    }
}

proptest! {
    #[test]
    fn a_secret_of_the_host_is_in_no_record(secret in "[A-Za-z0-9+/=._~ \"%-]{8,40}", place in 0u8..9, around in "[a-z ]{0,5}") {
        prop_assume!(secret.trim().len() >= 8);
        let request = planted(&secret, place, &around);
        let (record, _) = redactor(&[&secret]).request(&request);
        let text = record.to_string();
        prop_assert!(!text.contains(&secret), "{text}");
        prop_assert!(!text.contains(&encode::percent(&secret)), "{text}");
        let quoted = Value::from(secret.as_str()).to_string();
        prop_assert!(!text.contains(&quoted[1..quoted.len() - 1]), "{text}");
        prop_assert!(text.contains("[redacted ") , "{text}");
    }

    #[test]
    fn a_value_under_a_secret_name_is_in_no_record_nor_in_later_messages(secret in "[A-Za-z0-9+/=._-]{8,40}", place in 0u8..5) {
        let body = match place {
            0 => Body::Json(json!({"x": {"apiKey": secret}})),
            1 => Body::Form(vec![("Config".to_owned(), format!("consumers:\n- name: c\n  credential: {secret}\n"))]),
            2 => Body::Form(vec![("Password".to_owned(), secret.clone())]),
            3 => Body::Json(json!({"config": json!({"jwt": {"jwks": {"keys": [secret]}}}).to_string()})),
            _ => Body::Json(json!({"headers": [{"access_token": [secret]}]})),
        };
        let redactor = redactor(&[]);
        let (record, _) = redactor.request(&request("/", vec![], body));
        prop_assert!(!record.to_string().contains(&secret), "{record}");
        if place < 3 {
            let error = redactor.error(StepError::permanent("X", format!("it said {secret}")).with_details(json!([secret])));
            prop_assert!(!serde_json::to_string(&error).unwrap().contains(&secret));
        }
    }
}

#[test]
fn what_is_no_secret_stays() {
    let redactor = redactor(&["AKIAexample12345"]);
    let asked = request(
        "/v1/things/a%20b",
        vec![("clientToken".to_owned(), "run-step-1".to_owned())],
        Body::Json(json!({
            "name": "orders", "secretName": "tls-orders", "text": "{\"a\": 1}", "n": 5, "password": "", "token": null, "credentials": true,
        })),
    );
    let short = redactor
        .request(&request(
            "/",
            vec![("Config".to_owned(), "name: a\npassword: a\nbanana: a".to_owned())],
            Body::None,
        ))
        .0;
    assert_eq!(short["query"][0][1], format!("name: a\npassword: {}\nbanana: a", redactor.mark("a")));
    let (record, digest) = redactor.request(&asked);
    assert_eq!(
        record,
        json!({
            "method": "POST", "path": "/v1/things/a%20b", "query": [["clientToken", "run-step-1"]],
            "body": {"name": "orders", "secretName": "tls-orders", "text": "{\"a\": 1}", "n": 5, "password": "", "token": null, "credentials": true},
        })
    );
    assert!(digest.is_some());
    assert_eq!(
        redactor.data(&json!({"id": "AKIAexample12345", "password": "kept for the migrator"})),
        json!({"id": redactor.mark("AKIAexample12345"), "password": "kept for the migrator"})
    );
}

#[test]
fn fingerprints_are_keyed_by_run() {
    let vault = Arc::new(Vault::new(None));
    let (one, other) = (vault.for_run(RunId(Uuid::from_u128(1))), vault.for_run(RunId(Uuid::from_u128(2))));
    assert_eq!(one.mark("value-value"), vault.for_run(RunId(Uuid::from_u128(1))).mark("value-value"));
    assert_ne!(one.mark("value-value"), other.mark("value-value"));
    let asked = request("/", vec![], Body::None);
    assert_eq!(one.request(&asked).1, one.request(&asked).1);
    assert_ne!(one.request(&asked).1, other.request(&asked).1);
}
