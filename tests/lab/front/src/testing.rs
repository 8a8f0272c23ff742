//! What the tests of this crate share: a key, and a client's signature.

use time::OffsetDateTime;
use time::macros::format_description;
use uuid::Uuid;

use crate::sign::{Key, body_hash, canonical_request, signature, string_to_sign};
use crate::wire::Wire;

/// The key of the tests.
pub(crate) fn key() -> Key {
    Key { id: "LTAItest".into(), secret: "a-secret-of-the-tests".into(), token: None }
}

/// A request signed as a lean client does.
pub(crate) fn signed(key: &Key, version: &str, method: &str, target: &str, action: &str, body: &str) -> Wire {
    let now = OffsetDateTime::now_utc();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let date = now.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z")).unwrap();
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let hash = body_hash(body.as_bytes());
    let mut headers = vec![
        header("host", "127.0.0.1"),
        header("x-acs-version", version),
        header("x-acs-date", &date),
        header("x-acs-signature-nonce", &Uuid::now_v7().to_string()),
        header("x-acs-content-sha256", &hash),
    ];
    if !action.is_empty() {
        headers.push(header("x-acs-action", action));
    }
    if let Some(token) = &key.token {
        headers.push(header("x-acs-accesskey-id", &key.id));
        headers.push(header("x-acs-security-token", &token.value));
    }
    if !body.is_empty() {
        headers.push(header("content-type", "application/json; charset=utf-8"));
    }
    let mut wire =
        Wire { method: method.into(), path: path.into(), query: query.into(), headers, body: body.into() };
    let names: Vec<_> = wire.headers.iter().map(|(name, _)| name.clone()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let mark = signature(&key.secret, &string_to_sign(&canonical_request(&wire, &names, &hash)));
    let mut sorted = names.clone();
    sorted.sort_unstable();
    let list = sorted.join(";");
    let text = format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={list},Signature={mark}", key.id);
    wire.headers.push(header("authorization", &text));
    wire
}
