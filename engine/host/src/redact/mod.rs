//! Keeps secrets out of everything that leaves the process by another way than the request itself: the call
//! record, messages, checkpoints, results and artifacts. A secret gives way to a fingerprint that is keyed per run,
//! so equal values can be recognised as equal and cannot be guessed.

mod names;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use gateshift_model::{Digest, RunId, StepError};
use gateshift_step_api::{Body, CallRequest};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

pub(crate) use names::is_secret_name;

use crate::{Secret, encode, entropy};

/// Shortest text that is looked for elsewhere; shorter ones would black out ordinary words.
const SHORTEST: usize = 8;

/// The secrets of the process.
#[derive(Debug)]
pub(crate) struct Vault {
    key: Secret,
    /// Keys and tokens of connections, in every form in which they may turn up.
    own: RwLock<Needles>,
}

/// Texts to look for; longest first, so that none is replaced in part. The value is the secret behind the form.
type Needles = BTreeMap<(std::cmp::Reverse<usize>, String), Secret>;

impl Vault {
    pub(crate) fn new(key: Option<Secret>) -> Self {
        Self { key: key.unwrap_or_else(|| Secret::new(hex::encode(entropy::key()))), own: RwLock::default() }
    }

    /// Takes note of a secret of the host.
    pub(crate) fn learn(&self, secret: &str) {
        insert(&self.own, secret);
    }

    /// The view of one run.
    pub(crate) fn for_run(self: &Arc<Self>, run: RunId) -> Redactor {
        let key = mac(self.key.expose().as_bytes(), run.0.as_bytes());
        Redactor { vault: Arc::clone(self), key, seen: RwLock::default() }
    }
}

/// Redacts for one run.
#[derive(Debug)]
pub(crate) struct Redactor {
    vault: Arc<Vault>,
    key: [u8; 32],
    /// Values found under secret names in requests of this run.
    seen: RwLock<Needles>,
}

impl Redactor {
    /// What the audit keeps of a request, and the digest of all of it.
    pub(crate) fn request(&self, request: &CallRequest) -> (Value, Option<Digest>) {
        let pairs = |pairs: &[(String, String)]| -> Vec<Value> {
            pairs
                .iter()
                .map(|(name, value)| {
                    json!([self.message(name), self.member(name, &Value::from(value.as_str()))])
                })
                .collect()
        };
        // Values first, so that a secret value is known when the path that repeats it is cleaned.
        let query = pairs(&request.query);
        let body = match &request.body {
            Body::None => Value::Null,
            Body::Json(value) => self.value(value),
            Body::Form(form) => Value::from(pairs(form)),
            Body::Text { text, .. } => self.value(&Value::from(text.as_str())),
        };
        let mut record = Map::new();
        record.insert("method".to_owned(), Value::from(request.method.as_str()));
        record.insert("path".to_owned(), Value::from(self.message(&request.path)));
        if !query.is_empty() {
            record.insert("query".to_owned(), Value::from(query));
        }
        if !body.is_null() {
            record.insert("body".to_owned(), body);
        }
        let whole = json!([
            request.connection,
            request.action,
            request.method,
            request.path,
            request.query,
            request.body
        ]);
        let digest = mac(&self.key, gateshift_model::canonical_json(&whole).as_bytes());
        // Once more over the whole: what was learnt late may stand in a part that was cleaned early.
        (self.known(&Value::Object(record), true), Digest::from_hex(&hex::encode(digest)))
    }

    /// Takes note of a text that a migrator called secret, and of what looks secret inside it.
    pub(crate) fn learn(&self, plain: &str) {
        insert(&self.seen, plain);
        for range in names::secrets_in_text(plain) {
            insert(&self.seen, &plain[range]);
        }
    }

    /// A text that people or the journal get to see: without any secret that is known.
    pub(crate) fn message(&self, text: &str) -> String {
        self.replace(self.text(text.to_owned()), &self.seen)
    }

    /// A text that goes on to later steps: without the host's own secrets. Not copied when it holds none:
    /// an artifact may be large.
    pub(crate) fn text(&self, text: String) -> String {
        self.replace(text, &self.vault.own)
    }

