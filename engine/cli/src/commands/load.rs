//! Workflow files: read, checked, and shown with all their mistakes.

use std::collections::BTreeMap;
use std::path::Path;

use gateshift_model::Waiver;
use gateshift_planner::{Checked, Diagnostics, WorkflowSource, check, check_waivers, waivers_file};

use crate::args::Workflow;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::BuiltIn;

/// Reads and checks a workflow. Mistakes are printed; the error then only counts them.
pub(super) fn workflow(given: &Workflow, output: &Output) -> Result<Checked, CliError> {
    from(&given.workflow, &given.inputs, output)
}

/// As [`workflow`], from its parts. A file of waivers is read here and becomes part of the frozen run.
pub(super) fn from(path: &Path, inputs: &[(String, String)], output: &Output) -> Result<Checked, CliError> {
    let source = read(path)?;
    let inputs: BTreeMap<String, String> = inputs.iter().cloned().collect();
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut checked = checked(&source, &inputs, &BuiltIn::beside(folder), output)?;
    if let Some(file) = waivers_file(&source) {
        let folder = path.parent().unwrap_or(Path::new(""));
        checked.definition.waivers = waivers(&folder.join(file), output)?;
    }
    Ok(checked)
}

/// Reads and checks a file of waivers; its mistakes are shown with their places in it.
pub(super) fn waivers(path: &Path, output: &Output) -> Result<Vec<Waiver>, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        CliError::new("GS-WF-UNREADABLE", format!("cannot read {}: {error}", path.display()))
            .hint("check the path of the file of waivers; it is meant from the workflow's folder")
    })?;
    let source = WorkflowSource::new(path.display().to_string(), text);
    check_waivers(&source, &BuiltIn::new()).map_err(|mistakes| refused(&mistakes, output))
}

/// Checks a workflow text.
pub(super) fn checked(
    source: &WorkflowSource,
    inputs: &BTreeMap<String, String>,
    migrators: &BuiltIn,
    output: &Output,
) -> Result<Checked, CliError> {
    match check(source, inputs, migrators) {
        Ok(checked) => {
            if !checked.warnings.is_empty() {
                output.say(checked.warnings.render(output.color).trim_end());
            }
            Ok(checked)
        }
        Err(mistakes) => Err(refused(&mistakes, output)),
    }
}

fn read(path: &Path) -> Result<WorkflowSource, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        CliError::new("GS-WF-UNREADABLE", format!("cannot read {}: {error}", path.display()))
            .hint("check the path of the workflow file")
    })?;
    Ok(WorkflowSource::new(path.display().to_string(), text))
}

fn refused(mistakes: &Diagnostics, output: &Output) -> CliError {
    output.complain(mistakes.render(output.color).trim_end());
    let count = mistakes.diagnostics.len() + mistakes.left_out;
    let count = if count == 1 { "1 mistake".to_owned() } else { format!("{count} mistakes") };
    CliError::new("GS-WF-INVALID", format!("{} has {count}; nothing was run", mistakes.file))
        .hint("each is shown above with its place and what to write instead")
        .details(serde_json::to_value(mistakes).unwrap_or_default())
        .exit(Exit::Usage)
}
