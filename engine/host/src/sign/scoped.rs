//! Signing with a key that is derived for one day, one region and one service. The method is the same for
//! all products that use it; their words are data of the scheme.

use gateshift_model::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::ScopedScheme;
use crate::credentials::Keys;
use crate::encode::percent;

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
    pub(crate) content_type: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) region: &'a str,
}

/// The headers that make a request authentic, `authorization` last; `host` and `content-type`, which are
/// signed as well, are left to the sender.
pub(crate) fn sign(
    scheme: &ScopedScheme,
    request: &Unsigned<'_>,
    keys: &Keys,
    now: Timestamp,
) -> Vec<(String, String)> {
    let (moment, hash) = (date(now), hex::encode(Sha256::digest(request.body)));
    let named = |name: &str| format!("{}{name}", scheme.header_prefix);
    let mut own = scheme.headers.clone();
    own.push((named("bodyrawsize"), request.body.len().to_string()));
    own.push((named("date"), moment.clone()));
    own.push((named("content-sha256"), hash.clone()));
    if let Some(token) = &keys.token {
        own.push((scheme.token_header.clone(), token.expose().to_owned()));
    }
    let mut signed: Vec<(String, String)> = own
        .iter()
        .filter(|(name, _)| name.starts_with(&scheme.header_prefix) || name.starts_with(&scheme.also_signed))
        .cloned()
        .collect();
    signed.push(("host".to_owned(), request.host.to_owned()));
    signed.push(("content-type".to_owned(), request.content_type.to_owned()));
    signed.sort();
    let day = moment.split('T').next().unwrap_or_default();
    let scope = format!("{day}/{}/{}/{}", request.region, scheme.service, scheme.terminator);
    let canonical = canonical_request(request, &signed, &hash);
    let digest = hex::encode(Sha256::digest(canonical.as_bytes()));
    let text = format!("{}\n{moment}\n{scope}\n{digest}", scheme.algorithm);
    let signature = hex::encode(hmac(&key(scheme, keys.secret.expose(), day, request.region), &text));
    let authorization = format!("{} Credential={}/{scope},Signature={signature}", scheme.algorithm, keys.id);
    own.push(("authorization".to_owned(), authorization));
    own
}

/// The request as both sides spell it; `headers` sorted by name. A value that is empty leaves its name bare.
fn canonical_request(request: &Unsigned<'_>, headers: &[(String, String)], body_hash: &str) -> String {
    let mut pairs: Vec<(String, String)> =
        request.query.iter().map(|(name, value)| (percent(name), percent(value))).collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| if value.is_empty() { name } else { format!("{name}={value}") })
        .collect();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    [request.method, request.path, &pairs.join("&"), &lines, &names.join(";"), body_hash].join("\n")
}

fn key(scheme: &ScopedScheme, secret: &str, day: &str, region: &str) -> Vec<u8> {
    let first = format!("{}{secret}", scheme.secret_prefix).into_bytes();
    [day, region, &scheme.service, &scheme.terminator].into_iter().fold(first, |key, part| hmac(&key, part))
}

pub(super) fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    // An HMAC takes a key of any length, so the error cannot occur; an empty result would be refused as a
    // wrong signature by the other side.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(text.as_bytes()).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

/// UTC to the second, `20260304T050607Z`.
pub(super) fn date(now: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp(now.0.div_euclid(1000))
        .ok()
        .and_then(|moment| {
            moment.format(format_description!("[year][month][day]T[hour][minute][second]Z")).ok()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gateshift_model::Timestamp;
    use serde::Deserialize;

    use super::{Unsigned, canonical_request, key, sign};
    use crate::credentials::Keys;
    use crate::{ScopedScheme, Secret};

    #[derive(Deserialize)]
    struct File {
        scoped: Vec<Vector>,
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
        canonical_request: String,
        signing_key_hex: String,
        signed_headers: String,
        authorization: String,
    }

    fn scheme() -> ScopedScheme {
        ScopedScheme {
            algorithm: "SLS4-HMAC-SHA256".to_owned(),
            service: "sls".to_owned(),
            terminator: "aliyun_v4_request".to_owned(),
            secret_prefix: "aliyun_v4".to_owned(),
            header_prefix: "x-log-".to_owned(),
            also_signed: "x-acs-".to_owned(),
            token_header: "x-acs-security-token".to_owned(),
            headers: vec![("x-log-apiversion".to_owned(), "0.6.0".to_owned())],
        }
    }

    /// 2026-03-04T05:06:07.9Z
    const NOW: Timestamp = Timestamp(1_772_600_767_900);

    fn keys(vector: &Vector, token: Option<&str>) -> Keys {
        Keys {
            id: vector.access_key_id.clone(),
            secret: Secret::new(vector.access_key_secret.clone()),
            token: token.map(|token| Secret::new(token.to_owned())),
            expires: None,
        }
    }

    #[test]
    fn what_is_sent_is_what_the_official_client_sends() {
        let file: File = serde_json::from_str(include_str!("../../testdata/scoped_vectors.json")).unwrap();
        assert_eq!(file.scoped.len(), 3);
        for vector in file.scoped {
            // The other way round than the vector has them: sorting is ours to do.
            let query: Vec<_> = vector.query.clone().into_iter().rev().collect();
            let request = Unsigned {
                method: &vector.method,
                path: &vector.path,
                query: &query,
                host: &vector.headers["host"],
                content_type: &vector.headers["content-type"],
                body: vector.body.as_bytes(),
                region: "cn-hangzhou",
            };
            let signed: Vec<(String, String)> = vector
                .signed_headers
                .split(';')
                .map(|name| (name.to_owned(), vector.headers[name].clone()))
                .collect();
            let hash = &vector.headers["x-log-content-sha256"];
            assert_eq!(
                canonical_request(&request, &signed, hash),
                vector.canonical_request,
                "{}",
                vector.name
            );
            let derived = key(&scheme(), &vector.access_key_secret, "20260304", "cn-hangzhou");
            assert_eq!(hex::encode(derived), vector.signing_key_hex);

            let made: BTreeMap<_, _> =
                sign(&scheme(), &request, &keys(&vector, None), NOW).into_iter().collect();
            let mut expected = vector.headers.clone();
            expected.retain(|name, _| name.starts_with("x-log-"));
            expected.insert("authorization".to_owned(), vector.authorization.clone());
            assert_eq!(made, expected, "{}", vector.name);

            // A temporary key's token is sent, and changes the signature.
            let with: BTreeMap<_, _> =
                sign(&scheme(), &request, &keys(&vector, Some("tok")), NOW).into_iter().collect();
            assert_eq!(with["x-acs-security-token"], "tok");
            assert_ne!(with["authorization"], vector.authorization);
        }
    }
}
