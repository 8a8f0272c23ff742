//! Single conditions in compiled form: texts, regular expressions, header and query values.

use std::collections::HashMap;
use std::sync::Arc;

use gateshift_lab_kernel::gateway::{MatchKind, ValueMatch};
use hyper::HeaderMap;
use regex::{Regex, RegexBuilder};

/// Compiled expressions by text and case rule, kept from one configuration to the next.
#[derive(Debug, Default)]
pub(crate) struct Expressions {
    known: HashMap<(String, bool), Option<Arc<Regex>>>,
    used: HashMap<(String, bool), Option<Arc<Regex>>>,
}

impl Expressions {
    /// The expression anchored to the whole text; nothing when it is not a valid one.
    pub(crate) fn compile(&mut self, pattern: &str, ignore_case: bool) -> Option<Arc<Regex>> {
        let key = (pattern.to_owned(), ignore_case);
        if let Some(found) = self.used.get(&key) {
            return found.clone();
        }
        let compiled = self.known.remove(&key).unwrap_or_else(|| build(pattern, ignore_case));
        self.used.insert(key, compiled.clone());
        compiled
    }

    /// Forgets what the configuration just compiled no longer uses.
    pub(crate) fn settle(&mut self) {
        self.known = std::mem::take(&mut self.used);
    }
}

fn build(pattern: &str, ignore_case: bool) -> Option<Arc<Regex>> {
    RegexBuilder::new(&format!("^(?:{pattern})$"))
        .case_insensitive(ignore_case)
        .build()
        .inspect_err(|error| tracing::warn!(pattern, %error, "a route's expression never matches"))
        .ok()
        .map(Arc::new)
}

/// A text condition.
#[derive(Debug)]
pub(crate) enum Text {
    Exact(String),
    Prefix(String),
    Regex(Arc<Regex>),
    /// An expression that does not compile.
    Never,
}

impl Text {
    pub(crate) fn compile(kind: MatchKind, value: &str, expressions: &mut Expressions) -> Self {
        match kind {
            MatchKind::Exact => Self::Exact(value.to_owned()),
            MatchKind::Prefix => Self::Prefix(value.to_owned()),
            MatchKind::Regex => expressions.compile(value, false).map_or(Self::Never, Self::Regex),
        }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(value) => text == value,
            Self::Prefix(value) => text.starts_with(value.as_str()),
            Self::Regex(expression) => expression.is_match(text),
            Self::Never => false,
        }
    }
}

/// A condition on a named value.
#[derive(Debug)]
pub(crate) struct Named {
    name: String,
    text: Text,
}

impl Named {
    /// A header condition; names of headers have no case.
    pub(crate) fn header(condition: &ValueMatch, expressions: &mut Expressions) -> Self {
        Self { name: condition.name.to_ascii_lowercase(), ..Self::query(condition, expressions) }
    }

    /// A query condition.
    pub(crate) fn query(condition: &ValueMatch, expressions: &mut Expressions) -> Self {
        Self {
            name: condition.name.clone(),
            text: Text::compile(condition.kind, &condition.value, expressions),
        }
    }

    /// Several headers of one name count as one with the values joined by commas.
    pub(crate) fn holds_in_headers(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(&self.name).iter();
        let Some(first) = values.next() else {
            return false;
        };
        let mut joined = String::from_utf8_lossy(first.as_bytes()).into_owned();
        for more in values {
            joined.push(',');
            joined.push_str(&String::from_utf8_lossy(more.as_bytes()));
        }
        self.text.matches(&joined)
    }

    /// The first parameter of that name counts, as it stands in the request.
    pub(crate) fn holds_in_query(&self, query: &str) -> bool {
        query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .find(|(name, _)| *name == self.name)
            .is_some_and(|(_, value)| self.text.matches(value))
    }
}

/// A path expression with the literal text every match must begin with, which is compared first so
/// that most expressions are never run.
#[derive(Debug)]
pub(crate) struct PathExpression {
    literal: String,
    expression: Arc<Regex>,
}

impl PathExpression {
    pub(crate) fn compile(pattern: &str, ignore_case: bool, expressions: &mut Expressions) -> Option<Self> {
        let expression = expressions.compile(pattern, ignore_case)?;
        let literal = if ignore_case { String::new() } else { literal_prefix(pattern) };
        Some(Self { literal, expression })
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        path.starts_with(&self.literal) && self.expression.is_match(path)
    }
}

/// A path condition that stands alone, outside of the table of routes.
#[derive(Debug)]
pub(crate) enum PathCondition {
    Exact(String, bool),
    Prefix(String, bool),
    Regex(Option<PathExpression>),
}

impl PathCondition {
    pub(crate) fn compile(kind: MatchKind, value: &str, ignore_case: bool) -> Self {
        let folded = if ignore_case { value.to_ascii_lowercase() } else { value.to_owned() };
        match kind {
            MatchKind::Exact => Self::Exact(folded, ignore_case),
            MatchKind::Prefix => Self::Prefix(folded, ignore_case),
            MatchKind::Regex => {
                Self::Regex(PathExpression::compile(value, ignore_case, &mut Expressions::default()))
            }
        }
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(value, false) => path == value,
            Self::Exact(value, true) => path.eq_ignore_ascii_case(value),
            Self::Prefix(value, false) => path.starts_with(value.as_str()),
            Self::Prefix(value, true) => path.to_ascii_lowercase().starts_with(value.as_str()),
            Self::Regex(expression) => expression.as_ref().is_some_and(|one| one.matches(path)),
        }
    }
}

/// The literal text that every match of the pattern begins with; empty when in doubt.
fn literal_prefix(pattern: &str) -> String {
    if pattern.contains('|') {
        return String::new();
    }
    let mut literal = String::new();
    let mut rest = pattern.trim_start_matches('^').chars().peekable();
    while let Some(character) = rest.next() {
        let character = match character {
            '\\' => match rest.next() {
                Some(escaped) if escaped.is_ascii_punctuation() => escaped,
                _ => break,
            },
            '.' | '[' | ']' | '(' | ')' | '{' | '}' | '*' | '+' | '?' | '^' | '$' | '#' => break,
            plain => plain,
        };
        if matches!(rest.peek(), Some('*' | '?' | '{')) {
            break;
        }
        literal.push(character);
    }
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_stop_at_the_first_doubt() {
        for (pattern, wanted) in [
            ("/api/v[0-9]+/.*", "/api/v"),
            ("^/a/b$", "/a/b"),
            ("/a\\.json", "/a.json"),
            ("/ab?c", "/a"),
            ("/ab*", "/a"),
            ("/ab+", "/ab"),
            ("/ab{2}", "/a"),
            ("/a|/b", ""),
            ("(?i)/a", ""),
            ("/a\\d", "/a"),
        ] {
            assert_eq!(literal_prefix(pattern), wanted, "{pattern}");
        }
    }

    #[test]
    fn expressions_match_the_whole_text_and_bad_ones_never() {
        let mut expressions = Expressions::default();
        let path = PathExpression::compile("/a/\\d+", false, &mut expressions).expect("valid");
        assert!(path.matches("/a/12"));
        assert!(!path.matches("/a/12/b"));
        assert!(!path.matches("/x/a/12"));
        assert!(PathExpression::compile("/a(", false, &mut expressions).is_none());
        assert!(!Text::compile(MatchKind::Regex, "(", &mut expressions).matches("("));
    }
}
