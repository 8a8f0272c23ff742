//! `${{ inputs.name }}`: puts the values of inputs into a tree.
//!
//! A text that is nothing but one expression takes the input's value with its type; an expression
//! inside a longer text becomes part of the text. An input without a value takes its key, or its
//! place in a list, away with it.

use crate::codes;
use crate::diagnostic::{Diagnostic, Report, Span};
use crate::inputs::{InputValue, InputValues, is_input_name, plain};
use crate::outputs::{Reach, is_later};
use crate::source::Source;
use crate::suggest;
use crate::tree::{Kind, Node};

/// Puts values into trees.
#[derive(Clone, Copy)]
pub(crate) struct Expander<'a> {
    pub(crate) inputs: &'a InputValues,
    pub(crate) source: &'a Source<'a>,
    /// The steps whose outputs may be asked for; none where values have to be known at once.
    pub(crate) outputs: Option<&'a Reach<'a>>,
}

enum Piece<'t> {
    Literal(&'t str),
    Expression(&'t str),
    Unclosed,
}

impl Expander<'_> {
    /// The tree with its expressions worked out; `None` when it was one expression without a value.
    pub(crate) fn expand(&self, node: &Node, report: &mut Report) -> Option<Node> {
        let kind = match &node.kind {
            Kind::Text(text) if text.contains("${{") => self.text(text, node.span, report)?,
            Kind::List(items) => {
                Kind::List(items.iter().filter_map(|item| self.expand(item, report)).collect())
            }
            Kind::Map(entries) => {
                let mut map = Vec::new();
                for (key, value) in entries {
                    if key.text.contains("${{") {
                        let fix = "write the key itself; expressions go into values".to_owned();
                        report.push(
                            Diagnostic::error(codes::EXPRESSION, key.span, "a key takes no expression")
                                .fix(fix),
                        );
                    }
                    if let Some(value) = self.expand(value, report) {
                        map.push((key.clone(), value));
                    }
                }
                Kind::Map(map)
            }
            other => other.clone(),
        };
        Some(Node { span: node.span, kind })
    }

    /// A text that is worked out when the step begins.
    fn later(&self, reach: &Reach<'_>, text: &str, span: Span, report: &mut Report) -> Kind {
        let inside = split(text).into_iter().filter_map(|piece| match piece {
            Piece::Expression(inside) => Some(inside),
            _ => None,
        });
        let mut sound = true;
        for (nth, inside) in inside.enumerate() {
            // Looking for the place takes a walk through the text.
            let place = if report.is_full() { span } else { self.place(span, nth, Some(inside)) };
            sound &= reach.check(inside, place, self.inputs, report);
        }
        if sound { Kind::Later(text.to_owned()) } else { Kind::Unknown }
    }

    fn text(&self, text: &str, span: Span, report: &mut Report) -> Option<Kind> {
        if let Some(reach) = self.outputs
            && is_later(text)
        {
            return Some(self.later(reach, text, span, report));
        }
        let pieces = split(text);
        let whole = matches!(pieces.as_slice(), [Piece::Expression(_)]);
        let mut joined = String::new();
        let mut known = true;
        let mut nth = 0;
        for piece in pieces {
            let expression = match piece {
                Piece::Literal(literal) => {
                    joined.push_str(literal);
                    continue;
                }
                Piece::Expression(expression) => Some(expression),
                Piece::Unclosed => None,
            };
            // Looking for the place takes a walk through the text: not worth it for what is only counted.
            let place = if report.is_full() { span } else { self.place(span, nth, expression) };
            nth += 1;
            match self.value(expression, place, report) {
                Some(InputValue::Set(value)) if whole => return Some(scalar(value, span)),
                Some(InputValue::Set(value)) => joined.push_str(&plain(value)),
                Some(InputValue::Unset) if whole => return None,
                Some(InputValue::Unset) => {
                    let name = expression.unwrap_or_default().trim();
                    let message = format!("`{name}` has no value to put into the text");
                    let fix = "give the input a `default`, or make it `required: true`".to_owned();
                    report.push(Diagnostic::error(codes::INPUT_MISSING, place, message).fix(fix));
                    known = false;
                }
                Some(InputValue::Broken) | None => known = false,
            }
        }
        Some(if known { Kind::Text(joined) } else { Kind::Unknown })
    }

    /// The value of an expression; one that cannot be read is reported.
    fn value(&self, expression: Option<&str>, place: Span, report: &mut Report) -> Option<&InputValue> {
        let Some(expression) = expression else {
            let fix = "close it: `${{ inputs.name }}`".to_owned();
            report
                .push(Diagnostic::error(codes::EXPRESSION, place, "the expression has no end `}}`").fix(fix));
            return None;
        };
        let name = expression.trim().strip_prefix("inputs.").filter(|name| is_input_name(name));
        let Some(name) = name else {
            let message = format!("`{}` is no expression this version knows", expression.trim());
            let fix = "write `${{ inputs.name }}`".to_owned();
            report.push(Diagnostic::error(codes::EXPRESSION, place, message).fix(fix));
            return None;
        };
        let value = self.inputs.get(name);
        if value.is_none() {
            let names: Vec<&str> = self.inputs.keys().map(String::as_str).collect();
            let fix = match suggest::nearest(name, names.iter().copied(), report) {
                Some(near) => format!("did you mean `inputs.{near}`?"),
                None => format!("declare it: `inputs: {{ {name}: {{ type: string }} }}`"),
            };
            let message = format!("there is no input `{name}`");
            report.push(Diagnostic::error(codes::INPUT_UNKNOWN, place, message).fix(fix));
        }
        value
    }

    /// Where the `nth` expression of a text stands; the text itself when that cannot be told.
    pub(crate) fn place(&self, text: Span, nth: usize, expression: Option<&str>) -> Span {
        let length = expression.map_or(3, |expression| expression.chars().count() + 5);
        self.source.find(text, "${{", nth).map_or(text, |found| Span { length, ..found })
    }
}

fn split(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${{") {
        if start > 0 {
            pieces.push(Piece::Literal(&rest[..start]));
        }
        let after = &rest[start + 3..];
        let Some(end) = after.find("}}") else {
            pieces.push(Piece::Unclosed);
            return pieces;
        };
        pieces.push(Piece::Expression(&after[..end]));
        rest = &after[end + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

fn scalar(value: &serde_json::Value, span: Span) -> Kind {
    match value {
        serde_json::Value::Bool(value) => Kind::Bool(*value),
        serde_json::Value::Number(value) => Kind::Number(value.clone()),
        serde_json::Value::Array(items) => {
            Kind::List(items.iter().map(|item| Node { span, kind: scalar(item, span) }).collect())
        }
        other => Kind::Text(plain(other)),
    }
}
