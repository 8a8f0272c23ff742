//! `waivers`: what operators answer for, in the workflow or in a file of its own.

use std::collections::BTreeSet;

use gateshift_model::{Day, Waiver};

use crate::catalogue::Catalogue;
use crate::codes;
use crate::diagnostic::{Diagnostic, Diagnostics, Report};
use crate::fields::{Allowed, Fields, text};
use crate::source::{Source, WorkflowSource};
use crate::tree::{self, Kind, Node};

const KEYS: Allowed = &["code", "object", "owner", "reason", "expires"];

/// What `waivers` of a workflow says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Waivers {
    /// These.
    Here(Vec<Waiver>),
    /// Those in this file.
    File(String),
}

/// The path that `waivers` names, when it names one. It is meant from the workflow's folder.
#[must_use]
pub fn waivers_file(file: &WorkflowSource) -> Option<String> {
    let root = tree::parse(file, &Source::new(file), &mut Report::default())?;
    match root.entry("waivers") {
        Some((_, Node { kind: Kind::Text(path), .. })) => Some(path.clone()),
        _ => None,
    }
}

/// Checks a file of waivers: a list of `{code, object, owner, reason, expires}`.
pub fn check_waivers(file: &WorkflowSource, catalogue: &dyn Catalogue) -> Result<Vec<Waiver>, Diagnostics> {
    let source = Source::new(file);
    let mut report = Report::default();
    let found = tree::parse(file, &source, &mut report)
        .map(|root| list(&root, catalogue, &mut report))
        .unwrap_or_default();
    if report.has_errors() { Err(report.finish(&source)) } else { Ok(found) }
}

/// Reads `waivers` of a workflow.
pub(crate) fn read(root: &Fields<'_>, catalogue: &dyn Catalogue, report: &mut Report) -> Waivers {
    match root.get("waivers") {
        Some((_, Node { kind: Kind::Text(path), span })) => {
            if path.trim().is_empty() || path.contains("${{") {
                let message = "`waivers` names no file";
                let fix = "write the path of a file beside the workflow: `waivers: waivers.yaml`".to_owned();
                report.push(Diagnostic::error(codes::VALUE, *span, message).fix(fix));
            }
            Waivers::File(path.clone())
        }
        Some((_, node)) => Waivers::Here(list(node, catalogue, report)),
        None => Waivers::Here(Vec::new()),
    }
}

fn list(node: &Node, catalogue: &dyn Catalogue, report: &mut Report) -> Vec<Waiver> {
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        Kind::Null => &[],
        _ => {
            let message =
                format!("the waivers are {} and have to be a list, or the path of a file", node.describe());
            let fix =
                "write `- { code: CODE, object: routes/NAME, owner: WHO, reason: WHY, expires: 2026-12-31 }`";
            report.push(Diagnostic::error(codes::TYPE, node.span, message).fix(fix.to_owned()));
            &[]
        }
    };
    let never = catalogue.never_waived();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for item in items {
        let Some(waiver) = waiver(item, &never, report) else { continue };
        if seen.insert((waiver.code.clone(), waiver.object.clone())) {
            found.push(waiver);
        } else {
            let message = format!("`{}` of `{}` is waived twice", waiver.code, waiver.object);
            let fix = "keep the one that is meant: which of the two days counts?".to_owned();
            report.push(Diagnostic::error(codes::WAIVER, item.span, message).fix(fix));
        }
    }
    found
}

fn waiver(node: &Node, never: &[String], report: &mut Report) -> Option<Waiver> {
    let fields = Fields::read(node, node.span, "the waiver", KEYS, report)?;
    let code = said(&fields, "code", "name the finding or the checkpoint: `code: RTE-EDITING`", report);
    let object =
        said(&fields, "object", "say what it is for: `object: routes/orders`, `*` for any letters", report);
    let owner = said(&fields, "owner", "say who takes the responsibility: `owner: ann`", report);
    let reason = said(&fields, "reason", "say why that is right: `reason: ...`", report);
    let expires = expires(&fields, report);
    if let (Some(code), Some((_, node))) = (&code, fields.get("code"))
        && never.contains(code)
    {
        let message = format!("`{code}` can never be waived: going on would be a guess");
        let fix = format!("remove this waiver; `gateshift explain {code}` says how to remove the cause");
        report.push(Diagnostic::error(codes::WAIVER, node.span, message).fix(fix));
        return None;
    }
    Some(Waiver { code: code?, object: object?, owner: owner?, reason: reason?, expires: expires? })
}

/// A text that has to be there and to say something.
fn said(fields: &Fields<'_>, name: &str, fix: &str, report: &mut Report) -> Option<String> {
    let (said, span) = fields.require_text(name, fix, report)?;
    if said.trim().is_empty() {
        report.push(Diagnostic::error(codes::VALUE, span, format!("`{name}` is empty")).fix(fix.to_owned()));
        return None;
    }
    Some(said.to_owned())
}

fn expires(fields: &Fields<'_>, report: &mut Report) -> Option<Day> {
    let fix = "write the last day it holds: `expires: 2026-12-31`";
    let (_, node) = fields.require("expires", fix, report)?;
    let said = text(node, "`expires`", report)?;
    let day = Day::parse(said);
    if day.is_none() {
        let message = format!("`{said}` is no day");
        report.push(Diagnostic::error(codes::VALUE, node.span, message).fix(fix.to_owned()));
    }
    day
}
