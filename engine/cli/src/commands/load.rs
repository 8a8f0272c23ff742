//! Workflow files: read, checked, and shown with all their mistakes.

use std::collections::BTreeMap;
use std::path::Path;

use gateshift_planner::{Checked, Diagnostics, WorkflowSource, check};

use crate::args::Workflow;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::BuiltIn;

/// Reads and checks a workflow. Mistakes are printed; the error then only counts them.
pub(super) fn workflow(given: &Workflow, output: &Output) -> Result<Checked, CliError> {
    let source = read(&given.workflow)?;
    let inputs: BTreeMap<String, String> = given.inputs.iter().cloned().collect();
    checked(&source, &inputs, output)
}

/// Checks a workflow text.
pub(super) fn checked(
    source: &WorkflowSource,
    inputs: &BTreeMap<String, String>,
    output: &Output,
) -> Result<Checked, CliError> {
    match check(source, inputs, &BuiltIn::new()) {
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
