//! The server's side of Log Service's own signature, version 4: the key is derived for one day and one
//! region, and which headers are signed is a rule instead of a list.

use gateshift_lab_kernel::ApiError;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::canonical::body_hash;
use super::keys::Key;
use crate::wire::{Wire, encode};

const ALGORITHM: &str = "SLS4-HMAC-SHA256";
/// The end of every scope.
const SERVICE: &str = "sls/aliyun_v4_request";
/// How far a request's date may be from now.
const SKEW: Duration = Duration::minutes(15);

/// The id of the key that signed the request.
///
/// # Errors
/// With the refusal Log Service would give.
pub(super) fn verify<'a>(keys: &'a [Key], wire: &Wire, now: OffsetDateTime) -> Result<&'a str, ApiError> {
    let header = |name: &str| wire.header(name).unwrap_or_default();
    let authorization = header("authorization");
    let (id, scope, signature) = parse(&authorization)?;
    let key = keys.iter().find(|key| key.id == id);
    let key = key.ok_or_else(|| refuse(401, "Unauthorized", "The AccessKeyId does not exist."))?;
    if header("x-log-apiversion") != "0.6.0" {
        return Err(refuse(400, "InvalidAPIVersion", "x-log-apiversion has to be 0.6.0"));
    }
    if header("x-log-bodyrawsize") != wire.body.len().to_string() {
        return Err(refuse(400, "InvalidBodyRawSize", "x-log-bodyrawsize is not the size of the body"));
    }
    let date = header("x-log-date");
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let sent = PrimitiveDateTime::parse(&date, format)
        .map_err(|_| refuse(400, "InvalidDateFormat", "x-log-date is no date like 20260304T050607Z"))?;
    if (sent.assume_utc() - now).abs() > SKEW {
        return Err(refuse(400, "RequestTimeExpired", "x-log-date is not within 15 minutes"));
    }
    token(wire, key, now)?;
    let hash = body_hash(&wire.body);
    if header("x-log-content-sha256") != hash {
        return Err(refuse(400, "InvalidContentSha256", "x-log-content-sha256 is not the hash of the body"));
    }
    let parts: Vec<&str> = scope.splitn(3, '/').collect();
    let [day, region, SERVICE] = parts[..] else {
        return Err(refuse(401, "Unauthorized", "the scope has to be <day>/<region>/sls/aliyun_v4_request"));
    };
    if !date.starts_with(day) || day.len() != 8 {
        return Err(refuse(401, "Unauthorized", "the scope is of another day than x-log-date"));
    }
    let digest = hex::encode(Sha256::digest(canonical_request(wire, &hash)));
    let text = format!("{ALGORITHM}\n{date}\n{scope}\n{digest}");
    let matches = hex::decode(signature).is_ok_and(|given| {
        let derived = derive(&key.secret, day, region);
        mac(&derived, &text).verify_slice(&given).is_ok()
    });
    if matches {
        return Ok(&key.id);
    }
    Err(refuse(
        401,
        "SignatureNotMatch",
        &format!("signature does not match, server string to sign is [{text}]"),
    ))
}

fn refuse(status: u16, code: &str, message: &str) -> ApiError {
    ApiError::new(status, code, message)
}

/// Key id, scope and signature.
fn parse(authorization: &str) -> Result<(&str, &str, &str), ApiError> {
    let wrong = || {
        let form = "Credential=<key id>/<scope>,Signature=<hex>";
        refuse(401, "Unauthorized", &format!("the authorization header has to read {ALGORITHM} {form}"))
    };
    let rest = authorization.strip_prefix(ALGORITHM).and_then(|rest| rest.strip_prefix(' '));
    let (credential, signature) = rest.and_then(|rest| rest.split_once(",Signature=")).ok_or_else(wrong)?;
    let credential = credential.strip_prefix("Credential=").ok_or_else(wrong)?;
    let (id, scope) = credential.split_once('/').ok_or_else(wrong)?;
    Ok((id, scope, signature))
}

fn token(wire: &Wire, key: &Key, now: OffsetDateTime) -> Result<(), ApiError> {
    let sent = wire.header("x-acs-security-token");
    let good = match (&key.token, sent) {
        (None, None) => true,
        (Some(token), Some(sent)) => token.value == sent && token.expires > now,
        _ => false,
    };
    if good {
        Ok(())
    } else {
        Err(refuse(401, "Unauthorized", "The security token is missing, wrong or over."))
    }
}

