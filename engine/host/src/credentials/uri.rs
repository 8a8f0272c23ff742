//! A key that somebody hands out over HTTP, in the form of the machine's metadata.

use serde_json::Value;
use url::Url;

use super::recipe::{Kitchen, missed, temporary};
use super::{Keys, Miss};
use crate::exchange::{assemble, fetch};

/// Asks the URI for a key.
pub(super) async fn fetch_keys(kitchen: &Kitchen, uri: &str) -> Result<Keys, Miss> {
    // The URI may hold a secret, so it is not shown.
    let url = Url::parse(uri).map_err(|error| Miss::new(format!("the URI is none: {error}")))?;
    let request = assemble("GET", url, &[], Vec::new()).map_err(|error| Miss::new(error.message))?;
    let answer = fetch(&kitchen.http, request, false, kitchen.patience)
        .await
        .map_err(|failure| missed("the URI", failure))?;
    if answer.status != 200 {
        return Err(Miss::new(format!("the URI answers {}", answer.status)));
    }
    let body: Value =
        serde_json::from_slice(&answer.body).map_err(|_| Miss::new("the URI answers no JSON"))?;
    match body.get("Code").and_then(Value::as_str) {
        None | Some("Success") => temporary(&body),
        Some(code) => Err(Miss::new(format!("the URI answers {code}"))),
    }
}
