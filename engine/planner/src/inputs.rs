//! Inputs: how they are declared, and the values they get from the command line.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use crate::codes;
use crate::diagnostic::{Diagnostic, Report, Span};
use crate::fields::{Allowed, Fields, text};
use crate::suggest;
use crate::tree::{Key, Kind, Node};
use gateshift_model::{parse_duration, parse_percent};

/// The types an input can have.
pub(crate) const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "duration", "percent", "list"];

const KEYS: Allowed = &["type", "default", "required", "description", "enum"];

/// What an input is worth.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum InputValue {
    /// This.
    Set(Value),
    /// Nothing: it has no default, is not required, and was not set.
    Unset,
    /// A mistake, reported already.
    Broken,
}

/// Every declared input with its value.
pub(crate) type InputValues = BTreeMap<String, InputValue>;

struct Declaration<'n> {
    name: &'n str,
    span: Span,
    kind: &'n str,
    default: Option<(Value, Span)>,
    required: bool,
    options: Vec<Value>,
    sound: bool,
}

/// Reads the declarations and works out the values.
pub(crate) fn values(
    root: &Fields<'_>,
    given: &BTreeMap<String, String>,
    report: &mut Report,
) -> InputValues {
    let entries = root.entries("inputs", report);
    let declared: Vec<_> = entries.iter().map(|(key, node)| declaration(key, node, report)).collect();
    let names: Vec<&str> = declared.iter().map(|one| one.name).collect();
    let place = root.get("inputs").map_or(root.owner(), |(key, _)| key.span);
    for name in given.keys().filter(|name| !names.contains(&name.as_str())) {
        let message = format!("the input `{name}` was set, but the workflow does not declare it");
        let fix = suggest::fix(name, &names, report)
            .or_else(|| Some(format!("declare it: `inputs: {{ {name}: {{ type: string }} }}`")));
        report.push(Diagnostic::error(codes::INPUT_UNKNOWN, place, message).fix(fix));
    }
    declared.into_iter().map(|one| (one.name.to_owned(), value(&one, given.get(one.name), report))).collect()
}

fn declaration<'n>(key: &'n Key, node: &'n Node, report: &mut Report) -> Declaration<'n> {
    let mut one = Declaration {
        name: &key.text,
        span: key.span,
        kind: "string",
        default: None,
        required: false,
        options: Vec::new(),
        sound: true,
    };
    if !is_input_name(&key.text) {
        let fix = "use letters, digits, `-` and `_`, a letter first".to_owned();
        report.push(
            Diagnostic::error(codes::NAME, key.span, format!("`{}` is no name for an input", key.text))
                .fix(fix),
        );
    }
    let Some(fields) = Fields::read(node, key.span, format!("input `{}`", key.text), KEYS, report) else {
        one.sound = false;
        return one;
    };
    match fields.require_text("type", "add `type: string`", report) {
        Some((kind, _)) if TYPES.contains(&kind) => one.kind = kind,
        Some((kind, span)) => {
            let fix = suggest::fix(kind, &TYPES, report);
            report.push(
                Diagnostic::error(codes::INPUT, span, format!("`{kind}` is no type of input")).fix(fix),
            );
            one.sound = false;
        }
        None => one.sound = false,
    }
    fields.text("description", report);
    one.required = required(&fields, report);
    if one.sound {
        one.options = options(&fields, &one, report);
        one.default = default(&fields, &mut one, report);
    }
    one
}

fn required(fields: &Fields<'_>, report: &mut Report) -> bool {
    match fields.get("required").map(|(_, node)| (node, &node.kind)) {
        Some((_, Kind::Bool(required))) => *required,
        Some((node, _)) => {
            let message = format!("`required` is {} and has to be true or false", node.describe());
            report.push(
                Diagnostic::error(codes::TYPE, node.span, message).fix("write `required: true`".to_owned()),
            );
            false
        }
        None => false,
    }
}

fn options(fields: &Fields<'_>, one: &Declaration<'_>, report: &mut Report) -> Vec<Value> {
    let Some((_, node)) = fields.get("enum") else { return Vec::new() };
    let Kind::List(items) = &node.kind else {
        let message = format!("`enum` is {} and has to be a list", node.describe());
        report
            .push(Diagnostic::error(codes::TYPE, node.span, message).fix("write `enum: [a, b]`".to_owned()));
        return Vec::new();
    };
    items.iter().filter_map(|item| typed(item, one.kind, report)).collect()
}

