//! Percent-encoding as signatures want it: everything but `A-Z a-z 0-9 - _ . ~` is encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One name, value or path segment.
pub(crate) fn percent(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}

/// `name=value` pairs joined with `&`, in the order given.
pub(crate) fn query<'a>(pairs: impl IntoIterator<Item = &'a (String, String)>) -> String {
    let pairs: Vec<_> =
        pairs.into_iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
    pairs.join("&")
}

/// An `application/x-www-form-urlencoded` body.
pub(crate) fn form(pairs: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
