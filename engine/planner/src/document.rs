//! The top of a workflow: version of the format and name.

use gateshift_model::StepName;

use crate::codes;
use crate::diagnostic::{Diagnostic, Report};
use crate::fields::{Allowed, Fields, bad_name};
use crate::tree::Node;

/// The version of the format that this program reads.
pub(crate) const API_VERSION: &str = "gateshift/v1";
const KEYS: Allowed =
    &["apiVersion", "name", "inputs", "connections", "windows", "groups", "steps", "waivers"];

/// The keys at the top and the name of the workflow.
pub(crate) struct Top<'n> {
    pub(crate) fields: Fields<'n>,
    pub(crate) name: &'n str,
}

/// Reads the top; `None` when the file is no mapping at all.
pub(crate) fn read<'n>(root: &'n Node, report: &mut Report) -> Option<Top<'n>> {
    let fields = Fields::read(root, root.span, "the workflow", KEYS, report)?;
    match fields.require_text("apiVersion", "begin with `apiVersion: gateshift/v1`", report) {
        Some((API_VERSION, _)) | None => {}
        Some((other, span)) => {
            let message = format!("the format `{other}` is not one this program reads");
            let fix = format!("write `apiVersion: {API_VERSION}`, or use the program that wrote the file");
            report.push(Diagnostic::error(codes::API_VERSION, span, message).fix(fix));
        }
    }
    let name = match fields.require_text("name", "name the workflow: `name: orders`", report) {
        Some((name, span)) => {
            if StepName::new(name).is_err() {
                report.push(bad_name(name, span, "a workflow"));
            }
            name
        }
        None => "",
    };
    let steps = fields.require("steps", "add `steps:` with at least one step", report);
    if let Some((key, _)) = steps
        && fields.entries("steps", report).is_empty()
        && !report.has_errors()
    {
        let fix = "add a step: `NAME: { uses: MIGRATOR }`".to_owned();
        report.push(Diagnostic::error(codes::MISSING_KEY, key.span, "the workflow has no steps").fix(fix));
    }
    Some(Top { fields, name })
}
