//! The verifier against every vector that the official packages signed, and against each kind of
//! change to them.

use serde::Deserialize;
use std::collections::BTreeMap;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::{Key, SecurityToken, Verifier, body_hash, canonical_request, signature, string_to_sign};
use crate::wire::{Wire, encode};

#[derive(Deserialize)]
struct File {
    acs3: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    access_key_id: String,
    access_key_secret: String,
    security_token: Option<String>,
    date: String,
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    body: String,
    full: Signed,
    least: Signed,
}

#[derive(Deserialize)]
struct Signed {
    headers: BTreeMap<String, String>,
    canonical_request: String,
    string_to_sign: String,
    signature: String,
    authorization: String,
}

/// One signed request of a vector, ready to be sent and changed.
struct Case {
    name: String,
    wire: Wire,
    key: Key,
    now: OffsetDateTime,
    signed: Signed,
}

fn cases() -> Vec<Case> {
    let file: File = serde_json::from_str(include_str!("../../data/signature_vectors.json")).unwrap();
    let mut cases = Vec::new();
    for vector in file.acs3 {
        let now = OffsetDateTime::parse(&vector.date, &Rfc3339).unwrap();
        // The clients form-encode their query: a space travels as a plus.
        let form = |text: &str| encode(text).replace("%20", "+");
        let query: Vec<_> =
            vector.query.iter().rev().map(|(n, v)| format!("{}={}", form(n), form(v))).collect();
        for (kind, signed) in [("full", vector.full), ("least", vector.least)] {
            let mut headers: Vec<_> = signed.headers.iter().map(|(n, v)| (n.clone(), v.clone())).collect();
            headers.push(("authorization".to_owned(), signed.authorization.clone()));
            headers.push(("connection".to_owned(), "keep-alive".to_owned()));
            cases.push(Case {
                name: format!("{} {kind}", vector.name),
                wire: Wire {
                    method: vector.method.clone(),
                    path: vector.path.clone(),
                    query: query.join("&"),
                    headers,
                    body: vector.body.clone().into_bytes(),
                },
                key: Key {
                    id: vector.access_key_id.clone(),
                    secret: vector.access_key_secret.clone(),
                    token: vector
                        .security_token
                        .clone()
                        .map(|value| SecurityToken { value, expires: now + Duration::HOUR }),
                },
                now,
                signed,
            });
        }
    }
    assert_eq!(cases.len(), 20);
    cases
}

fn verdict(key: &Key, wire: &Wire, now: OffsetDateTime) -> Result<(), String> {
    let verifier = Verifier::new(vec![key.clone()]);
    verifier.verify(wire, now).map(|_| ()).map_err(|refusal| refusal.code)
}

fn refused(code: &str) -> Result<(), String> {
    Err(code.to_owned())
}

/// The request with one header set (or taken away).
fn with_header(wire: &Wire, name: &str, value: Option<&str>) -> Wire {
    let mut wire = wire.clone();
    wire.headers.retain(|(sent, _)| sent != name);
    wire.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    wire
}

#[test]
fn every_vector_is_rebuilt_to_the_letter_and_accepted() {
    for case in cases() {
        let names: Vec<_> = case.signed.headers.keys().map(String::as_str).collect();
        let names: Vec<_> =
            names.into_iter().filter(|name| case.signed.authorization.contains(*name)).collect();
        let canonical = canonical_request(&case.wire, &names, &body_hash(&case.wire.body));
        assert_eq!(canonical, case.signed.canonical_request, "{}", case.name);
        assert_eq!(string_to_sign(&canonical), case.signed.string_to_sign, "{}", case.name);
        assert_eq!(
            signature(&case.key.secret, &string_to_sign(&canonical)),
            case.signed.signature,
            "{}",
            case.name
        );
        assert_eq!(verdict(&case.key, &case.wire, case.now), Ok(()), "{}", case.name);
    }
}

#[test]
fn a_change_of_any_signed_part_is_refused() {
    for case in cases() {
        let check = |what: &str, wire: Wire, code: &str| {
            assert_eq!(verdict(&case.key, &wire, case.now), refused(code), "{}: {what}", case.name);
        };
        let wire = &case.wire;
        check("method", Wire { method: "PATCH".into(), ..wire.clone() }, "SignatureDoesNotMatch");
        check("path", Wire { path: format!("{}x", wire.path), ..wire.clone() }, "SignatureDoesNotMatch");
        check(
            "added pair",
            Wire { query: format!("{}&A=1", wire.query), ..wire.clone() },
            "SignatureDoesNotMatch",
        );
        for (index, byte) in wire.query.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphabetic()) {
            let mut query = wire.query.clone();
            let other = if byte == b'E' { "B" } else { "E" };
            query.replace_range(index..=index, other);
            check(&format!("query byte {index}"), Wire { query, ..wire.clone() }, "SignatureDoesNotMatch");
        }
        check("body", Wire { body: [&wire.body[..], b" "].concat(), ..wire.clone() }, "InvalidContentSha256");
        let body = [&wire.body[..], b" "].concat();
        let forged = with_header(wire, "x-acs-content-sha256", Some(&body_hash(&body)));
        check("body with its hash", Wire { body, ..forged }, "SignatureDoesNotMatch");
        for name in case.signed.headers.keys() {
            let changed = with_header(wire, name, Some("2026-03-04T05:06:08Z"));
            let code = match name.as_str() {
                "x-acs-content-sha256" => "InvalidContentSha256",
                "x-acs-accesskey-id" => "IncompleteSignature",
                "x-acs-security-token" => "InvalidSecurityToken.Malformed",
                _ => "SignatureDoesNotMatch",
            };
            check(name, changed, code);
        }
        for index in [0, 31, 63] {
            let at = case.signed.authorization.len() - 64 + index;
            let mut text = case.signed.authorization.clone();
            let other = if &text[at..=at] == "0" { "1" } else { "0" };
            text.replace_range(at..=at, other);
            check("signature", with_header(wire, "authorization", Some(&text)), "SignatureDoesNotMatch");
        }
        let capital =
            case.signed.authorization.replace(&case.signed.signature, &case.signed.signature.to_uppercase());
        check(
            "signature in capitals",
            with_header(wire, "authorization", Some(&capital)),
            "SignatureDoesNotMatch",
        );
    }
}

