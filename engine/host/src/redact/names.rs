//! What a secret looks like: names that announce one, keys inside text, and the forms one may take on. Pure.

use std::collections::BTreeSet;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Ends of names that announce a secret, without capitals and separators.
const ENDINGS: [&str; 22] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "token",
    "tokens",
    "apikey",
    "apikeys",
    "jwks",
    "jwk",
    "privatekey",
    "secretkey",
    "accesskey",
    "accesskeys",
    "signingkey",
    "credential",
    "credentials",
    "authorization",
    "cookie",
    "keypem",
];

/// Names with such an end that only count, page or refer.
const HARMLESS: [&str; 12] = [
    "clienttoken",
    "nexttoken",
    "pagetoken",
    "nextpagetoken",
    "idempotencytoken",
    "continuationtoken",
    "maxtokens",
    "totaltokens",
    "prompttokens",
    "completiontokens",
    "allowcredentials",
    "accesscontrolallowcredentials",
];

/// Whether a value under this name is to be kept out of sight.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    ENDINGS.iter().any(|ending| plain.ends_with(ending)) && !HARMLESS.contains(&plain.as_str())
}

/// Where secrets stand in free text: values of `name: value` and `name=value` lines with a secret name, and private
/// keys. In order, without overlaps.
pub(super) fn secrets_in_text(text: &str) -> Vec<Range<usize>> {
    let place = |part: &str| {
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        start..start + part.len()
    };
    let mut found: Vec<_> = text.lines().filter_map(value_of_secret_line).map(place).collect();
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        let block = &rest[start..];
        let is_private = block.lines().next().is_some_and(|line| line.contains("PRIVATE KEY"));
        let end = block
            .find("-----END ")
            .map_or(block.len(), |at| block[at..].find('\n').map_or(block.len(), |line| at + line));
        if is_private {
            found.push(place(&block[..end]));
        }
        rest = &block[end.max(1)..];
    }
    found.sort_by_key(|range| range.start);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for range in found {
        match apart.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

fn value_of_secret_line(line: &str) -> Option<&str> {
    let line = line.trim_start().trim_start_matches("- ").trim_start();
    let at = line.find([':', '='])?;
    let name = line[..at].trim().trim_matches(['"', '\'']);
    let value = line[at + 1..].trim().trim_end_matches(',').trim_matches(['"', '\'']);
    let is_name = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    (is_name
        && is_secret_name(name)
        && !matches!(value, "" | "|" | ">" | "|-" | ">-" | "true" | "false" | "null" | "[" | "{"))
    .then_some(value)
}

/// The spellings in which a secret may turn up.
pub(super) fn forms(secret: &str) -> BTreeSet<String> {
    let quoted = serde_json::Value::from(secret).to_string();
    let mut forms = BTreeSet::from([
        secret.to_owned(),
        super::encode::form(&[(String::new(), secret.to_owned())])[1..].to_owned(),
        quoted[1..quoted.len() - 1].to_owned(),
    ]);
    forms.extend(super::percent_forms(secret));
    for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        let encoded = engine.encode(secret);
        forms.extend(super::percent_forms(&encoded));
        forms.insert(encoded);
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::{is_secret_name, secrets_in_text};

    #[test]
    fn names() {
        for name in [
            "password",
            "AccessKeySecret",
            "access_key_secret",
            "apiKey",
            "X-Api-Key",
            "JWKS",
            "privateKey",
            "security-token",
            "credential",
            "Credentials",
            "Authorization",
            "Set-Cookie",
            "clientSecret",
            "db.password",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "name",
            "secretName",
            "clientToken",
            "nextToken",
            "tokenPosition",
            "key",
            "allowCredentials",
            "passwordPolicy",
            "path",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn text() {
        let secrets = |text: &str| {
            secrets_in_text(text).into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>()
        };
        let text = "consumers:\n- name: a\n  credential: abc-def-ghi\n  \"token\": \"t o k\",\nx-password=p#q\ncredentials:\n";
        assert_eq!(secrets(text), ["abc-def-ghi", "t o k", "p#q"]);
        let key = "-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----";
        let pem = format!("a\n-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n{key}\nz");
        assert_eq!(secrets(&pem), [key]);
        assert_eq!(secrets(&format!("privateKey: {key}\nb: c")), [key]);
        assert_eq!(secrets("-----BEGIN PRIVATE KEY-----\nabc"), ["-----BEGIN PRIVATE KEY-----\nabc"]);
        assert!(secrets("-----BEGIN -----BEGIN ").is_empty());
    }
}
