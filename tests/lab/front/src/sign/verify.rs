//! Decides whether a request was signed by a known key, just now, and for the first time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gateshift_lab_kernel::ApiError;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::canonical::{ALGORITHM, body_hash, canonical_request, signature_is, string_to_sign};
use super::keys::Key;
use crate::wire::Wire;

/// How far a request's date may be from now, and how long a nonce is remembered.
const SKEW: Duration = Duration::minutes(15);
/// How many nonces are kept at least before old ones are looked for.
const NONCES_KEPT: usize = 20_000;
/// Headers without which a request is not signed as version 3 has it.
const NEEDED: [&str; 5] =
    ["host", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"];

/// Checks signatures and remembers nonces.
#[derive(Debug)]
pub struct Verifier {
    keys: Vec<Key>,
    nonces: Mutex<Nonces>,
}

#[derive(Debug, Default)]
struct Nonces {
    seen: HashMap<String, OffsetDateTime>,
    /// Looking through all of them is put off until there are this many.
    prune_at: usize,
}

impl Nonces {
    /// Enters a nonce; false when it was used before.
    fn enter(&mut self, nonce: String, now: OffsetDateTime) -> bool {
        if self.seen.len() >= self.prune_at.max(NONCES_KEPT) {
            // A request older than the skew is refused by its date, so its nonce need not be known.
            self.seen.retain(|_, seen| now - *seen <= SKEW * 2);
            self.prune_at = self.seen.len() * 2;
        }
        self.seen.insert(nonce, now).is_none_or(|seen| now - seen > SKEW * 2)
    }
}

/// What the `authorization` header says.
struct Authorization<'a> {
    key_id: &'a str,
    signed: Vec<&'a str>,
    signature: &'a str,
}

impl Verifier {
    /// A verifier that knows these keys.
    #[must_use]
    pub fn new(keys: Vec<Key>) -> Self {
        Self { keys, nonces: Mutex::default() }
    }

    /// The id of the key that signed the request.
    ///
    /// # Errors
    /// With the refusal the cloud would give.
    pub fn verify(&self, wire: &Wire, now: OffsetDateTime) -> Result<&str, ApiError> {
        let header = wire.header("authorization").ok_or_else(|| {
            refuse(
                400,
                "MissingAuthorization",
                "the authorization header is mandatory, only ACS3-HMAC-SHA256 is taken",
            )
        })?;
        let authorization = parse(&header)?;
        let key = self.keys.iter().find(|key| key.id == authorization.key_id).ok_or_else(|| {
            refuse(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        })?;
        check_headers(wire, &authorization)?;
        check_date(wire, now)?;
        check_token(wire, key, now)?;
        check_body(wire)?;
        check_signature(wire, key, &authorization)?;
        self.remember(&key.id, &wire.header("x-acs-signature-nonce").unwrap_or_default(), now)?;
        Ok(&key.id)
    }

    /// The id of the key that signed a request to Log Service.
    ///
    /// # Errors
    /// With the refusal Log Service would give.
    pub fn verify_log_service(&self, wire: &Wire, now: OffsetDateTime) -> Result<&str, ApiError> {
        super::log_service::verify(&self.keys, wire, now)
    }

    /// A nonce is spent only by a request that is otherwise in order.
    fn remember(&self, key_id: &str, nonce: &str, now: OffsetDateTime) -> Result<(), ApiError> {
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = nonces.enter(format!("{key_id}/{nonce}"), now);
        if fresh {
            Ok(())
        } else {
            Err(refuse(400, "SignatureNonceUsed", "Specified signature nonce was used already."))
        }
    }
}

fn refuse(status: u16, code: &str, message: &str) -> ApiError {
    ApiError::new(status, code, message)
}

fn parse(header: &str) -> Result<Authorization<'_>, ApiError> {
    let incomplete = || {
        let form = "Credential=<key id>,SignedHeaders=<list>,Signature=<hex>";
        ApiError::new(
            400,
            "IncompleteSignature",
            format!("the authorization header has to read {ALGORITHM} {form}"),
        )
    };
    let parts =
        header.strip_prefix(ALGORITHM).and_then(|rest| rest.strip_prefix(' ')).ok_or_else(incomplete)?;
    let mut parts = parts.split(',');
    let mut next = |name| parts.next().and_then(|part| part.strip_prefix(name)).ok_or_else(incomplete);
    let (key_id, signed) = (next("Credential=")?, next("SignedHeaders=")?.split(';').collect());
    let signature = next("Signature=")?;
    if parts.next().is_some() {
        return Err(incomplete());
    }
    Ok(Authorization { key_id, signed, signature })
}