#[test]
fn headers_that_nobody_signs_may_change() {
    for case in cases() {
        for name in ["accept-encoding", "content-length", "connection", "x-forwarded-for"] {
            let wire = with_header(&case.wire, name, Some("other"));
            assert_eq!(verdict(&case.key, &wire, case.now), Ok(()), "{} {name}", case.name);
        }
        let smuggled = with_header(&case.wire, "x-acs-extra", Some("unsigned"));
        assert_eq!(verdict(&case.key, &smuggled, case.now), refused("IncompleteSignature"), "{}", case.name);
    }
}

#[test]
fn a_needed_header_that_is_absent_is_named() {
    for case in cases() {
        for name in ["host", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"] {
            let wire = with_header(&case.wire, name, None);
            let refusal = Verifier::new(vec![case.key.clone()]).verify(&wire, case.now).unwrap_err();
            assert_eq!(refusal.code, "IncompleteSignature", "{} {name}", case.name);
            assert!(refusal.message.contains(name), "{}", refusal.message);
        }
        for text in [None, Some("Basic x"), Some("ACS3-HMAC-SHA256 Credential=a,Signature=b")] {
            let code = if text.is_some() { "IncompleteSignature" } else { "MissingAuthorization" };
            assert_eq!(
                verdict(&case.key, &with_header(&case.wire, "authorization", text), case.now),
                refused(code)
            );
        }
    }
}

#[test]
fn keys_tokens_and_dates_are_judged() {
    for case in cases() {
        let other = Key { id: "another".into(), ..case.key.clone() };
        assert_eq!(verdict(&other, &case.wire, case.now), refused("InvalidAccessKeyId.NotFound"));
        let other = Key { secret: "another".into(), ..case.key.clone() };
        assert_eq!(verdict(&other, &case.wire, case.now), refused("SignatureDoesNotMatch"));
        for (minutes, due) in [(14, Ok(())), (16, refused("InvalidTimeStamp.Expired"))] {
            let away = Duration::minutes(minutes);
            assert_eq!(verdict(&case.key, &case.wire, case.now + away), due, "{}", case.name);
            assert_eq!(verdict(&case.key, &case.wire, case.now - away), due, "{}", case.name);
        }
        let spoilt = with_header(&case.wire, "x-acs-date", Some("yesterday"));
        assert_eq!(verdict(&case.key, &spoilt, case.now), refused("InvalidTimeStamp.Format"));
        match &case.key.token {
            Some(token) => {
                let bare = with_header(&case.wire, "x-acs-security-token", None);
                assert_eq!(verdict(&case.key, &bare, case.now), refused("MissingSecurityToken"));
                let token = SecurityToken { expires: case.now, ..token.clone() };
                let stale = Key { token: Some(token), ..case.key.clone() };
                assert_eq!(verdict(&stale, &case.wire, case.now), refused("InvalidSecurityToken.Expired"));
                let lasting = Key { token: None, ..case.key.clone() };
                assert_eq!(
                    verdict(&lasting, &case.wire, case.now),
                    refused("InvalidSecurityToken.MismatchWithAccessKey")
                );
            }
            None => {
                let token = SecurityToken { value: "t".into(), expires: case.now + Duration::HOUR };
                let temporary = Key { token: Some(token), ..case.key.clone() };
                assert_eq!(verdict(&temporary, &case.wire, case.now), refused("MissingSecurityToken"));
            }
        }
    }
}

#[test]
fn a_nonce_is_good_once_and_only_spent_by_a_good_request() {
    for case in cases() {
        let verifier = Verifier::new(vec![case.key.clone()]);
        let spoilt = Wire { path: "/x".into(), ..case.wire.clone() };
        assert_eq!(verifier.verify(&spoilt, case.now).unwrap_err().code, "SignatureDoesNotMatch");
        assert!(verifier.verify(&case.wire, case.now).is_ok(), "{}", case.name);
        assert_eq!(verifier.verify(&case.wire, case.now).unwrap_err().code, "SignatureNonceUsed");
    }
}

#[test]
fn a_refused_signature_shows_what_the_server_signed_but_no_token() {
    for case in cases() {
        let wrong = Key { secret: "wrong".into(), ..case.key.clone() };
        let refusal = Verifier::new(vec![wrong]).verify(&case.wire, case.now).unwrap_err();
        assert!(refusal.message.contains(&case.signed.string_to_sign), "{}", refusal.message);
        if let Some(token) = &case.key.token {
            assert!(!refusal.message.contains(&token.value), "{}", refusal.message);
        }
    }
}
