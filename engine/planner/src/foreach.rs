//! `foreach`: one step for each value of a list, before anything else is read. What comes out are steps like any
//! other, named `routes[gw-1]`, so that the engine needs to know nothing of lists.

use std::collections::BTreeMap;

use gateshift_model::{StepName, pieces};
use serde_json::Value;

use crate::codes;
use crate::diagnostic::{Diagnostic, Report};
use crate::inputs::{InputValue, InputValues};
use crate::tree::{Key, Kind, Node};

/// How an expression names the value that a step is made for.
const EACH: &str = "each.value";

/// The values of a step, in their order.
type Lists<'n> = BTreeMap<&'n str, Vec<Item>>;

#[derive(Debug, Clone, PartialEq)]
struct Item {
    /// As it stands in the name of the step.
    name: String,
    kind: Kind,
}

/// The steps with each `foreach` written out.
pub(crate) fn expand(entries: &[(Key, Node)], inputs: &InputValues, report: &mut Report) -> Vec<(Key, Node)> {
    let mut lists = Lists::new();
    for (key, node) in entries {
        if key.text.contains(['[', ']']) {
            report.push(crate::fields::bad_name(&key.text, key.span, "a step"));
        }
        if let Some((_, list)) = node.entry("foreach") {
            lists.insert(&key.text, items(list, inputs, report));
        }
    }
    let mut found = Vec::new();
    for (key, node) in entries {
        match lists.get(key.text.as_str()) {
            None => found.push((key.clone(), without(node, None, &lists))),
            Some(items) => found.extend(items.iter().map(|item| {
                let own = Each { item, list: items };
                let key = Key { text: format!("{}[{}]", key.text, item.name), ..key.clone() };
                (key, without(node, Some(&own), &lists))
            })),
        }
    }
    found
}

/// What a step is made for.
struct Each<'a> {
    item: &'a Item,
    list: &'a [Item],
}

