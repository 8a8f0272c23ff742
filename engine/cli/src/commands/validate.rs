//! `validate`: check a workflow, run nothing.

use crate::args::Workflow;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;

pub(super) fn run(given: &Workflow, output: &Output) -> Result<Exit, CliError> {
    let checked = super::load::workflow(given, output)?;
    let steps: Vec<&str> = checked.definition.steps.iter().map(|step| step.name.as_str()).collect();
    output
        .data(&checked.definition, &format!("{} is valid: {}", given.workflow.display(), steps.join(" -> ")));
    Ok(Exit::Done)
}
