//! What a data plane decides about a request, and the answers it gives by itself.

use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{HeaderMap, StatusCode};

use super::Serving;
use crate::routing::{Found, RequestView};

/// An answer on its way to the client, with what the access log says about it.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Response flag of the access log, empty when there is none.
    pub(crate) flags: &'static str,
    /// Upstream asked, when one was.
    pub(crate) upstream: Option<String>,
    /// Milliseconds the upstream took.
    pub(crate) upstream_ms: Option<f64>,
    /// Why the upstream could not be reached.
    pub(crate) failure: Option<String>,
}

impl Reply {
    /// An answer of the gateway itself.
    pub(crate) fn own(status: StatusCode, flags: &'static str, text: impl Into<String>) -> Self {
        let text: String = text.into();
        let mut headers = HeaderMap::new();
        if !text.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        }
        Self { status, headers, body: Bytes::from(text), flags, ..Self::default() }
    }

    /// An answer that sends the client elsewhere.
    pub(crate) fn elsewhere(status: StatusCode, location: &str) -> Self {
        let mut reply = Self::own(status, "", "");
        if let Ok(location) = HeaderValue::from_str(location) {
            reply.headers.insert(LOCATION, location);
        }
        reply
    }
}

/// Where a request belongs.
#[derive(Debug)]
pub(crate) enum Decision<'a> {
    /// The domain is served over HTTPS only.
    Secure,
    /// A route answers.
    Route(Found<'a>),
    /// Nothing matches.
    Missing,
}

/// Decides. A domain that forces HTTPS does so for every path, also for those without a route.
pub(crate) fn decide<'a>(serving: &'a Serving, request: &RequestView<'_>) -> Decision<'a> {
    if !request.secure && serving.domains.best(request.host).is_some_and(|(_, forced)| *forced) {
        return Decision::Secure;
    }
    serving.table.lookup(request).map_or(Decision::Missing, Decision::Route)
}

/// The place a redirect leads to: scheme and query stay, host and path stay unless replaced.
pub(crate) fn redirect_location(
    request: &RequestView<'_>,
    authority: &str,
    host: Option<&str>,
    path: Option<&str>,
) -> String {
    let scheme = if request.secure { "https" } else { "http" };
    location(scheme, host.unwrap_or(authority), path.unwrap_or(request.path), request.query)
}

/// The same place over HTTPS on its usual port.
pub(crate) fn secure_location(request: &RequestView<'_>) -> String {
    location("https", request.host, request.path, request.query)
}

fn location(scheme: &str, host: &str, path: &str, query: &str) -> String {
    let mark = match (query.is_empty(), path.contains('?')) {
        (true, _) => "",
        (false, false) => "?",
        (false, true) => "&",
    };
    format!("{scheme}://{host}{path}{mark}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(headers: &HeaderMap) -> RequestView<'_> {
        RequestView { host: "a.example", method: "GET", path: "/old", query: "x=1", headers, secure: false }
    }

    #[test]
    fn redirects_keep_what_they_do_not_replace() {
        let headers = HeaderMap::new();
        let request = view(&headers);
        for (host, path, wanted) in [
            (None, None, "http://a.example:80/old?x=1"),
            (Some("b.example"), None, "http://b.example/old?x=1"),
            (None, Some("/new"), "http://a.example:80/new?x=1"),
            (Some("b.example"), Some("/new?y=2"), "http://b.example/new?y=2&x=1"),
        ] {
            assert_eq!(redirect_location(&request, "a.example:80", host, path), wanted);
        }
        assert_eq!(secure_location(&request), "https://a.example/old?x=1");
    }
}
