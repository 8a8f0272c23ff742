//! Which connection a step gets for each role of its migrator.

use std::collections::{BTreeMap, BTreeSet};

use gateshift_model::ConnectionName;
use gateshift_step_api::{ConnectionUse, Manifest};

use crate::codes;
use crate::connections::Connection;
use crate::diagnostic::{Diagnostic, Report, Span};
use crate::fields::{Fields, text};
use crate::steps::Step;
use crate::suggest;

/// Gives each role of the migrator its connection.
pub(crate) fn bind(
    step: &Step<'_>,
    fields: &Fields<'_>,
    manifest: &Manifest,
    connections: &[Connection<'_>],
    used: &mut BTreeSet<String>,
    report: &mut Report,
) -> BTreeMap<String, ConnectionName> {
    let said = fields.entries("connections", report);
    let roles: Vec<&str> = manifest.connections.keys().map(String::as_str).collect();
    for (key, _) in said.iter().filter(|(key, _)| !manifest.connections.contains_key(&key.text)) {
        let message = format!("migrator `{}` has no connection role `{}`", manifest.name, key.text);
        let fix = suggest::fix(&key.text, &roles, report).or_else(|| Some("remove it".to_owned()));
        report.push(Diagnostic::error(codes::ROLE_UNKNOWN, key.span, message).fix(fix));
    }
    let mut bound = BTreeMap::new();
    for (role, wanted) in &manifest.connections {
        let entry = said.iter().find(|(key, _)| &key.text == role);
        let (name, span) = match entry {
            Some((_, node)) => match text(node, "the name of a connection", report) {
                Some(name) => (name, node.span),
                None => continue,
            },
            None => (role.as_str(), step.uses()),
        };
        let Some(connection) = connections.iter().find(|connection| connection.name == name) else {
            if entry.is_some() || !wanted.optional {
                report.push(missing(step, role, name, span, wanted, connections, report));
            }
            continue;
        };
        used.insert(name.to_owned());
        if let Some(kind) = &connection.kind
            && !wanted.kinds.contains(kind)
        {
            let message = format!(
                "`{}` needs a connection of kind {} as `{role}`, and `{name}` is `{kind}`",
                step.name(),
                kinds(wanted)
            );
            let fix = "name another one: `connections: { ROLE: NAME }`".replace("ROLE", role);
            let diagnostic = Diagnostic::error(codes::CONNECTION_KIND, span, message).fix(fix);
            report.push(diagnostic.related(connection.span, format!("`{name}` is defined here")));
        }
        bound.extend(ConnectionName::new(name).ok().map(|name| (role.clone(), name)));
    }
    bound
}

fn missing(
    step: &Step<'_>,
    role: &str,
    name: &str,
    span: Span,
    wanted: &ConnectionUse,
    connections: &[Connection<'_>],
    report: &Report,
) -> Diagnostic {
    let fits = |connection: &&Connection<'_>| {
        connection.kind.as_ref().is_some_and(|kind| wanted.kinds.contains(kind))
    };
    let near = suggest::nearest(name, connections.iter().map(|connection| connection.name), report);
    let fix = match (near, connections.iter().find(fits)) {
        (Some(near), _) if name != role => format!("did you mean `{near}`?"),
        (_, Some(other)) => format!("bind one to it: `connections: {{ {role}: {} }}`", other.name),
        _ => {
            let kind = wanted.kinds.first().map_or("...", String::as_str);
            format!("define it: `connections: {{ {name}: {{ uses: {kind} }} }}`")
        }
    };
    let message =
        format!("`{}` needs the connection `{name}`, which the workflow does not define", step.name());
    Diagnostic::error(codes::CONNECTION_MISSING, span, message).fix(fix)
}

fn kinds(wanted: &ConnectionUse) -> String {
    let quoted: Vec<String> = wanted.kinds.iter().map(|kind| format!("`{kind}`")).collect();
    quoted.join(" or ")
}
