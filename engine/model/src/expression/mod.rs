//! Expressions inside `${{ }}`: one small language, one parser, one evaluator. Pure.
//!
//! References (`inputs.x`, `steps.NAME.outputs.x`), texts in single quotes, numbers, `true`, `false`, `null`,
//! `==`, `!=`, `<`, `<=`, `>`, `>=`, `!`, `&&`, `||` and parentheses. Nothing can be called, so an
//! expression always ends and changes nothing.

mod eval;
mod parse;

#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value;

pub use eval::{Scope, fill};

/// An expression, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression(pub(crate) Term);

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term {
    Literal(Value),
    Reference(Reference),
    Not(Box<Term>),
    Two(Operator, Box<Term>, Box<Term>),
}

/// What stands between two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    Differs,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// Something outside the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// `inputs.NAME`
    Input {
        /// The input.
        name: String,
        /// Where it stands, in characters from the begin of the expression.
        at: usize,
    },
    /// `steps.NAME.outputs.FIELD...`
    Output {
        /// The step.
        step: String,
        /// Fields, from the outside in; the position in a list as digits.
        path: Vec<String>,
        /// Where it stands.
        at: usize,
    },
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { name, .. } => write!(f, "inputs.{name}"),
            Self::Output { step, path, .. } => write!(f, "steps.{step}.outputs.{}", path.join(".")),
        }
    }
}

/// An expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionMistake {
    /// Where, in characters from the begin of the expression.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub fix: String,
}

impl Expression {
    /// Reads an expression, without the braces around it.
    pub fn parse(text: &str) -> Result<Self, ExpressionMistake> {
        parse::parse(text).map(Self)
    }

    /// Everything outside that it names.
    #[must_use]
    pub fn references(&self) -> Vec<&Reference> {
        let mut found = Vec::new();
        gather(&self.0, &mut found);
        found
    }
}

fn gather<'a>(term: &'a Term, found: &mut Vec<&'a Reference>) {
    match term {
        Term::Literal(_) => {}
        Term::Reference(reference) => found.push(reference),
        Term::Not(inner) => gather(inner, found),
        Term::Two(_, left, right) => {
            gather(left, found);
            gather(right, found);
        }
    }
}

/// The pieces of a text that may hold expressions: what is plain, and what stands inside `${{ }}`. An expression
/// without an end is nothing.
pub fn pieces(text: &str) -> Option<Vec<Result<&str, &str>>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${{") {
        if start > 0 {
            found.push(Ok(&rest[..start]));
        }
        let after = &rest[start + 3..];
        let end = after.find("}}")?;
        found.push(Err(&after[..end]));
        rest = &after[end + 2..];
    }
    if !rest.is_empty() {
        found.push(Ok(rest));
    }
    Some(found)
}
