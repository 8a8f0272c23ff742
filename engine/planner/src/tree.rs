//! YAML as a tree in which every key and value knows its place.
//!
//! A tree instead of typed structs, because a typed parse stops at the first mistake and this crate
//! reports them all.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{DuplicateKeyPolicy, Location, MergeKeyPolicy, NonFiniteFloatPolicy, Options, Spanned};

use crate::diagnostic::{Diagnostic, Report, Span};
use crate::source::{Source, WorkflowSource};
use crate::{codes, secrets};

/// Largest file that is read at all.
const MAX_BYTES: usize = 1 << 20;
/// Most values in a file, those that aliases repeat included.
const MAX_NODES: usize = 50_000;
/// How the reader begins to say that one of its limits was met.
const TOO_COMPLEX: &str = "YAML document too large or too complex";
/// Deepest nesting.
const MAX_DEPTH: usize = 32;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Its place; the length of a text over several lines counts them all.
    pub(crate) span: Span,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
    /// A text with expressions that are worked out when the step begins.
    Later(String),
    /// An expression that could not be worked out and has been reported.
    Unknown,
}

/// A key with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) span: Span,
    pub(crate) text: String,
}

impl Node {
    /// The value as JSON; what is not known is null.
    pub(crate) fn to_json(&self) -> Value {
        match &self.kind {
            // What is not known yet fits everywhere: what is said against it is passed over.
            Kind::Null | Kind::Unknown | Kind::Later(_) => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(value) => Value::Number(value.clone()),
            Kind::Text(value) => Value::String(value.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Kind::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    map.entry(key.text.clone()).or_insert_with(|| value.to_json());
                }
                Value::Object(map)
            }
        }
    }

    /// The entry of a mapping.
    pub(crate) fn entry(&self, name: &str) -> Option<(&Key, &Self)> {
        match &self.kind {
            Kind::Map(entries) => {
                entries.iter().find(|(key, _)| key.text == name).map(|(key, value)| (key, value))
            }
            _ => None,
        }
    }

    /// Whether something in it could not be worked out.
    pub(crate) fn has_unknown(&self) -> bool {
        match &self.kind {
            Kind::Unknown | Kind::Later(_) => true,
            Kind::List(items) => items.iter().any(Self::has_unknown),
            Kind::Map(entries) => entries.iter().any(|(_, value)| value.has_unknown()),
            _ => false,
        }
    }

    /// Whether something in it has a mistake that was reported.
    pub(crate) fn is_broken(&self) -> bool {
        match &self.kind {
            Kind::Unknown => true,
            Kind::List(items) => items.iter().any(Self::is_broken),
            Kind::Map(entries) => entries.iter().any(|(_, value)| value.is_broken()),
            _ => false,
        }
    }

    /// The texts in it that are worked out later, each with its JSON pointer.
    pub(crate) fn later(&self, pointer: &str, found: &mut Vec<(String, String)>) {
        match &self.kind {
            Kind::Later(text) => found.push((pointer.to_owned(), text.clone())),
            Kind::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    item.later(&format!("{pointer}/{place}"), found);
                }
            }
            Kind::Map(entries) => {
                for (key, value) in entries {
                    value.later(
                        &format!("{pointer}/{}", key.text.replace('~', "~0").replace('/', "~1")),
                        found,
                    );
                }
            }
            _ => {}
        }
    }

    /// What it is, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "empty",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
            Kind::Unknown => "unknown",
            Kind::Later(_) => "an expression",
        }
    }
}

