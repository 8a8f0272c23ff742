//! Credentials of requests. Requests are kept as an artifact and shown to people, so they hold
//! recipes over sealed texts; the credentials themselves are made right before sending and never kept.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gateshift_sdk::api::Host;
use gateshift_sdk::model::{Sealed, StepError};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

/// Tokens end with the hour after this many hours, so that both gateways, and a resumed attempt, get
/// the same token.
const HOURS: i64 = 24;
/// What a key that belongs to nobody signs with.
const NOBODY: &[u8] = b"gateshift: this key belongs to nobody";
/// The end of 2099: the token of nobody never ends, it only has to be refused.
const NEVER: i64 = 4_102_444_799;

/// How a credential is made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Recipe {
    /// A sealed text.
    Text {
        /// What stands before it.
        before: String,
        /// The text.
        text: Sealed,
    },
    /// A JSON web token, signed with the first shared key of a key set.
    Token {
        /// What stands before it.
        before: String,
        /// The key set.
        jwks: Sealed,
        /// What it says.
        claims: BTreeMap<String, String>,
    },
    /// Headers that sign the request with a shared key.
    Signature {
        /// The key's name.
        key: Sealed,
        /// The key.
        secret: Sealed,
    },
}

/// A credential by its recipe.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Secret {
    /// What people read in its place.
    pub(crate) label: String,
    /// How it is made.
    #[serde(flatten)]
    pub(crate) recipe: Recipe,
}

/// A credential in a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Carried {
    /// It stands in the query; in a header otherwise.
    #[serde(default)]
    pub(crate) query: bool,
    /// Header or parameter; unused for signatures.
    pub(crate) name: String,
    /// The credential, by its position among the secrets.
    pub(crate) secret: usize,
    /// What people read in its place.
    pub(crate) label: String,
}

/// A credential that was made.
pub(crate) enum Made {
    /// A text.
    Text(String),
    /// A key that signs: its name and the key.
    Signer(String, String),
    /// It cannot be made.
    Impossible,
}

/// Makes the credentials; whatever the host redacts knows them from here on.
pub(crate) fn make(host: &dyn Host, secrets: &[Secret]) -> Result<Vec<Made>, StepError> {
    let hour = host.now().0 / 3_600_000;
    let ends = (hour + HOURS) * 3600;
    secrets.iter().map(|secret| made(host, &secret.recipe, ends)).collect()
}

fn made(host: &dyn Host, recipe: &Recipe, ends: i64) -> Result<Made, StepError> {
    match recipe {
        Recipe::Text { before, text } => Ok(Made::Text(format!("{before}{}", host.unseal(text)?))),
        Recipe::Signature { key, secret } => Ok(Made::Signer(host.unseal(key)?, host.unseal(secret)?)),
        Recipe::Token { before, jwks, claims } => {
            let Some(token) = shared_key(&host.unseal(jwks)?).and_then(|key| key.token(claims, ends)) else {
                return Ok(Made::Impossible);
            };
            // Sealing is how the host learns what it must redact; the sealed form is not needed.
            host.seal(&token)?;
            Ok(Made::Text(format!("{before}{token}")))
        }
    }
}

/// A shared key of a key set.
pub(crate) struct SharedKey {
    key: Vec<u8>,
    algorithm: String,
    id: Option<String>,
}

/// The first shared key of a key set; `None` when it holds only pairs, or is no key set.
pub(crate) fn shared_key(jwks: &str) -> Option<SharedKey> {
    let set: Value = serde_json::from_str(jwks.trim()).ok()?;
    let keys = match set.get("keys") {
        Some(Value::Array(keys)) => keys.clone(),
        _ => vec![set],
    };
    let key =
        keys.iter().find(|key| key["kty"].as_str().is_some_and(|kty| kty.eq_ignore_ascii_case("oct")))?;
    let text = key["k"].as_str()?.trim_end_matches('=');
    Some(SharedKey {
        key: URL_SAFE_NO_PAD.decode(text).ok()?,
        algorithm: key["alg"].as_str().unwrap_or("HS256").to_owned(),
        id: key["kid"].as_str().map(str::to_owned),
    })
}

impl SharedKey {
    fn token(&self, claims: &BTreeMap<String, String>, ends: i64) -> Option<String> {
        let mut header = json!({"alg": self.algorithm, "typ": "JWT"});
        if let Some(id) = &self.id {
            header["kid"] = json!(id);
        }
        let mut payload = json!(claims);
        payload["exp"] = json!(ends);
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&payload));
        let signature = match self.algorithm.as_str() {
            "HS256" => sign::<Hmac<Sha256>>(&self.key, &signed),
            "HS384" => sign::<Hmac<Sha384>>(&self.key, &signed),
            "HS512" => sign::<Hmac<Sha512>>(&self.key, &signed),
            _ => None,
        }?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// A token that says the right things and is signed by nobody. It is no secret.
pub(crate) fn forged(claims: &BTreeMap<String, String>) -> String {
    let key = SharedKey { key: NOBODY.to_vec(), algorithm: "HS256".to_owned(), id: None };
    key.token(claims, NEVER).unwrap_or_default()
}

fn sign<M: Mac + KeyInit>(key: &[u8], text: &str) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

/// The headers by which the plugin `hmac-auth` knows a caller: the signature covers method and target,
/// no further header and no time.
pub(crate) fn signature(key: &str, secret: &str, method: &str, target: &str) -> Vec<(String, String)> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_unstable();
    let sorted = if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) };
    // Method, Accept, Content-MD5, Content-Type and Date a line each, then headers, then the target.
    let text = format!("{method}\n\n\n\n\n{sorted}");
    let signature = sign::<Hmac<Sha256>>(secret.as_bytes(), &text).unwrap_or_default();
    [
        ("x-ca-key", key.to_owned()),
        ("x-ca-signature-method", "HmacSHA256".to_owned()),
        ("x-ca-signature", STANDARD.encode(signature)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[cfg(test)]
mod tests {
    use super::{forged, shared_key, signature};
    use std::collections::BTreeMap;

    #[test]
    fn tokens_are_those_of_the_standard() {
        // The key and the form of RFC 7515, appendix A.1.
        let jwks = r#"{"keys":[{"kty":"RSA","n":"x"},{"kty":"oct","alg":"HS256","kid":"1","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]}"#;
        let key = shared_key(jwks).unwrap();
        assert_eq!(
            super::sign::<hmac::Hmac<sha2::Sha256>>(
                &key.key,
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
            )
            .unwrap()[..4],
            [116, 24, 223, 180]
        );
        let claims = BTreeMap::from([("iss".to_owned(), "joe".to_owned())]);
        let token = key.token(&claims, 7).unwrap();
        assert_eq!(token, key.token(&claims, 7).unwrap());
        assert_eq!(token.split('.').count(), 3);
        assert_ne!(token, forged(&claims));
        assert!(shared_key(r#"{"keys":[{"kty":"RSA","n":"x"}]}"#).is_none());
        assert!(shared_key("no key set").is_none());
    }

    #[test]
    fn a_signature_sorts_the_query() {
        let one = signature("k", "s", "GET", "/a?b=2&a=1");
        assert_eq!(one, signature("k", "s", "GET", "/a?a=1&b=2"));
        assert_ne!(one, signature("k", "t", "GET", "/a?a=1&b=2"));
    }
}
