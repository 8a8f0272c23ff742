//! Calls to the simulated products, signed as any client signs them.

use std::net::SocketAddr;

use gateshift_lab::sign::{body_hash, canonical_request, signature, string_to_sign};
use gateshift_lab::wire::Wire;
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;
use uuid::Uuid;

use crate::{Ask, ask};

/// The products of a lab, and a key.
#[derive(Debug)]
pub struct Cloud {
    endpoints: Value,
}

impl Cloud {
    /// With the key that the lab printed.
    #[must_use]
    pub fn of(endpoints: &Value) -> Self {
        Self { endpoints: endpoints.clone() }
    }

    /// Calls the target gateway's product: path and query, and a body if there is one.
    ///
    /// # Panics
    /// When it refuses.
    pub fn apig(&self, method: &str, target: &str, body: &Value) -> Value {
        let (status, answer) = self.call("apig", "2024-03-27", method, target, "", body);
        assert_eq!(status, 200, "{method} {target}: {answer}");
        answer["data"].clone()
    }

    /// Calls a product of the other style, by the name of the action.
    ///
    /// # Panics
    /// When it refuses.
    pub fn rpc(&self, product: &str, version: &str, action: &str, query: &str) -> Value {
        let (status, answer) =
            self.call(product, version, "POST", &format!("/?{query}"), action, &Value::Null);
        assert_eq!(status, 200, "{action}: {answer}");
        answer
    }

    fn call(
        &self,
        product: &str,
        version: &str,
        method: &str,
        target: &str,
        action: &str,
        body: &Value,
    ) -> (u16, Value) {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let date = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let date = OffsetDateTime::now_utc().format(date).unwrap();
        let (nonce, hash) = (Uuid::now_v7().to_string(), body_hash(&body));
        let headers = [
            ("x-acs-version", version),
            ("x-acs-action", action),
            ("x-acs-date", &date),
            ("x-acs-signature-nonce", &nonce),
            ("x-acs-content-sha256", &hash),
            ("content-type", "application/json"),
        ];
        let headers = headers.into_iter().filter(|(_, value)| !value.is_empty());
        let mut headers: Vec<(String, String)> =
            headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let host = ("host".to_owned(), "127.0.0.1".to_owned());
        let signed_headers = [&headers[..], &[host]].concat();
        let wire = Wire {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers: signed_headers,
            body: body.clone(),
        };
        let mut names: Vec<&str> = wire.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let text = |name: &str| self.endpoints[name].as_str().unwrap();
        let mark =
            signature(text("access_key_secret"), &string_to_sign(&canonical_request(&wire, &names, &hash)));
        let (key, names) = (text("access_key_id"), names.join(";"));
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential={key},SignedHeaders={names},Signature={mark}");
        headers.push(("authorization".to_owned(), authorization));
        let url = self.endpoints["endpoints"][format!("aliyun/{product}")].as_str().unwrap();
        let address: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
        let request = Ask { headers: &headers, body: &body, ..Ask::new(method, "127.0.0.1", target) };
        let answer = ask(address, None, &request).unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }
}
