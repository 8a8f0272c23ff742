//! From a request on the wire to the texts that are signed. Pure functions.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::wire::{Wire, encode};

/// Name of the algorithm, first word of the `authorization` header and of the string to sign.
pub(super) const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// Hex SHA-256 of a body; of nothing when there is none.
#[must_use]
pub fn body_hash(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

/// The canonical request over the given signed headers (names in lower case, any order).
///
/// The query is decoded and encoded again, because the wire has `+` where the signature has `%20`;
/// the path is taken as it stands on the request line.
#[must_use]
pub fn canonical_request(wire: &Wire, signed: &[&str], hash: &str) -> String {
    let mut pairs = wire.query_pairs();
    pairs.sort();
    let query: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let mut names = signed.to_vec();
    names.sort_unstable();
    let headers: String =
        names.iter().map(|name| format!("{name}:{}\n", wire.header(name).unwrap_or_default())).collect();
    [wire.method.as_str(), &wire.path, &query.join("&"), &headers, &names.join(";"), hash].join("\n")
}

/// The string to sign for a canonical request.
#[must_use]
pub fn string_to_sign(canonical: &str) -> String {
    format!("{ALGORITHM}\n{}", hex::encode(Sha256::digest(canonical)))
}

/// Hex HMAC-SHA256 of the string to sign with the key secret as it is.
#[must_use]
pub fn signature(secret: &str, string_to_sign: &str) -> String {
    hex::encode(mac(secret, string_to_sign).finalize().into_bytes())
}

/// Compares in constant time.
pub(super) fn signature_is(secret: &str, string_to_sign: &str, given: &str) -> bool {
    let lower = given.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let given = hex::decode(given).unwrap_or_default();
    lower && mac(secret, string_to_sign).verify_slice(&given).is_ok()
}

fn mac(secret: &str, text: &str) -> Hmac<Sha256> {
    // Padding the key to one block, as HMAC itself does, makes every length of secret acceptable.
    let mut block = [0_u8; 64];
    if secret.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(secret));
    } else {
        block[..secret.len()].copy_from_slice(secret.as_bytes());
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(text.as_bytes());
    mac
}