/// Reads a file; `None` when it is no YAML, which has been reported then.
pub(crate) fn parse(file: &WorkflowSource, source: &Source<'_>, report: &mut Report) -> Option<Node> {
    if file.text.len() > MAX_BYTES {
        let message =
            format!("the file has {} bytes, more than the {MAX_BYTES} a workflow may have", file.text.len());
        report.push(
            Diagnostic::error(codes::TOO_LARGE, Span::START, message).fix("split the workflow".to_owned()),
        );
        return None;
    }
    match serde_saphyr::from_str_with_options::<Node>(&file.text, options()) {
        Ok(root) => {
            report_duplicates(&root, report);
            Some(root)
        }
        Err(error) => {
            // Without a tree only the spelling of a line tells that it holds a secret.
            secrets::in_text(source).for_each(|span| report.hide(span));
            report.push(syntax_error(&error, source));
            None
        }
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::Reject,
        budget: serde_saphyr::budget! {
            max_nodes: MAX_NODES,
            max_events: 4 * MAX_NODES,
            max_depth: MAX_DEPTH,
            max_total_scalar_bytes: MAX_BYTES,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_NODES },
    }
}

fn syntax_error(error: &serde_saphyr::Error, source: &Source<'_>) -> Diagnostic {
    let plain = error.without_snippet();
    let span = plain.location().map_or(Span::START, span_of);
    let text = plain.render_with_formatter(&serde_saphyr::UserMessageFormatter);
    let message = text.split_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned();
    // A limit that is met inside an alias comes without its kind, so the words decide.
    if matches!(plain, serde_saphyr::Error::Budget { .. }) || message.starts_with(TOO_COMPLEX) {
        let fix = "write less, nest less, or repeat less through aliases".to_owned();
        let which = message.strip_prefix(TOO_COMPLEX).map(|which| which.trim_start_matches([':', ' ']));
        let message = format!("the file is too large or repeats too much ({})", which.unwrap_or(&message));
        return Diagnostic::error(codes::TOO_LARGE, span, message).fix(fix);
    }
    let fix = match plain {
        serde_saphyr::Error::MergeKeyNotAllowed { .. } => {
            Some("write the keys out, or give them to each with an alias".to_owned())
        }
        serde_saphyr::Error::UnknownAnchor { .. } => {
            Some("mark the value above with `&name`, then repeat it with `*name`".to_owned())
        }
        _ => syntax_fix(source.line(span.line)),
    };
    Diagnostic::error(codes::YAML, span, message).fix(fix)
}

/// The usual reasons for a line that is no YAML.
fn syntax_fix(line: &str) -> Option<String> {
    if line.contains('{') && line.contains("${{") {
        return Some("write the expression in double quotes: \"${{ inputs.name }}\"".to_owned());
    }
    if line.trim_start().starts_with('\t') || line.starts_with('\t') {
        return Some("indent with spaces, not with tabs".to_owned());
    }
    (line.matches(": ").count() > 1).then(|| "write a text that holds `: ` in quotes".to_owned())
}

fn report_duplicates(node: &Node, report: &mut Report) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| report_duplicates(item, report)),
        Kind::Map(entries) => {
            let mut first = std::collections::HashMap::new();
            for (key, value) in entries {
                let before = *first.entry(key.text.as_str()).or_insert(key.span);
                if before != key.span {
                    let message = format!("`{}` is written twice", key.text);
                    let diagnostic = Diagnostic::error(codes::DUPLICATE_KEY, key.span, message)
                        .fix("remove one of the two".to_owned())
                        .related(before, "it is here already");
                    report.push(diagnostic);
                }
                report_duplicates(value, report);
            }
        }
        _ => {}
    }
}

fn span_of(location: Location) -> Span {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    Span {
        line: number(location.line()).max(1),
        column: number(location.column()).max(1),
        length: usize::try_from(location.span().len()).unwrap_or(1).max(1),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(deserializer)?;
        Ok(Self { span: span_of(spanned.referenced), kind: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<String>::deserialize(deserializer)?;
        Ok(Self { span: span_of(spanned.referenced), text: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Kind, E> {
        Number::from_f64(value).map(Kind::Number).ok_or_else(|| E::custom("a number has to be finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Kind::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Kind, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
            if map.len() > MAX_NODES {
                return Err(A::Error::custom("a mapping has too many entries"));
            }
        }
        Ok(Kind::Map(map))
    }
}