fn default(fields: &Fields<'_>, one: &mut Declaration<'_>, report: &mut Report) -> Option<(Value, Span)> {
    let (key, node) = fields.get("default")?;
    if one.required {
        let message = format!("the input `{}` is required, so its default is never used", one.name);
        report.push(
            Diagnostic::error(codes::INPUT, key.span, message)
                .fix("remove `required` or `default`".to_owned()),
        );
    }
    let value = typed(node, one.kind, report);
    one.sound &= value.is_some();
    value.map(|value| (value, node.span))
}

/// A value of the file as the input's type has it.
fn typed(node: &Node, kind: &str, report: &mut Report) -> Option<Value> {
    let fits = match (&node.kind, kind) {
        (Kind::Number(number), "integer") => number.is_i64() || number.is_u64(),
        (Kind::Number(_), "number") | (Kind::Bool(_), "boolean") => true,
        (Kind::Text(text), "duration" | "percent") => return unit(text, kind, node.span, report),
        (Kind::Number(number), "duration" | "percent") => {
            return unit(&number.to_string(), kind, node.span, report);
        }
        (Kind::List(items), "list") => {
            let texts: Vec<_> =
                items.iter().map(|item| text(item, "an entry of a `list` input", report)).collect();
            return texts
                .into_iter()
                .map(|text| text.map(Value::from))
                .collect::<Option<Vec<_>>>()
                .map(Value::Array);
        }
        (_, "string") => return text(node, "the value of a `string` input", report).map(Value::from),
        _ => false,
    };
    if !fits {
        let message = format!("the value of a `{kind}` input is {}", node.describe());
        report.push(Diagnostic::error(codes::INPUT, node.span, message).fix(example(kind)));
        return None;
    }
    Some(node.to_json())
}

fn unit(text: &str, kind: &str, span: Span, report: &mut Report) -> Option<Value> {
    let mistake = if kind == "duration" { parse_duration(text).err() } else { parse_percent(text).err() };
    match mistake {
        Some(mistake) => {
            report.push(Diagnostic::error(codes::UNIT, span, mistake.message).fix(mistake.fix));
            None
        }
        None => Some(Value::from(text)),
    }
}

fn value(one: &Declaration<'_>, given: Option<&String>, report: &mut Report) -> InputValue {
    if !one.sound {
        return InputValue::Broken;
    }
    let (value, span) = match (given, &one.default) {
        (Some(text), _) => match from_command_line(text, one, report) {
            Some(value) => (value, one.span),
            None => return InputValue::Broken,
        },
        (None, Some((value, span))) => (value.clone(), *span),
        (None, None) if one.required => {
            let message = format!("the input `{}` is required and has no value", one.name);
            let fix = format!("give it one: --set {}=VALUE", one.name);
            report.push(Diagnostic::error(codes::INPUT_MISSING, one.span, message).fix(fix));
            return InputValue::Broken;
        }
        (None, None) => return InputValue::Unset,
    };
    if !one.options.is_empty() && !one.options.contains(&value) {
        let options: Vec<String> = one.options.iter().map(plain).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let message = format!("the input `{}` cannot be `{}`", one.name, plain(&value));
        let fix = suggest::fix(&plain(&value), &options, report);
        report.push(Diagnostic::error(codes::INPUT, span, message).fix(fix));
        return InputValue::Broken;
    }
    InputValue::Set(value)
}

fn from_command_line(text: &str, one: &Declaration<'_>, report: &mut Report) -> Option<Value> {
    let value = match one.kind {
        "integer" => text.parse::<i64>().ok().map(Value::from),
        "number" => text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
        "boolean" => text.parse::<bool>().ok().map(Value::from),
        "duration" | "percent" => return unit(text, one.kind, one.span, report),
        "list" => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(Value::Array(items.map(Value::from).collect()))
        }
        _ => Some(Value::from(text)),
    };
    if value.is_none() {
        let message = format!("the input `{}` was set to `{text}`, which is no {}", one.name, one.kind);
        report.push(Diagnostic::error(codes::INPUT, one.span, message).fix(example(one.kind)));
    }
    value
}

fn example(kind: &str) -> String {
    match kind {
        "integer" => "write a whole number such as `5`",
        "number" => "write a number such as `0.5`",
        "boolean" => "write `true` or `false`",
        "duration" => "write a duration such as `30m`",
        "percent" => "write a percentage such as `5%`",
        "list" => "write a list of texts such as `[gw-1, gw-2]`",
        _ => "write a text",
    }
    .to_owned()
}

/// A scalar as it reads inside a text.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether an input can have that name.
pub(crate) fn is_input_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        && name.len() <= 63
}
