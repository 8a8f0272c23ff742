//! Mistakes as data: a code, a place, a cause, a fix.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::source::Source;

/// How many are kept; a file with more is broken as a whole, and the first ones tell.
const LIMIT: usize = 200;
/// Longest message or fix.
const MAX_TEXT: usize = 600;

/// A place in the file; columns and lengths count characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// Characters, at least 1.
    pub length: usize,
}

impl Span {
    /// The beginning of the file.
    pub(crate) const START: Self = Self { line: 1, column: 1, length: 1 };
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The workflow cannot run.
    Error,
    /// It can run, though probably not as meant.
    Warning,
    /// For information.
    Note,
}

/// Another place that belongs to the mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable code such as `GS-WF-CYCLE`.
    pub code: Cow<'static, str>,
    /// How much it matters.
    pub severity: Level,
    /// The cause.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Other places that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
}

impl Diagnostic {
    pub(crate) fn new(
        severity: Level,
        code: impl Into<Cow<'static, str>>,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self { code: code.into(), severity, message: message.into(), span, fix: None, related: Vec::new() }
    }

    pub(crate) fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Level::Error, code, span, message)
    }

    pub(crate) fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Level::Warning, code, span, message)
    }

    pub(crate) fn fix(mut self, fix: impl Into<Option<String>>) -> Self {
        self.fix = fix.into();
        self
    }

    pub(crate) fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Related { span, message: message.into() });
        self
    }
}

/// Collects mistakes while the checks go on.
#[derive(Debug, Default)]
pub(crate) struct Report {
    found: Vec<Diagnostic>,
    left_out: usize,
    secrets: Vec<Span>,
}

impl Report {
    pub(crate) fn push(&mut self, mut diagnostic: Diagnostic) {
        if self.is_full() {
            self.left_out += 1;
            return;
        }
        diagnostic.message = one_line(&diagnostic.message);
        diagnostic.fix = diagnostic.fix.as_deref().map(one_line);
        self.found.push(diagnostic);
    }

    /// Whether more mistakes are only counted; costly proposals need not be worked out then.
    pub(crate) fn is_full(&self) -> bool {
        self.found.len() >= LIMIT
    }

    /// How many there are so far.
    pub(crate) fn count(&self) -> usize {
        self.found.len() + self.left_out
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.left_out > 0 || self.found.iter().any(|one| one.severity == Level::Error)
    }

    /// Keeps the value at that place out of everything that is shown.
    pub(crate) fn hide(&mut self, span: Span) {
        self.secrets.push(span);
    }

    pub(crate) fn finish(mut self, source: &Source<'_>) -> Diagnostics {
        for one in &mut self.found {
            one.span = source.clamp(one.span);
            for related in &mut one.related {
                related.span = source.clamp(related.span);
            }
        }
        self.found.sort_by(|a, b| (a.span, a.severity, &a.code).cmp(&(b.span, b.severity, &b.code)));
        self.found.dedup();
        Diagnostics {
            file: source.name().to_owned(),
            diagnostics: self.found,
            left_out: self.left_out,
            lines: source.lines_without(&self.secrets),
        }
    }
}

/// Values of the file that a message repeats may be long and have lines of their own.
fn one_line(text: &str) -> String {
    let mut letters = text.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c });
    let mut line: String = letters.by_ref().take(MAX_TEXT).collect();
    if letters.next().is_some() {
        line.push_str(" ...");
    }
    line
}

/// All mistakes of a file, in the order of their places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostics {
    /// The file, as it was named.
    pub file: String,
    /// The mistakes.
    pub diagnostics: Vec<Diagnostic>,
    /// How many more there were.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: usize,
    /// The text, secrets blotted out.
    #[serde(skip)]
    pub(crate) lines: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `skip_serializing_if` passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Diagnostics {
    /// Whether one of them forbids the run.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.left_out > 0 || self.diagnostics.iter().any(|one| one.severity == Level::Error)
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// For people: each with its line of the file, a mark under the place, and the fix.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        crate::render::render(self, color)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