/// Every needed header is there, and every header that has to be signed is.
fn check_headers(wire: &Wire, authorization: &Authorization<'_>) -> Result<(), ApiError> {
    if let Some(name) = NEEDED.iter().find(|name| wire.header(name).is_none()) {
        return Err(ApiError::new(400, "IncompleteSignature", format!("header {name} is mandatory")));
    }
    let due = |name: &str| name == "host" || name == "content-type" || name.starts_with("x-acs-");
    let unsigned =
        wire.headers.iter().find(|(name, _)| due(name) && !authorization.signed.contains(&name.as_str()));
    match unsigned {
        Some((name, _)) => Err(ApiError::new(
            400,
            "IncompleteSignature",
            format!("header {name} is sent and has to be signed"),
        )),
        None => Ok(()),
    }
}

fn check_date(wire: &Wire, now: OffsetDateTime) -> Result<(), ApiError> {
    let text = wire.header("x-acs-date").unwrap_or_default();
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let date = PrimitiveDateTime::parse(&text, format).map_err(|_| {
        refuse(400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
    })?;
    if (date.assume_utc() - now).abs() > SKEW {
        return Err(refuse(
            400,
            "InvalidTimeStamp.Expired",
            "Specified time stamp or date value is expired.",
        ));
    }
    Ok(())
}

fn check_token(wire: &Wire, key: &Key, now: OffsetDateTime) -> Result<(), ApiError> {
    if wire.header("x-acs-accesskey-id").is_some_and(|sent| sent != key.id) {
        return Err(refuse(
            400,
            "IncompleteSignature",
            "x-acs-accesskey-id names another key than the credential",
        ));
    }
    match (&key.token, wire.header("x-acs-security-token")) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(refuse(
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            "a lasting key takes no security token",
        )),
        (Some(_), None) => {
            Err(refuse(400, "MissingSecurityToken", "SecurityToken is mandatory for this action."))
        }
        (Some(token), Some(sent)) if token.value != sent => {
            Err(refuse(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed."))
        }
        (Some(token), Some(_)) if token.expires <= now => {
            Err(refuse(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."))
        }
        (Some(_), Some(_)) => Ok(()),
    }
}

fn check_body(wire: &Wire) -> Result<(), ApiError> {
    let due = body_hash(&wire.body);
    if wire.header("x-acs-content-sha256").unwrap_or_default() == due {
        return Ok(());
    }
    Err(ApiError::new(
        400,
        "InvalidContentSha256",
        format!("x-acs-content-sha256 is not the hash of the body, {due}"),
    ))
}

fn check_signature(wire: &Wire, key: &Key, authorization: &Authorization<'_>) -> Result<(), ApiError> {
    let hash = wire.header("x-acs-content-sha256").unwrap_or_default();
    let canonical = canonical_request(wire, &authorization.signed, &hash);
    let to_sign = string_to_sign(&canonical);
    if signature_is(&key.secret, &to_sign, authorization.signature) {
        return Ok(());
    }
    let token = wire.header("x-acs-security-token").unwrap_or_default();
    let shown = if token.is_empty() { canonical } else { canonical.replace(&token, "***") };
    let message = format!(
        "Specified signature does not match our calculation. server StringToSign is [{to_sign}] \
         server CanonicalRequest is [{shown}]"
    );
    Err(ApiError::new(400, "SignatureDoesNotMatch", message))
}
