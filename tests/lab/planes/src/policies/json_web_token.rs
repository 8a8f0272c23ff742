//! JSON web tokens: keys from a key set, and whether a token is good, in the words of Envoy.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::{hmac, signature};
use serde_json::{Map, Value};

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusedToken {
    Missing,
    Malformed,
    Algorithm,
    NoKey,
    Signature,
    Expired,
    NotYet,
    Issuer,
    Subject,
}

impl RefusedToken {
    /// What the client is told.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Missing => "Jwt is missing",
            Self::Malformed => {
                "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"
            }
            Self::Algorithm => "Jwt header [alg] field value is not supported",
            Self::NoKey => "Jwks doesn't have key to match kid or alg from Jwt",
            Self::Signature => "Jwt verification fails",
            Self::Expired => "Jwt is expired",
            Self::NotYet => "Jwt not yet valid",
            Self::Issuer => "Jwt issuer is not configured",
            Self::Subject => "Jwt subject is not allowed",
        }
    }
}

/// A key set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(Vec<Key>);

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    material: Material,
}

#[derive(Debug, Clone)]
enum Material {
    Shared(Vec<u8>),
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl Keys {
    /// Reads a key set, or one key alone. What is no key of a served kind is left out.
    pub(crate) fn parse(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let listed = value.get("keys").and_then(Value::as_array).cloned();
        Self(listed.unwrap_or_else(|| vec![value]).iter().filter_map(Key::read).collect())
    }

    /// The claims of a token that one of the keys signed and that is valid now.
    pub(crate) fn verify(&self, token: &str, now_s: i64) -> Result<Map<String, Value>, RefusedToken> {
        let parts: Vec<&str> = token.split('.').collect();
        let [head, payload, signed] = parts.as_slice() else { return Err(RefusedToken::Malformed) };
        let object = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| RefusedToken::Malformed)?;
            serde_json::from_slice::<Map<String, Value>>(&bytes).map_err(|_| RefusedToken::Malformed)
        };
        let (header, claims) = (object(head)?, object(payload)?);
        let signed = URL_SAFE_NO_PAD.decode(signed).map_err(|_| RefusedToken::Malformed)?;
        let algorithm = header.get("alg").and_then(Value::as_str).unwrap_or_default();
        if !matches!(algorithm, "HS256" | "RS256") {
            return Err(RefusedToken::Algorithm);
        }
        let message = format!("{head}.{payload}");
        self.check(algorithm, header.get("kid").and_then(Value::as_str), message.as_bytes(), &signed)?;
        let moment = |name: &str| claims.get(name).and_then(Value::as_f64);
        if moment("exp").is_some_and(|end| end < now_s as f64) {
            return Err(RefusedToken::Expired);
        }
        if moment("nbf").is_some_and(|begin| begin > now_s as f64) {
            return Err(RefusedToken::NotYet);
        }
        Ok(claims)
    }

    fn check(
        &self,
        algorithm: &str,
        id: Option<&str>,
        message: &[u8],
        signed: &[u8],
    ) -> Result<(), RefusedToken> {
        let fitting = |key: &&Key| {
            key.is_for(algorithm) && (id.is_none() || key.id.is_none() || key.id.as_deref() == id)
        };
        let mut candidates = self.0.iter().filter(fitting).peekable();
        if candidates.peek().is_none() {
            return Err(RefusedToken::NoKey);
        }
        if candidates.any(|key| key.signed(message, signed)) { Ok(()) } else { Err(RefusedToken::Signature) }
    }
}

impl Key {
    fn read(value: &Value) -> Option<Self> {
        let bytes = |name: &str| {
            let text = value.get(name)?.as_str()?.trim_end_matches('=');
            URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| !bytes.is_empty())
        };
        let material = match value.get("kty")?.as_str()? {
            "oct" => Material::Shared(bytes("k")?),
            "RSA" => Material::Rsa { n: bytes("n")?, e: bytes("e")? },
            _ => return None,
        };
        Some(Self { id: value.get("kid").and_then(Value::as_str).map(str::to_owned), material })
    }

    fn is_for(&self, algorithm: &str) -> bool {
        matches!(
            (&self.material, algorithm),
            (Material::Shared(_), "HS256") | (Material::Rsa { .. }, "RS256")
        )
    }

    fn signed(&self, message: &[u8], signed: &[u8]) -> bool {
        match &self.material {
            Material::Shared(key) => {
                hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), message, signed).is_ok()
            }
            Material::Rsa { n, e } => signature::RsaPublicKeyComponents { n, e }
                .verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, signed)
                .is_ok(),
        }
    }
}

/// A token signed with a shared key, for tests.
#[cfg(test)]
pub(crate) fn signed(claims: &Value, key: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&serde_json::json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// The key set of such a token.
#[cfg(test)]
pub(crate) fn shared_key(key: &[u8]) -> String {
    serde_json::json!({"keys": [{"kty": "oct", "k": URL_SAFE_NO_PAD.encode(key)}]}).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7515, appendix A.1.
    const HS_TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const HS_KEY: &str =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const BEFORE: i64 = 1_300_819_000;

    #[test]
    fn the_published_vectors_hold() {
        let keys = Keys::parse(&json!({"kty": "oct", "k": HS_KEY}).to_string());
        let claims = keys.verify(HS_TOKEN, BEFORE).unwrap();
        assert_eq!(claims["iss"], "joe");
        assert_eq!(keys.verify(HS_TOKEN, BEFORE + 1000), Err(RefusedToken::Expired));
        let broken = HS_TOKEN.replace("dBjf", "dBjg");
        assert_eq!(keys.verify(&broken, BEFORE), Err(RefusedToken::Signature));

        let keys = Keys::parse(include_str!("testdata/rs256.jwks.json"));
        let token = include_str!("testdata/rs256.token").trim();
        assert_eq!(keys.verify(token, BEFORE).unwrap()["sub"], "carol");
        let (head, signed) = token.rsplit_once('.').unwrap();
        let other = format!("{}.{signed}", head.replace("eyJ", "eyK"));
        assert!(keys.verify(&other, BEFORE).is_err());
    }

    #[test]
    fn each_fault_has_its_word() {
        let keys = Keys::parse(&shared_key(b"secret"));
        let token = |claims: Value| signed(&claims, b"secret");
        for (token, wanted) in [
            ("a.b".to_owned(), RefusedToken::Malformed),
            ("a.b.c".to_owned(), RefusedToken::Malformed),
            (token(json!({"exp": 10})), RefusedToken::Expired),
            (token(json!({"nbf": 5000})), RefusedToken::NotYet),
            (signed(&json!({}), b"other"), RefusedToken::Signature),
        ] {
            assert_eq!(keys.verify(&token, 1000), Err(wanted), "{token}");
        }
        assert_eq!(Keys::parse("{}").verify(&token(json!({})), 0), Err(RefusedToken::NoKey));
        // A token that asks not to be verified is not.
        let none = format!("{}.e30.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        assert_eq!(keys.verify(&none, 0), Err(RefusedToken::Algorithm));
    }
}
