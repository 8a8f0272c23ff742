//! A request as it came over the wire, and the two percent-codings at work there: the query is
//! form-encoded (`+` is a space), the path is not, and signatures encode in a third, strict way.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but `A-Z a-z 0-9 - _ . ~`.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One request, read whole.
#[derive(Debug, Clone, Default)]
pub struct Wire {
    /// Method as sent.
    pub method: String,
    /// Path as it stands on the request line, not decoded.
    pub path: String,
    /// Query as it stands on the request line, without the question mark.
    pub query: String,
    /// Headers in the order they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Wire {
    /// The values of a header, trimmed and joined with `,`; none when it was not sent.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> =
            self.headers.iter().filter(|(sent, _)| sent == name).map(|(_, value)| value.trim()).collect();
        if values.is_empty() { None } else { Some(values.join(",")) }
    }

    /// The decoded pairs of the query.
    #[must_use]
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        pairs(&self.query)
    }

    /// True when the body is a form.
    #[must_use]
    pub fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    }
}

/// Decodes a form-encoded text into pairs; a name without `=` has an empty value.
#[must_use]
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// Encodes as signatures do.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, STRICT).to_string()
}

/// Decodes one segment of a path, where `+` is a plus.
#[must_use]
pub fn decode_segment(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever a client puts into a query arrives unchanged.
        #[test]
        fn pairs_survive_the_query(sent in prop::collection::vec((".{1,12}", ".{0,12}"), 0..5)) {
            let text: Vec<_> = sent.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
            prop_assert_eq!(pairs(&text.join("&")), sent);
        }

        /// A path segment too, although a plus means another thing there.
        #[test]
        fn segments_survive_the_path(segment in ".{0,20}") {
            prop_assert_eq!(decode_segment(&encode(&segment)), segment);
        }
    }

    #[test]
    fn a_plus_is_a_space_in_a_query_only() {
        assert_eq!(
            pairs("a=b+c&d&e=%2B"),
            [("a", "b c"), ("d", ""), ("e", "+")].map(|(n, v)| (n.into(), v.into()))
        );
        assert_eq!(decode_segment("b+c%20d"), "b+c d");
    }

    #[test]
    fn repeated_headers_are_joined() {
        let headers =
            vec![("a".to_owned(), " 1 ".to_owned()), ("b".into(), "x".into()), ("a".into(), "2".into())];
        let wire = Wire { headers, ..Wire::default() };
        assert_eq!(wire.header("a").as_deref(), Some("1,2"));
        assert_eq!(wire.header("c"), None);
    }
}
