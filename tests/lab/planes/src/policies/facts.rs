//! What a decision may look at, and what goes on to the upstream when nothing stops the request.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};

use crate::routing::RequestView;

/// A request as it stands when a policy looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// The request as it was matched.
    pub(crate) request: RequestView<'a>,
    /// Host with its port, as sent.
    pub(crate) authority: &'a str,
    /// Lab time.
    pub(crate) now_ms: i64,
    /// Body.
    pub(crate) body: &'a [u8],
}

impl<'a> Facts<'a> {
    /// A header of the request as text; nothing when it is absent or no text.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.request.headers.get(name)?.to_str().ok()
    }

    /// The first query parameter of that name, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        pairs(self.request.query).find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Lab time in whole seconds.
    pub(crate) fn now_s(&self) -> i64 {
        self.now_ms / 1000
    }

    /// Scheme, host and path, as Envoy names a request in its challenges.
    pub(crate) fn place(&self) -> String {
        let scheme = if self.request.secure { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority, self.request.path)
    }
}

/// Names and values of a query, decoded.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [a, b, ..]) => hex_byte(*a, *b),
            _ => None,
        };
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_byte(a: u8, b: u8) -> Option<u8> {
    let digit = |c: u8| char::from(c).to_digit(16);
    u8::try_from(digit(a)? * 16 + digit(b)?).ok()
}

/// The request on its way to the upstream.
#[derive(Debug, Clone)]
pub(crate) struct Onward {
    /// Headers, without those of one connection only.
    pub(crate) headers: HeaderMap,
    /// Host that the upstream sees.
    pub(crate) host: String,
    /// Path.
    pub(crate) path: String,
    /// Query without the question mark.
    pub(crate) query: String,
    /// Who asks, as later policies see it.
    pub(crate) client: IpAddr,
}

impl Onward {
    /// Sets a header on the way to the upstream; what is no header is left out.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        if let Some((name, value)) = header(name, value) {
            self.headers.insert(name, value);
        }
    }

    /// Path and query as one text.
    pub(crate) fn target(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

/// A header from two texts; nothing when they cannot be one.
pub(crate) fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;

    /// Headers from texts.
    pub(crate) fn headers(list: &[(&str, &str)]) -> HeaderMap {
        list.iter().filter_map(|(name, value)| header(name, value)).collect()
    }

    /// A GET of `http://api.example.com` with that path and query.
    pub(crate) fn facts<'a>(target: &'a str, headers: &'a HeaderMap) -> Facts<'a> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request =
            RequestView { host: "api.example.com", method: "GET", path, query, headers, secure: false };
        Facts { request, authority: "api.example.com", now_ms: 1_700_000_000_000, body: b"" }
    }

    /// What would go on.
    pub(crate) fn onward(facts: &Facts<'_>) -> Onward {
        Onward {
            headers: facts.request.headers.clone(),
            host: facts.authority.to_owned(),
            path: facts.request.path.to_owned(),
            query: facts.request.query.to_owned(),
            client: IpAddr::from([198, 51, 100, 7]),
        }
    }

    #[test]
    fn queries_are_decoded_once() {
        let found: Vec<_> = pairs("a=1&b=x%20y+z&c&%2f=%zz").collect();
        let wanted = [("a", "1"), ("b", "x y z"), ("c", ""), ("/", "%zz")];
        let wanted = wanted.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found, wanted);
    }
}
