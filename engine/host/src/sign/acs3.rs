//! ACS3-HMAC-SHA256: which headers a request carries, what of it is signed, and how.

use gateshift_model::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::credentials::Keys;
use crate::encode::percent;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// A request before it is signed.
#[derive(Debug)]
pub(crate) struct Unsigned<'a> {
    pub(crate) method: &'a str,
    /// As it stands on the request line.
    pub(crate) path: &'a str,
    /// Decoded.
    pub(crate) query: &'a [(String, String)],
    /// `host` header.
    pub(crate) host: &'a str,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) body: &'a [u8],
    pub(crate) action: &'a str,
    pub(crate) version: &'a str,
}

/// The headers that make a request authentic, `authorization` last; `host` and `content-type`,
/// which are signed as well, are left to the sender.
pub(crate) fn sign(
    request: &Unsigned<'_>,
    keys: &Keys,
    now: Timestamp,
    nonce: &str,
) -> Vec<(String, String)> {
    let body_hash = hash(request.body);
    let mut own = vec![
        ("x-acs-action".to_owned(), request.action.to_owned()),
        ("x-acs-version".to_owned(), request.version.to_owned()),
        ("x-acs-date".to_owned(), date(now)),
        ("x-acs-signature-nonce".to_owned(), nonce.to_owned()),
        ("x-acs-content-sha256".to_owned(), body_hash.clone()),
    ];
    if let Some(token) = &keys.token {
        own.push(("x-acs-accesskey-id".to_owned(), keys.id.clone()));
        own.push(("x-acs-security-token".to_owned(), token.expose().to_owned()));
    }
    let mut signed = own.clone();
    signed.push(("host".to_owned(), request.host.to_owned()));
    signed.extend(request.content_type.map(|value| ("content-type".to_owned(), value.to_owned())));
    signed.sort();
    let canonical = canonical_request(request.method, request.path, request.query, &signed, &body_hash);
    let signature = signature(&string_to_sign(&canonical), keys.secret.expose());
    own.push(("authorization".to_owned(), authorization(&keys.id, &signed, &signature)));
    own
}

/// The request as both sides spell it; `headers` sorted by name.
fn canonical_request(
    method: &str,
    path: &str,
    query: &[(String, String)],
    headers: &[(String, String)],
    body_hash: &str,
) -> String {
    let mut pairs: Vec<_> = query.iter().collect();
    pairs.sort_by(|one, other| one.0.as_bytes().cmp(other.0.as_bytes()));
    let pairs: Vec<_> =
        pairs.into_iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    [method, path, &pairs.join("&"), &lines, &names(headers), body_hash].join("\n")
}

fn string_to_sign(canonical: &str) -> String {
    format!("{ALGORITHM}\n{}", hash(canonical.as_bytes()))
}

fn signature(text: &str, secret: &str) -> String {
    // An HMAC takes a key of any length, so the error cannot occur; an empty text would be refused as a
    // wrong signature by the other side.
    Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map(|mac| hex::encode(mac.chain_update(text.as_bytes()).finalize().into_bytes()))
        .unwrap_or_default()
}

fn authorization(id: &str, headers: &[(String, String)], signature: &str) -> String {
    format!("{ALGORITHM} Credential={id},SignedHeaders={},Signature={signature}", names(headers))
}

fn names(headers: &[(String, String)]) -> String {
    headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";")
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// UTC to the second, `2026-03-04T05:06:07Z`.
pub(crate) fn date(now: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp(now.0.div_euclid(1000))
        .ok()
        .and_then(|moment| {
            moment.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z")).ok()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gateshift_model::Timestamp;
    use serde::Deserialize;
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;

    use super::{Unsigned, authorization, canonical_request, hash, sign, signature, string_to_sign};
    use crate::Secret;
    use crate::credentials::Keys;

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
        nonce: String,
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

    fn vectors() -> Vec<Vector> {
        let file: File = serde_json::from_str(include_str!("../../testdata/signature_vectors.json")).unwrap();
        assert!(file.acs3.len() >= 10);
        file.acs3
    }

    #[test]
    fn every_step_agrees_with_the_vectors() {
        for vector in vectors() {
            // The other way round than the vector has them: sorting is ours to do.
            let query: Vec<_> = vector.query.clone().into_iter().rev().collect();
            for signed in [&vector.full, &vector.least] {
                let headers: Vec<_> = signed.headers.clone().into_iter().collect();
                let hash = hash(vector.body.as_bytes());
                let canonical = canonical_request(&vector.method, &vector.path, &query, &headers, &hash);
                assert_eq!(canonical, signed.canonical_request, "{}", vector.name);
                let text = string_to_sign(&canonical);
                assert_eq!(text, signed.string_to_sign, "{}", vector.name);
                let signature = signature(&text, &vector.access_key_secret);
                assert_eq!(signature, signed.signature, "{}", vector.name);
                assert_eq!(authorization(&vector.access_key_id, &headers, &signature), signed.authorization);
            }
        }
    }

    #[test]
    fn a_lean_client_sends_what_the_vectors_say() {
        for vector in vectors() {
            let header = |name: &str| vector.least.headers.get(name).map(String::as_str);
            let moment = OffsetDateTime::parse(&vector.date, &Rfc3339).unwrap();
            let keys = Keys {
                id: vector.access_key_id.clone(),
                secret: Secret::new(vector.access_key_secret.clone()),
                token: vector.security_token.clone().map(Secret::new),
                expires: None,
            };
            let query: Vec<_> = vector.query.clone().into_iter().collect();
            let request = Unsigned {
                method: &vector.method,
                path: &vector.path,
                query: &query,
                host: header("host").unwrap(),
                content_type: header("content-type"),
                body: vector.body.as_bytes(),
                action: header("x-acs-action").unwrap(),
                version: header("x-acs-version").unwrap(),
            };
            let made: BTreeMap<_, _> =
                sign(&request, &keys, Timestamp(moment.unix_timestamp() * 1000 + 999), &vector.nonce)
                    .into_iter()
                    .collect();
            let mut expected = vector.least.headers.clone();
            expected.remove("host");
            expected.remove("content-type");
            expected.insert("authorization".to_owned(), vector.least.authorization.clone());
            assert_eq!(made, expected, "{}", vector.name);
        }
    }
}