    /// Data of a migrator (checkpoint, result): without the host's own secrets, otherwise as it is, for it is
    /// read back and has to mean the same.
    pub(crate) fn data(&self, value: &Value) -> Value {
        self.known(value, false)
    }

    /// An error as the journal may hold it.
    pub(crate) fn error(&self, mut error: StepError) -> StepError {
        error.message = self.message(&error.message);
        error.hint = error.hint.map(|hint| self.message(&hint));
        error.details = self.value(&error.details);
        error
    }

    /// A value by its parts: secret names and known texts.
    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                map.iter().map(|(name, value)| (self.message(name), self.member(name, value))).collect()
            }
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::String(text) => Value::from(self.inside(text)),
            other => other.clone(),
        }
    }

    fn member(&self, name: &str, value: &Value) -> Value {
        if !is_secret_name(name) || matches!(value, Value::Null | Value::Bool(_)) {
            return self.value(value);
        }
        match value {
            Value::String(text) if text.is_empty() => value.clone(),
            Value::String(text) => {
                insert(&self.seen, text);
                Value::from(self.mark(text))
            }
            other => Value::from(self.mark(&gateshift_model::canonical_json(other))),
        }
    }

    /// A text that may itself hold JSON, lines of `name: value`, or a private key.
    fn inside(&self, text: &str) -> String {
        if text.trim_start().starts_with(['{', '['])
            && let Ok(nested) = serde_json::from_str::<Value>(text)
        {
            let cleaned = self.value(&nested);
            return if cleaned == nested { self.message(text) } else { self.message(&cleaned.to_string()) };
        }
        let (mut cleaned, mut end) = (String::new(), 0);
        for range in names::secrets_in_text(text) {
            let secret = &text[range.clone()];
            insert(&self.seen, secret);
            cleaned.push_str(&text[end..range.start]);
            cleaned.push_str(&self.mark(secret));
            end = range.end;
        }
        cleaned.push_str(&text[end..]);
        self.message(&cleaned)
    }

    fn known(&self, value: &Value, seen_too: bool) -> Value {
        let clean = |text: &str| if seen_too { self.message(text) } else { self.text(text.to_owned()) };
        match value {
            Value::Object(map) => {
                map.iter().map(|(name, value)| (clean(name), self.known(value, seen_too))).collect()
            }
            Value::Array(items) => items.iter().map(|item| self.known(item, seen_too)).collect(),
            Value::String(text) => Value::from(clean(text)),
            other => other.clone(),
        }
    }

    fn replace(&self, mut text: String, needles: &RwLock<Needles>) -> String {
        let needles = needles.read().unwrap_or_else(PoisonError::into_inner);
        for ((_, form), secret) in needles.iter() {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), &self.mark(secret.expose()));
            }
        }
        text
    }

    /// What stands in place of a secret.
    fn mark(&self, secret: &str) -> String {
        format!("[redacted {}]", hex::encode(&mac(&self.key, secret.as_bytes())[..6]))
    }
}

fn insert(needles: &RwLock<Needles>, secret: &str) {
    if secret.len() < SHORTEST {
        return;
    }
    let whole = Secret::new(secret);
    let mut needles = needles.write().unwrap_or_else(PoisonError::into_inner);
    for form in names::forms(secret) {
        needles.entry((std::cmp::Reverse(form.len()), form)).or_insert_with(|| whole.clone());
    }
}

fn mac(key: &[u8], data: &[u8]) -> [u8; 32] {
    // A key of any length is taken; the fallback only keeps the type honest.
    Hmac::<Sha256>::new_from_slice(key)
        .map_or([0; 32], |mac| mac.chain_update(data).finalize().into_bytes().into())
}

/// Percent-encoded text as it stands in a path, for the forms in which a secret is looked for.
fn percent_forms(secret: &str) -> [String; 2] {
    let percent = encode::percent(secret);
    let lower = percent.split('%').enumerate().map(|(index, part)| match (index, part.get(..2)) {
        (0, _) | (_, None) => part.to_owned(),
        (_, Some(digits)) => format!("{}{}", digits.to_ascii_lowercase(), &part[2..]),
    });
    let lower = lower.collect::<Vec<_>>().join("%");
    [percent, lower]
}

#[cfg(test)]
mod tests;
