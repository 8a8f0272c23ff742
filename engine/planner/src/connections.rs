//! The connections of a workflow.

use std::collections::BTreeMap;

use gateshift_model::{ConnectionDefinition, ConnectionName};
use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::codes;
use crate::diagnostic::{Diagnostic, Report, Span};
use crate::expand::Expander;
use crate::fields::{Allowed, Fields, bad_name};
use crate::secrets::looks_secret;
use crate::settings::Settings;
use crate::suggest;
use crate::tree::{Key, Kind, Node};

const KEYS: Allowed = &["uses", "with", "credentials"];
/// Where a key can come from.
pub(crate) const CREDENTIALS: [&str; 4] = ["profile", "env", "file", "role"];

/// A connection that was read, sound or not.
pub(crate) struct Connection<'n> {
    pub(crate) name: &'n str,
    pub(crate) span: Span,
    /// Its kind, when it has one that exists.
    pub(crate) kind: Option<String>,
    /// The frozen form, when nothing is wrong with it.
    pub(crate) definition: Option<(ConnectionName, ConnectionDefinition)>,
}

/// Reads all connections.
pub(crate) fn read<'n>(
    root: &Fields<'n>,
    catalogue: &dyn Catalogue,
    expander: &Expander<'_>,
    report: &mut Report,
) -> Vec<Connection<'n>> {
    let entries = root.entries("connections", report);
    let mut seen = std::collections::BTreeSet::new();
    let first = entries.iter().filter(|(key, _)| seen.insert(key.text.as_str()));
    first.map(|(key, node)| connection(key, node, catalogue, expander, report)).collect()
}

fn connection<'n>(
    key: &'n Key,
    node: &Node,
    catalogue: &dyn Catalogue,
    expander: &Expander<'_>,
    report: &mut Report,
) -> Connection<'n> {
    let mut one = Connection { name: &key.text, span: key.span, kind: None, definition: None };
    let name = ConnectionName::new(&*key.text).ok();
    if name.is_none() {
        report.push(bad_name(&key.text, key.span, "a connection"));
    }
    let what = format!("connection `{}`", key.text);
    let Some(fields) = Fields::read(node, key.span, what, KEYS, report) else { return one };
    let Some((uses, span)) = fields.require_text("uses", "say which kind it is: `uses: ...`", report) else {
        return one;
    };
    let with = fields.get("with").and_then(|(key, node)| Some((key.span, expander.expand(node, report)?)));
    if let Some((_, with)) = &with {
        refuse_secrets(with, report);
    }
    let credentials = credentials(&fields, expander, report);
    let Some(kind) = catalogue.connection_kind(uses) else {
        let kinds = catalogue.kinds();
        let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let fix = suggest::fix(uses, &kinds, report);
        report.push(
            Diagnostic::error(codes::KIND_UNKNOWN, span, format!("there is no kind of connection `{uses}`"))
                .fix(fix),
        );
        return one;
    };
    one.kind = Some(kind.name.clone());
    let (owner, with) = with.unwrap_or_else(|| (key.span, empty(key.span)));
    let with = if with.kind == Kind::Null { empty(with.span) } else { with };
    let what = format!("connection kind `{uses}`");
    let checked =
        Settings { schema: &kind.settings, with: &with, what: &what, owner }.check(expander.source, report);
    let with = match checked {
        Some(Value::Object(with)) => Some(with.into_iter().collect()),
        _ => None,
    };
    if let (Some(name), Some(with), Some(credentials)) = (name, with, credentials) {
        one.definition = Some((name, ConnectionDefinition { uses: kind.name, with, credentials }));
    }
    one
}

/// A mapping without entries.
pub(crate) fn empty(span: Span) -> Node {
    Node { span, kind: Kind::Map(Vec::new()) }
}

/// References to keys; `None` when something is wrong with them.
fn credentials(
    fields: &Fields<'_>,
    expander: &Expander<'_>,
    report: &mut Report,
) -> Option<BTreeMap<String, Value>> {
    let Some((key, node)) = fields.get("credentials") else { return Some(BTreeMap::new()) };
    let Some(node) = expander.expand(node, report) else { return Some(BTreeMap::new()) };
    let fix = "write `credentials: { profile: NAME }`, or leave it out for the usual places".to_owned();
    let Kind::Map(entries) = &node.kind else {
        if matches!(node.kind, Kind::Text(_)) {
            report.hide(node.span);
        }
        let span = if node.kind == Kind::Null { key.span } else { node.span };
        let message = format!("`credentials` is {} and has to be a mapping", node.describe());
        report.push(Diagnostic::error(codes::TYPE, span, message).fix(fix));
        return None;
    };
    let mut sound = true;
    for (key, value) in entries {
        if CREDENTIALS.contains(&key.text.as_str()) {
            if !matches!(value.kind, Kind::Text(_)) {
                sound = false;
                if value.kind != Kind::Unknown {
                    let message = format!("`{}` is {} and has to be text", key.text, value.describe());
                    report.push(Diagnostic::error(codes::TYPE, value.span, message).fix(fix.clone()));
                }
            }
        } else if looks_secret(&key.text) {
            sound = false;
            report_secret(key, value, report);
        } else {
            sound = false;
            let fix = suggest::fix(&key.text, &CREDENTIALS, report);
            let message = format!("`credentials` has no key `{}`", key.text);
            report.push(Diagnostic::error(codes::UNKNOWN_KEY, key.span, message).fix(fix));
        }
    }
    sound.then(|| entries.iter().map(|(key, value)| (key.text.clone(), value.to_json())).collect())
}

fn refuse_secrets(node: &Node, report: &mut Report) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| refuse_secrets(item, report)),
        Kind::Map(entries) => {
            for (key, value) in entries {
                if looks_secret(&key.text) && matches!(value.kind, Kind::Text(_) | Kind::Number(_)) {
                    report_secret(key, value, report);
                } else {
                    refuse_secrets(value, report);
                }
            }
        }
        _ => {}
    }
}

fn report_secret(key: &Key, value: &Node, report: &mut Report) {
    report.hide(value.span);
    let message = format!("`{}` puts a secret into the file, and from there into the history", key.text);
    let fix =
        "take it out, and say where it is kept: `credentials: { profile: NAME }`, or `env`, `file`, `role`"
            .to_owned();
    report.push(Diagnostic::error(codes::SECRET, key.span, message).fix(fix));
}
