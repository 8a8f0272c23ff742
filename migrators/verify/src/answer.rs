//! An answer as named fields that can be compared one by one: status, headers, body, TLS. JSON bodies
//! fall apart into their leaves, so that one changing value does not hide the others.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_sdk::api::ProbeReply;
use gateshift_sdk::model::digest_bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::short;

/// Name of the field that holds the status.
pub(crate) const STATUS: &str = "status";
/// Headers whose values are the gateway's own, differ from request to request, or only say how the
/// body travels.
const IGNORED: [&str; 23] = [
    "age",
    "b3",
    "connection",
    "content-length",
    "date",
    "eagleeye-traceid",
    "eagleid",
    "keep-alive",
    "proxy-connection",
    "req-arrive-time",
    "req-cost-time",
    "resp-start-time",
    "server",
    "sw8",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "uber-trace-id",
    "via",
    "x-correlation-id",
    "x-request-id",
    "x-trace-id",
    "x-ca-request-id",
];
/// Beginnings of such headers.
const IGNORED_BEGINNINGS: [&str; 3] = ["x-b3-", "x-envoy-", "x-datadog-"];

/// Fields of an answer by name.
pub(crate) type Fields = BTreeMap<String, String>;

/// What is compared of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Status.
    pub(crate) status: u16,
    /// All fields, the status among them.
    pub(crate) fields: Fields,
    /// It looks like the gateway's own "no route": 404, no body, no sign of an upstream.
    pub(crate) looks_unrouted: bool,
}

/// One field in which two answers differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Difference {
    /// Field.
    pub(crate) field: String,
    /// At the source; none when it is absent.
    pub(crate) source: Option<String>,
    /// On the target.
    pub(crate) target: Option<String>,
}

impl Answer {
    /// The answer to a request with this method.
    /// Headers in `watch` count although they are left out otherwise, and `secrets` are not kept.
    pub(crate) fn new(reply: &ProbeReply, method: &str, watch: &[String], secrets: &[String]) -> Self {
        let mut fields = Fields::new();
        fields.insert(STATUS.to_owned(), reply.status.to_string());
        for (name, value) in
            reply.headers.iter().filter(|(name, _)| !is_ignored(name) || watch.contains(name))
        {
            let entry = fields.entry(format!("header:{name}")).or_default();
            // Of cookies the names count; their values are as good as random.
            let value =
                if name == "set-cookie" { value.split('=').next().unwrap_or_default() } else { value };
            if !entry.is_empty() {
                entry.push_str(", ");
            }
            entry.push_str(value);
        }
        let is_head = method.eq_ignore_ascii_case("HEAD");
        let is_encoded = reply.headers.iter().any(|(name, _)| name == "content-encoding");
        // Two implementations pack the same content differently.
        if !is_head && !is_encoded {
            body(reply, &mut fields);
        }
        if let Some(tls) = &reply.tls {
            fields.insert("tls:version".to_owned(), tls.version.clone());
            fields.insert("tls:alpn".to_owned(), tls.alpn.clone().unwrap_or_default());
            fields.insert("tls:certificate".to_owned(), tls.certificate.clone());
        }
        for value in fields.values_mut() {
            for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
                if value.contains(secret.as_str()) {
                    *value = value.replace(secret.as_str(), "(secret)");
                }
            }
        }
        let has_upstream = reply.headers.iter().any(|(name, _)| name == "x-envoy-upstream-service-time");
        let looks_unrouted = reply.status == 404 && reply.body.is_empty() && !is_head && !has_upstream;
        Self { status: reply.status, fields, looks_unrouted }
    }
}

/// Whether a header of answers is left out unless a policy sets it.
pub(crate) fn is_ignored(name: &str) -> bool {
    IGNORED.contains(&name) || IGNORED_BEGINNINGS.iter().any(|start| name.starts_with(start))
}

fn body(reply: &ProbeReply, fields: &mut Fields) {
    match serde_json::from_slice::<Value>(&reply.body) {
        Ok(value) if !reply.truncated && (value.is_object() || value.is_array()) => {
            leaves(&value, "body:", fields);
        }
        _ if reply.body.is_empty() => {}
        _ => {
            let shown = short(&String::from_utf8_lossy(&reply.body), 80);
            let digest = digest_bytes(&reply.body);
            fields.insert("body".to_owned(), format!("{shown} (sha256 {digest})"));
        }
    }
}

fn leaves(value: &Value, path: &str, fields: &mut Fields) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (name, value) in map {
                leaves(value, &format!("{path}/{name}"), fields);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (at, value) in list.iter().enumerate() {
                leaves(value, &format!("{path}/{at}"), fields);
            }
        }
        leaf => {
            fields.insert(path.to_owned(), leaf.to_string());
        }
    }
}

/// Names of the fields in which two answers differ.
pub(crate) fn differing(one: &Fields, other: &Fields) -> BTreeSet<String> {
    let names = one.keys().chain(other.keys());
    names.filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

/// The named fields with both values, shortened for people.
pub(crate) fn differences<'a>(
    names: impl IntoIterator<Item = &'a String>,
    source: &Fields,
    target: &Fields,
) -> Vec<Difference> {
    let value = |fields: &Fields, name: &str| fields.get(name).map(|value| short(value, 200));
    names
        .into_iter()
        .map(|name| Difference {
            field: name.clone(),
            source: value(source, name),
            target: value(target, name),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use gateshift_sdk::api::{PeerTls, ProbeReply};

    use super::{Answer, differing};

    fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> ProbeReply {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let tls = PeerTls { version: "TLSv1.3".into(), alpn: Some("h2".into()), certificate: "c".into() };
        ProbeReply { status, headers, body: body.into(), truncated: false, tls: Some(tls), millis: 1 }
    }

    fn names(one: &ProbeReply, other: &ProbeReply, method: &str) -> Vec<String> {
        let (one, other) = (Answer::new(one, method, &[], &[]), Answer::new(other, method, &[], &[]));
        differing(&one.fields, &other.fields).into_iter().collect()
    }

    #[test]
    fn only_what_matters_differs() {
        let one = reply(
            200,
            &[("date", "1"), ("x-envoy-a", "1"), ("set-cookie", "a=1; Path=/")],
            r#"{"a":1,"b":[1,2]}"#,
        );
        let same = reply(
            200,
            &[("date", "2"), ("server", "x"), ("set-cookie", "a=2; Path=/")],
            r#"{"b":[1,2], "a":1}"#,
        );
        assert!(names(&one, &same, "GET").is_empty());
        let other = reply(301, &[("location", "/x"), ("set-cookie", "b=1")], r#"{"a":2,"b":[1]}"#);
        let expected = ["body:/a", "body:/b/1", "header:location", "header:set-cookie", "status"];
        assert_eq!(names(&one, &other, "GET"), expected);
        assert_eq!(names(&one, &other, "HEAD"), &expected[2..]);
        assert_eq!(names(&reply(200, &[], "text"), &reply(200, &[], "Text"), "GET"), ["body"]);
    }

    #[test]
    fn a_gateway_without_a_route_is_told_from_a_backend_that_says_404() {
        assert!(Answer::new(&reply(404, &[], ""), "GET", &[], &[]).looks_unrouted);
        assert!(!Answer::new(&reply(404, &[], "no such order"), "GET", &[], &[]).looks_unrouted);
        assert!(
            !Answer::new(&reply(404, &[("x-envoy-upstream-service-time", "1")], ""), "GET", &[], &[])
                .looks_unrouted
        );
        assert!(!Answer::new(&reply(200, &[], ""), "GET", &[], &[]).looks_unrouted);
    }
}
