//! What an expression is worth.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Expression, Operator, Reference, Term, pieces};

/// Looks up what an expression names; null where there is nothing.
pub type Scope<'a> = &'a dyn Fn(&Reference) -> Value;

impl Expression {
    /// Its value. An error says which parts do not go together.
    pub fn value(&self, scope: Scope<'_>) -> Result<Value, String> {
        value(&self.0, scope)
    }

    /// Its value, which has to be true or false.
    pub fn holds(&self, scope: Scope<'_>) -> Result<bool, String> {
        truth(&self.0, scope)
    }
}

fn value(term: &Term, scope: Scope<'_>) -> Result<Value, String> {
    match term {
        Term::Literal(value) => Ok(value.clone()),
        Term::Reference(reference) => Ok(scope(reference)),
        Term::Not(inner) => truth(inner, scope).map(|truth| Value::Bool(!truth)),
        // What is decided by its left side does not need the right one.
        Term::Two(Operator::And, left, right) => Ok(Value::Bool(truth(left, scope)? && truth(right, scope)?)),
        Term::Two(Operator::Or, left, right) => Ok(Value::Bool(truth(left, scope)? || truth(right, scope)?)),
        Term::Two(operator, left, right) => {
            compare(*operator, &value(left, scope)?, &value(right, scope)?).map(Value::Bool)
        }
    }
}

fn truth(term: &Term, scope: Scope<'_>) -> Result<bool, String> {
    match value(term, scope)? {
        Value::Bool(truth) => Ok(truth),
        other => {
            let what = match term {
                Term::Reference(reference) => format!("`{reference}`"),
                _ => "a part of it".to_owned(),
            };
            Err(format!("{what} is {} and has to be true or false", kind(&other)))
        }
    }
}

fn compare(operator: Operator, left: &Value, right: &Value) -> Result<bool, String> {
    let equal = match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    };
    let order = || match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => {
            left.partial_cmp(&right).ok_or_else(|| "a number cannot be compared".to_owned())
        }
        _ => Err(format!("{} and {} have no order", kind(left), kind(right))),
    };
    Ok(match operator {
        Operator::Differs => !equal,
        Operator::Less => order()? == Ordering::Less,
        Operator::AtMost => order()? != Ordering::Greater,
        Operator::More => order()? == Ordering::Greater,
        Operator::AtLeast => order()? != Ordering::Less,
        Operator::Equal | Operator::And | Operator::Or => equal,
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// A text with its expressions worked out: one that is nothing but an expression takes its value with its type,
/// one inside a longer text becomes part of the text.
pub fn fill(text: &str, scope: Scope<'_>) -> Result<Value, String> {
    let pieces = pieces(text).ok_or("an expression has no end")?;
    let read = |inside: &str| Expression::parse(inside).map_err(|mistake| mistake.message)?.value(scope);
    if let [Err(only)] = pieces.as_slice() {
        return read(only);
    }
    let mut joined = String::new();
    for piece in pieces {
        match piece {
            Ok(plain) => joined.push_str(plain),
            Err(inside) => match read(inside)? {
                Value::String(text) => joined.push_str(&text),
                value @ (Value::Bool(_) | Value::Number(_)) => joined.push_str(&value.to_string()),
                other => {
                    return Err(format!(
                        "`{}` is {} and cannot become part of a text",
                        inside.trim(),
                        kind(&other)
                    ));
                }
            },
        }
    }
    Ok(Value::String(joined))
}
