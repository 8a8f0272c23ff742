//! How texts get onto the wire: what a path, a query and a header can carry.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a path cannot carry as it is. A `%` is kept: routes are matched against the path as sent, so
/// a condition that has one means an encoded path.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'\\')
    .add(b'^')
    .add(b'|');
/// What a query part cannot carry as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b',');
/// Headers that belong to the connection or to the host: a request cannot choose them freely.
const NOT_OURS: [&str; 9] = [
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "keep-alive",
    "expect",
];

/// The path as it goes on the wire.
pub(crate) fn path(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}

/// Path and query as they go on the wire.
pub(crate) fn target(path: &str, queries: &[(String, String)]) -> String {
    let part = |text: &str| utf8_percent_encode(text, QUERY).to_string();
    let pairs: Vec<String> =
        queries.iter().map(|(name, value)| format!("{}={}", part(name), part(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// Whether a request can carry this header.
pub(crate) fn is_sendable(name: &str, value: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty()
        && name.bytes().all(token)
        && !NOT_OURS.iter().any(|other| other.eq_ignore_ascii_case(name))
        && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && value.trim() == value
}

/// The text with the case of its ASCII letters changed; `None` when it has none.
pub(crate) fn other_case(text: &str) -> Option<String> {
    let flipped: String = text
        .chars()
        .map(|letter| {
            if letter.is_ascii_lowercase() {
                letter.to_ascii_uppercase()
            } else {
                letter.to_ascii_lowercase()
            }
        })
        .collect();
    (flipped != text).then_some(flipped)
}

/// At most so many letters, with a mark where something was cut.
pub(crate) fn short(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_sendable, other_case, path, short, target};

    #[test]
    fn wire_forms() {
        assert_eq!(path("/a b/%2F?x"), "/a%20b/%2F%3Fx");
        assert_eq!(target("/a", &[]), "/a");
        assert_eq!(
            target("/a", &[("q".into(), "1 &2".into()), ("r".into(), "v/1".into())]),
            "/a?q=1%20%262&r=v/1"
        );
        assert!(is_sendable("x-a", "v 1"));
        for (name, value) in
            [("Host", "a"), (":authority", "a"), ("x a", "a"), ("x-a", "ü"), ("x-a", " v"), ("", "v")]
        {
            assert!(!is_sendable(name, value), "{name}: {value}");
        }
        assert_eq!(other_case("/aB1").as_deref(), Some("/Ab1"));
        assert_eq!(other_case("/1"), None);
        assert_eq!(short("äöü", 2), "äö...");
    }
}
