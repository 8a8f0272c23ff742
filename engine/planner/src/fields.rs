//! Reading the keys of a mapping: unknown ones, missing ones and values of the wrong type are
//! reported, and reading goes on.

use crate::codes;
use crate::diagnostic::{Diagnostic, Report, Span};
use crate::suggest;
use crate::tree::{Key, Kind, Node};

/// The keys a mapping may have.
pub(crate) type Allowed = &'static [&'static str];

/// A mapping whose keys have been looked at.
pub(crate) struct Fields<'n> {
    node: &'n Node,
    /// Where to point when something is missing.
    owner: Span,
    what: String,
}

impl<'n> Fields<'n> {
    /// Looks at a mapping. `what` names it in messages, `owner` is the key it stands under.
    pub(crate) fn read(
        node: &'n Node,
        owner: Span,
        what: impl Into<String>,
        allowed: Allowed,
        report: &mut Report,
    ) -> Option<Self> {
        let what = what.into();
        let entries = mapping(node, owner, &what, report)?;
        for (key, _) in entries {
            let name = key.text.as_str();
            if !allowed.contains(&name) {
                let fix = suggest::fix(name, allowed, report);
                report.push(
                    Diagnostic::error(codes::UNKNOWN_KEY, key.span, format!("{what} has no key `{name}`"))
                        .fix(fix),
                );
            }
        }
        Some(Self { node, owner, what })
    }

    /// Where to point when something is missing.
    pub(crate) fn owner(&self) -> Span {
        self.owner
    }

    /// The entry of that key.
    pub(crate) fn get(&self, name: &str) -> Option<(&'n Key, &'n Node)> {
        self.node.entry(name)
    }

    /// The entry of that key, which has to be there.
    pub(crate) fn require(&self, name: &str, fix: &str, report: &mut Report) -> Option<(&'n Key, &'n Node)> {
        let entry = self.get(name);
        if entry.is_none() {
            let message = format!("{} lacks `{name}`", self.what);
            report.push(Diagnostic::error(codes::MISSING_KEY, self.owner, message).fix(fix.to_owned()));
        }
        entry
    }

    /// The text of that key, if it is there and is one.
    pub(crate) fn text(&self, name: &str, report: &mut Report) -> Option<(&'n str, Span)> {
        let (_, node) = self.get(name)?;
        text(node, &format!("`{name}`"), report).map(|text| (text, node.span))
    }

    /// The text of that key, which has to be there.
    pub(crate) fn require_text(&self, name: &str, fix: &str, report: &mut Report) -> Option<(&'n str, Span)> {
        self.require(name, fix, report)?;
        self.text(name, report)
    }

    /// The entries of the mapping under that key; none when it is not there or empty.
    pub(crate) fn entries(&self, name: &str, report: &mut Report) -> &'n [(Key, Node)] {
        match self.get(name) {
            Some((_, node)) if node.kind == Kind::Null => &[],
            Some((key, node)) => mapping(node, key.span, &format!("`{name}`"), report).unwrap_or_default(),
            None => &[],
        }
    }
}

/// The entries of a mapping; anything else is reported.
fn mapping<'n>(node: &'n Node, owner: Span, what: &str, report: &mut Report) -> Option<&'n [(Key, Node)]> {
    match &node.kind {
        Kind::Map(entries) => Some(entries),
        Kind::Unknown => None,
        Kind::Null => {
            let message = format!("{what} is empty and has to be a mapping");
            report.push(
                Diagnostic::error(codes::TYPE, owner, message)
                    .fix("write `key: value` lines under it".to_owned()),
            );
            None
        }
        _ => {
            let message = format!("{what} is {} and has to be a mapping", node.describe());
            report.push(
                Diagnostic::error(codes::TYPE, node.span, message)
                    .fix("write `key: value` lines under it".to_owned()),
            );
            None
        }
    }
}

/// A text in which no expression is allowed; anything else is reported.
pub(crate) fn text<'n>(node: &'n Node, what: &str, report: &mut Report) -> Option<&'n str> {
    match &node.kind {
        Kind::Text(text) if text.contains("${{") => {
            let fix =
                "write the name itself; expressions go into `with`, `credentials`, `retry` and `timeout`"
                    .to_owned();
            report.push(
                Diagnostic::error(codes::EXPRESSION, node.span, format!("{what} takes no expression"))
                    .fix(fix),
            );
            None
        }
        Kind::Text(text) => Some(text),
        Kind::Unknown => None,
        _ => {
            let message = format!("{what} is {} and has to be text", node.describe());
            let fix = match node.kind {
                Kind::Bool(_) | Kind::Number(_) => "write it in quotes",
                _ => "write a text",
            };
            report.push(Diagnostic::error(codes::TYPE, node.span, message).fix(fix.to_owned()));
            None
        }
    }
}

/// Reports a name that is spelled wrongly; proposes one that is not.
pub(crate) fn bad_name(name: &str, span: Span, what: &str) -> Diagnostic {
    let slug: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' })
        .skip_while(|c| !c.is_ascii_lowercase())
        .take(63)
        .collect();
    let slug = slug.trim_end_matches('-');
    let message = format!("`{name}` is no name for {what}");
    let fix = if slug.is_empty() {
        "begin with a lower-case letter, then use lower-case letters, digits, `-` or `_`, at most 63 in all"
            .to_owned()
    } else {
        format!("write `{slug}`: lower-case letters, digits, `-` and `_`, at most 63, a letter first")
    };
    Diagnostic::error(codes::NAME, span, message).fix(fix)
}
