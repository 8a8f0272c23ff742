//! Requests signed in `x-ca-*` headers, in the form that the hmac-auth plugin documents.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{ACCEPT, CONTENT_TYPE, DATE};
use ring::hmac;

use super::Facts;

/// Header that names the caller.
pub(crate) const ACCESS_KEY: &str = "x-ca-key";
/// Header with the signature.
pub(crate) const SIGNATURE: &str = "x-ca-signature";
const SIGNED_HEADERS: &str = "x-ca-signature-headers";

/// Whether the request carries the signature that the secret makes.
pub(crate) fn holds(facts: &Facts<'_>, secret: &str) -> bool {
    let sent = facts.header(SIGNATURE).and_then(|text| STANDARD.decode(text).ok());
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    sent.is_some_and(|sent| hmac::verify(&key, text_to_sign(facts).as_bytes(), &sent).is_ok())
}

/// Method, four headers, the headers named by the caller, path and sorted query, a line each.
pub(crate) fn text_to_sign(facts: &Facts<'_>) -> String {
    let header = |name: &str| facts.header(name).unwrap_or_default();
    let mut text = format!(
        "{}\n{}\n{}\n{}\n{}\n",
        facts.request.method,
        header(ACCEPT.as_str()),
        header("content-md5"),
        header(CONTENT_TYPE.as_str()),
        header(DATE.as_str()),
    );
    let mut named: Vec<String> = header(SIGNED_HEADERS)
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect();
    named.sort();
    for name in named {
        text.push_str(&format!("{name}:{}\n", header(&name)));
    }
    let mut pairs: Vec<(String, String)> = super::facts::pairs(facts.request.query).collect();
    pairs.sort();
    let query: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| if value.is_empty() { name } else { format!("{name}={value}") })
        .collect();
    text.push_str(facts.request.path);
    if !query.is_empty() {
        text.push('?');
        text.push_str(&query.join("&"));
    }
    text
}

/// The signature that a caller would send, for tests.
#[cfg(test)]
pub(crate) fn sign(text: &str, secret: &str) -> String {
    STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::facts::samples::{facts, headers};
    use super::*;

    #[test]
    fn the_text_is_the_documented_one_and_every_part_counts() {
        let sent = [
            ("accept", "*/*"),
            ("x-ca-key", "ak"),
            ("x-ca-timestamp", "1700000000000"),
            ("x-ca-signature-headers", "x-ca-timestamp,x-ca-key"),
        ];
        let unsigned = headers(&sent);
        let text = text_to_sign(&facts("/a?b=2&a=1&c", &unsigned));
        assert_eq!(text, "GET\n*/*\n\n\n\nx-ca-key:ak\nx-ca-timestamp:1700000000000\n/a?a=1&b=2&c");
        let signature = sign(&text, "sk");
        let all: Vec<_> = sent.iter().copied().chain([("x-ca-signature", signature.as_str())]).collect();
        let signed = headers(&all);
        assert!(holds(&facts("/a?c&a=1&b=2", &signed), "sk"));
        assert!(!holds(&facts("/a?c&a=1&b=3", &signed), "sk"));
        assert!(!holds(&facts("/a?b=2&a=1&c", &signed), "other"));
        assert!(!holds(&facts("/a?b=2&a=1&c", &unsigned), "sk"));
    }
}