fn items(node: &Node, inputs: &InputValues, report: &mut Report) -> Vec<Item> {
    let fix = "write a list: `foreach: [gw-1, gw-2]`, or an input of type `list`: `foreach: ${{ inputs.gateways }}`";
    let given: Vec<(Kind, &Node)> = match &node.kind {
        Kind::List(items) => items.iter().map(|item| (item.kind.clone(), item)).collect(),
        Kind::Text(text) => match listed(text, inputs) {
            Some(values) => values.into_iter().map(|value| (Kind::Text(value), node)).collect(),
            None => {
                let message = "the list of `foreach` has to be known before the run begins";
                report.push(Diagnostic::error(codes::FOREACH, node.span, message).fix(fix.to_owned()));
                return Vec::new();
            }
        },
        _ => {
            let message = format!("`foreach` is {} and has to be a list", node.describe());
            report.push(Diagnostic::error(codes::FOREACH, node.span, message).fix(fix.to_owned()));
            return Vec::new();
        }
    };
    if given.is_empty() {
        let message = "the list of `foreach` is empty: no step would be made";
        report.push(Diagnostic::error(codes::FOREACH, node.span, message).fix(fix.to_owned()));
    }
    let mut found: Vec<Item> = Vec::new();
    for (kind, place) in given {
        let name = match &kind {
            Kind::Text(text) => text.clone(),
            Kind::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let mistake = if StepName::new(format!("a[{name}]")).is_err() {
            Some((
                "a value of `foreach` becomes part of a name",
                "use letters, digits, `-`, `_` and `.`, at most 63",
            ))
        } else if found.iter().any(|one| one.name == name) {
            Some(("a value of `foreach` stands there twice", "remove one of the two"))
        } else {
            None
        };
        match mistake {
            Some((message, fix)) => {
                report.push(Diagnostic::error(codes::FOREACH, place.span, message).fix(fix.to_owned()));
            }
            None => found.push(Item { name, kind }),
        }
    }
    found
}

/// The values of an input, when the text is nothing but that.
fn listed(text: &str, inputs: &InputValues) -> Option<Vec<String>> {
    let pieces = pieces(text.trim())?;
    let [Err(inside)] = pieces.as_slice() else { return None };
    match inputs.get(inside.trim().strip_prefix("inputs.")?)? {
        InputValue::Set(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        }
        // A mistake of the input has been reported, and an empty list will be.
        InputValue::Broken => Some(Vec::new()),
        _ => None,
    }
}

/// A step without `foreach`, its needs written out, made for one value.
fn without(node: &Node, own: Option<&Each<'_>>, lists: &Lists<'_>) -> Node {
    let Kind::Map(entries) = &node.kind else { return node.clone() };
    let kept = entries.iter().filter(|(key, _)| key.text != "foreach");
    let map = kept.map(|(key, value)| {
        let value = if key.text == "needs" { needs(value, own, lists) } else { put(value, own, lists) };
        (key.clone(), value)
    });
    Node { span: node.span, kind: Kind::Map(map.collect()) }
}

/// Needs with each step of a list written out: of the same list the one for the same value, of another list all.
fn needs(node: &Node, own: Option<&Each<'_>>, lists: &Lists<'_>) -> Node {
    let Kind::List(items) = &node.kind else { return node.clone() };
    let mut found = Vec::new();
    for item in items {
        let Kind::Text(name) = &item.kind else {
            found.push(item.clone());
            continue;
        };
        let Some(list) = lists.get(name.as_str()) else {
            found.push(item.clone());
            continue;
        };
        let same = own.filter(|own| own.list == list.as_slice());
        let wanted = list.iter().filter(|one| same.is_none_or(|own| own.item == *one));
        found.extend(
            wanted.map(|one| Node { span: item.span, kind: Kind::Text(format!("{name}[{}]", one.name)) }),
        );
    }
    Node { span: node.span, kind: Kind::List(found) }
}

/// A value with what stands for the step's own value put in.
fn put(node: &Node, own: Option<&Each<'_>>, lists: &Lists<'_>) -> Node {
    let Some(own) = own else { return node.clone() };
    let kind = match &node.kind {
        Kind::Text(text) if text.contains("${{") => put_text(text, own, lists),
        Kind::List(items) => Kind::List(items.iter().map(|item| put(item, Some(own), lists)).collect()),
        Kind::Map(entries) => Kind::Map(
            entries.iter().map(|(key, value)| (key.clone(), put(value, Some(own), lists))).collect(),
        ),
        other => other.clone(),
    };
    Node { span: node.span, kind }
}

fn put_text(text: &str, own: &Each<'_>, lists: &Lists<'_>) -> Kind {
    let Some(pieces) = pieces(text) else { return Kind::Text(text.to_owned()) };
    if let [Err(inside)] = pieces.as_slice()
        && inside.trim() == EACH
    {
        return own.item.kind.clone();
    }
    let mut joined = String::new();
    for piece in pieces {
        match piece {
            Ok(plain) => joined.push_str(plain),
            Err(inside) if inside.trim() == EACH => joined.push_str(&own.item.name),
            Err(inside) => joined.push_str(&format!("${{{{{}}}}}", inner(inside, own, lists))),
        }
    }
    Kind::Text(joined)
}

/// An expression in which the value, and the steps that are made for the same value, are named.
fn inner(inside: &str, own: &Each<'_>, lists: &Lists<'_>) -> String {
    let literal = match &own.item.kind {
        Kind::Number(number) => number.to_string(),
        _ => format!("'{}'", own.item.name),
    };
    let mut text = word(inside, EACH, &literal);
    for (name, _) in lists.iter().filter(|(_, list)| list.as_slice() == own.list) {
        text = word(&text, &format!("steps.{name}."), &format!("steps.{name}['{}'].", own.item.name));
    }
    text
}

/// Replaces a word where it begins one.
fn word(text: &str, word: &str, by: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let before = rest[..at].chars().next_back().or(found.chars().next_back());
        let begins = !before.is_some_and(|c| c.is_ascii_alphanumeric() || "_-.'".contains(c));
        found.push_str(&rest[..at]);
        found.push_str(if begins { by } else { word });
        rest = &rest[at + word.len()..];
    }
    found.push_str(rest);
    found
}