/// As other products have it, but that an empty value of the query leaves its name bare, and that the
/// headers are those that the rule names.
fn canonical_request(wire: &Wire, hash: &str) -> String {
    let mut pairs = wire.query_pairs();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| match value.as_str() {
            "" => encode(name),
            value => format!("{}={}", encode(name), encode(value)),
        })
        .collect();
    let mut names: Vec<&str> =
        wire.headers.iter().map(|(name, _)| name.as_str()).filter(|name| is_signed(name)).collect();
    names.sort_unstable();
    names.dedup();
    let headers: String =
        names.iter().map(|name| format!("{name}:{}\n", wire.header(name).unwrap_or_default())).collect();
    [wire.method.as_str(), &wire.path, &pairs.join("&"), &headers, &names.join(";"), hash].join("\n")
}

fn is_signed(name: &str) -> bool {
    matches!(name, "host" | "content-type") || name.starts_with("x-log-") || name.starts_with("x-acs-")
}

fn derive(secret: &str, day: &str, region: &str) -> Vec<u8> {
    let first = format!("aliyun_v4{secret}").into_bytes();
    let step = |key: Vec<u8>, part: &str| mac(&key, part).finalize().into_bytes().to_vec();
    [day, region, "sls", "aliyun_v4_request"].into_iter().fold(first, step)
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    // Padding the key to one block, as HMAC itself does, makes every length of secret acceptable.
    let mut block = [0_u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(text.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use time::macros::datetime;

    use super::*;

    #[derive(Deserialize)]
    struct File {
        sls: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        name: String,
        access_key_id: String,
        access_key_secret: String,
        method: String,
        path: String,
        query: BTreeMap<String, String>,
        headers: BTreeMap<String, String>,
        body: String,
        authorization: String,
    }

    const NOW: OffsetDateTime = datetime!(2026-03-04 05:10:00 UTC);

    /// The requests that the official client signed in this version.
    fn cases() -> Vec<(String, Vec<Key>, Wire)> {
        let file: File = serde_json::from_str(include_str!("../../data/signature_vectors.json")).unwrap();
        let version4 = file.sls.into_iter().filter(|vector| vector.name.contains("v4"));
        version4
            .map(|vector| {
                let keys =
                    vec![Key { id: vector.access_key_id, secret: vector.access_key_secret, token: None }];
                let query: Vec<String> =
                    vector.query.iter().rev().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
                let mut headers: Vec<(String, String)> = vector.headers.into_iter().collect();
                headers.push(("authorization".to_owned(), vector.authorization));
                let wire = Wire {
                    method: vector.method,
                    path: vector.path,
                    query: query.join("&"),
                    headers,
                    body: vector.body.into_bytes(),
                };
                (vector.name, keys, wire)
            })
            .collect()
    }

    #[test]
    fn what_the_official_client_signed_is_taken() {
        assert_eq!(cases().len(), 3);
        for (name, keys, wire) in cases() {
            assert_eq!(verify(&keys, &wire, NOW), Ok("example-key-id"), "{name}");
        }
    }

    #[test]
    fn every_change_is_noticed() {
        type Change = fn(&mut Wire);
        fn set(wire: &mut Wire, name: &str, value: &str) {
            wire.headers.retain(|(sent, _)| sent != name);
            wire.headers.push((name.to_owned(), value.to_owned()));
        }
        let changes: [(&str, Change); 9] = [
            ("SignatureNotMatch", |wire| wire.method = "PUT".to_owned()),
            ("SignatureNotMatch", |wire| wire.path.push('x')),
            ("SignatureNotMatch", |wire| wire.query += "&more=1"),
            ("SignatureNotMatch", |wire| set(wire, "host", "other.cn-hangzhou.log.aliyuncs.com")),
            ("SignatureNotMatch", |wire| set(wire, "x-log-extra", "1")),
            ("InvalidAPIVersion", |wire| set(wire, "x-log-apiversion", "0.5.0")),
            ("InvalidBodyRawSize", |wire| wire.body.push(b' ')),
            ("RequestTimeExpired", |wire| set(wire, "x-log-date", "20260304T040607Z")),
            ("Unauthorized", |wire| set(wire, "authorization", "LOG key:signature")),
        ];
        for (name, keys, wire) in cases() {
            for (code, change) in changes {
                let mut changed = wire.clone();
                change(&mut changed);
                assert_eq!(verify(&keys, &changed, NOW).unwrap_err().code, code, "{name}");
            }
            let other = Key { secret: "another".to_owned(), ..keys[0].clone() };
            assert_eq!(verify(&[other], &wire, NOW).unwrap_err().code, "SignatureNotMatch", "{name}");
            assert_eq!(verify(&[], &wire, NOW).unwrap_err().code, "Unauthorized", "{name}");
        }
    }
}
