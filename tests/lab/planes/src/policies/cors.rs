//! Cross-origin requests: the preflight answered by the gateway, and the headers on actual answers.

use gateshift_lab_kernel::policy::Cors;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, HeaderValue, ORIGIN,
};
use hyper::{HeaderMap, StatusCode};

use super::Facts;
use crate::plane::Reply;

/// The origin of a request, when it is one of those allowed.
pub(crate) fn allowed_origin<'a>(cors: &Cors, facts: &Facts<'a>) -> Option<&'a str> {
    let origin = facts.header(ORIGIN.as_str())?;
    cors.origins.iter().any(|one| fits(one, origin)).then_some(origin)
}

/// A pattern takes all, the same text, or one star in it any text.
fn fits(pattern: &str, origin: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern.eq_ignore_ascii_case(origin),
        Some((before, after)) => {
            origin.len() >= before.len() + after.len()
                && origin.starts_with(before)
                && origin.ends_with(after)
        }
    }
}

/// Whether a browser asks for permission first.
pub(crate) fn is_preflight(facts: &Facts<'_>) -> bool {
    facts.request.method == "OPTIONS"
        && facts.header(ORIGIN.as_str()).is_some()
        && facts.header(ACCESS_CONTROL_REQUEST_METHOD.as_str()).is_some()
}

/// The answer to a preflight from an allowed origin; any other request goes on.
pub(crate) fn preflight(cors: &Cors, facts: &Facts<'_>) -> Option<Reply> {
    let origin = allowed_origin(cors, facts).filter(|_| is_preflight(facts))?;
    let mut reply = Reply::own(StatusCode::OK, "", "");
    let age = cors.max_age_seconds.to_string();
    common(cors, origin, &mut reply.headers);
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_METHODS, cors.methods.join(",")),
        (ACCESS_CONTROL_ALLOW_HEADERS, cors.headers.join(",")),
        (ACCESS_CONTROL_MAX_AGE, if cors.max_age_seconds == 0 { String::new() } else { age }),
    ] {
        set(&mut reply.headers, name, &value);
    }
    Some(reply)
}

/// The headers on an actual answer to an allowed origin.
pub(crate) fn mark(cors: &Cors, facts: &Facts<'_>, answer: &mut HeaderMap) {
    if let Some(origin) = allowed_origin(cors, facts) {
        common(cors, origin, answer);
        set(answer, ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose.join(","));
    }
}

fn common(cors: &Cors, origin: &str, headers: &mut HeaderMap) {
    set(headers, ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    set(headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, if cors.credentials { "true" } else { "" });
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Some(value) = HeaderValue::from_str(value).ok().filter(|value| !value.is_empty()) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::samples::{facts, headers};
    use super::*;

    fn cors() -> Cors {
        let list = |text: &str| text.split(',').map(str::to_owned).collect();
        Cors {
            origins: list("https://a.example.com,https://*.shop.example.com"),
            methods: list("GET,POST"),
            headers: list("x-one"),
            expose: list("x-two"),
            credentials: true,
            max_age_seconds: 3600,
        }
    }

    #[test]
    fn preflights_of_allowed_origins_are_answered() {
        for (origin, allowed) in [
            ("https://a.example.com", true),
            ("https://b.shop.example.com", true),
            ("https://evil.example.com", false),
            ("https://a.example.com.evil", false),
        ] {
            let sent = headers(&[("origin", origin), ("access-control-request-method", "POST")]);
            let mut asked = facts("/", &sent);
            asked.request.method = "OPTIONS";
            let reply = preflight(&cors(), &asked);
            assert_eq!(reply.is_some(), allowed, "{origin}");
            if let Some(reply) = reply {
                assert_eq!(reply.status, 200);
                assert_eq!(reply.headers["access-control-allow-origin"], origin);
                assert_eq!(reply.headers["access-control-allow-methods"], "GET,POST");
                assert_eq!(reply.headers["access-control-max-age"], "3600");
            }
            asked.request.method = "POST";
            assert!(preflight(&cors(), &asked).is_none(), "an actual request goes on");
            let mut answer = HeaderMap::new();
            mark(&cors(), &asked, &mut answer);
            assert_eq!(answer.contains_key("access-control-expose-headers"), allowed);
            assert_eq!(answer.contains_key("access-control-allow-credentials"), allowed);
        }
    }
}
