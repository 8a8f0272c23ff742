//! The recording: every request with its answer, one JSON object a line, in the form that
//! `tests/official/check_requests.py` reads. Signatures and tokens are left out.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use crate::wire::{Wire, pairs};

/// Headers whose value is a secret, or good for nothing.
const LEFT_OUT: [&str; 4] = ["authorization", "x-acs-security-token", "x-acs-bearer-token", "cookie"];

/// Writes the recording.
#[derive(Debug)]
pub struct Recorder(Mutex<BufWriter<File>>);

impl Recorder {
    /// Opens the file, and empties it when it exists.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self(Mutex::new(BufWriter::new(File::create(path)?))))
    }

    /// Writes one exchange. Each line is flushed, so that the recording of a killed lab is whole.
    pub fn write(&self, product: &str, wire: &Wire, status: u16, response: &Value) {
        let line = exchange(product, wire, status, response);
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = writeln!(file, "{line}").and_then(|()| file.flush()) {
            tracing::warn!(%error, "the recording of the lab cannot be written, a line is lost");
        }
    }
}

/// One exchange as an object of the recording.
fn exchange(product: &str, wire: &Wire, status: u16, response: &Value) -> Value {
    let object = |list: Vec<(String, String)>| -> Map<String, Value> {
        list.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
    };
    let text = String::from_utf8_lossy(&wire.body);
    let body = if wire.body.is_empty() {
        Value::Null
    } else if wire.is_form() {
        Value::Object(object(pairs(&text)))
    } else {
        serde_json::from_slice(&wire.body).unwrap_or_else(|_| Value::String(text.into_owned()))
    };
    let headers: Vec<_> =
        wire.headers.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str())).cloned().collect();
    json!({
        "product": product,
        "method": wire.method,
        "path": wire.path,
        "query": object(wire.query_pairs()),
        "body": body,
        "headers": object(headers),
        "status": status,
        "response": response,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_the_exchange_but_no_secret() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let wire = Wire {
            method: "POST".into(),
            path: "/".into(),
            query: "A=1+2&B=%2F".into(),
            headers: vec![
                header("authorization", "ACS3-HMAC-SHA256 Credential=k,Signature=planted"),
                header("x-acs-security-token", "planted"),
                header("x-acs-action", "GetGateway"),
                header("content-type", "application/x-www-form-urlencoded"),
            ],
            body: b"Config=a%3A+b".to_vec(),
        };
        let line = exchange("mse", &wire, 200, &json!({"RequestId": "R"}));
        assert_eq!(line["query"], json!({"A": "1 2", "B": "/"}));
        assert_eq!(line["body"], json!({"Config": "a: b"}));
        assert_eq!(line["headers"]["x-acs-action"], json!("GetGateway"));
        assert_eq!(line["response"], json!({"RequestId": "R"}));
        assert!(!line.to_string().contains("planted"));
    }
}
