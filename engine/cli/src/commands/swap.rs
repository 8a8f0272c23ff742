//! `resume --with STEP=FILE`: a run that rests goes on with another build of a step's migrator.

use gateshift_executor::{Engine, MigratorSet, Swap};
use gateshift_loader::{Library, Place};
use gateshift_model::{Code, RunId, StepDefinition};
use gateshift_planner::misfits;

use super::migrators::held;
use crate::args::Resume;
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, watcher};
use crate::wiring::{BuiltIn, Rights, Shelf, Store};

/// Gives each step that was named its new code.
pub(super) async fn swap(
    given: &Resume,
    store: &Store,
    engine: &Engine,
    run: RunId,
    output: &Output,
) -> Result<(), CliError> {
    let shelf = store.shelf();
    for (name, file) in &given.with {
        let state = engine.state(run).await?;
        let step = state.definition.step(name).ok_or_else(|| {
            CliError::new("GS-STEP-UNKNOWN", format!("the run has no step `{name}`"))
                .hint("see its steps with `gateshift status`")
                .exit(Exit::Usage)
        })?;
        let found = shelf.look_at(file, &file.display().to_string())?;
        fits(step, &found.library, &shelf, given.agree)?;
        shelf.keep(&found.library)?;
        let version = found.library.description().manifest.version.clone();
        let isolated = step.code.as_ref().is_none_or(|code| code.isolated || code.library.is_none());
        let code = Code { library: Some(found.reference), isolated };
        let reason = "another build was given on the command line".to_owned();
        let swap = Swap { step: name.clone(), version, code, reason };
        engine.swap(run, &swap, watcher(output)).await?;
        output.say(&format!("{name} goes on with version {} of its migrator, {}", swap.version, swap.code));
    }
    Ok(())
}

/// Whether a library can take the place of what the step has: the same migrator, settings that it takes, and no
/// more rights than somebody agreed to.
fn fits(step: &StepDefinition, library: &Library, shelf: &Shelf, agree: bool) -> Result<(), CliError> {
    let manifest = &library.description().manifest;
    let refused = |message: String| {
        Err(CliError::new("GS-MIGRATOR-SWAP", message).hint(
            "nothing was changed; give a build of the same migrator that takes the settings of the run",
        ))
    };
    if manifest.name != step.uses {
        return refused(format!(
            "step `{}` uses `{}`, and the file has `{}`",
            step.name, step.uses, manifest.name
        ));
    }
    let unbound = manifest
        .connections
        .iter()
        .find(|(role, used)| !used.optional && !step.connections.contains_key(*role));
    if let Some((role, _)) = unbound {
        return refused(format!("the file needs a connection `{role}`, which step `{}` has not", step.name));
    }
    let wrong: Vec<String> = misfits(&manifest.settings, &step.with);
    if let Some(first) = wrong.first() {
        return refused(format!("the file does not take the settings of step `{}`: {first}", step.name));
    }
    let findings = library.migrator(Place::Process)?.check(&step.with);
    if let Some(first) = findings.iter().find(|one| one.severity >= gateshift_model::Severity::Decide) {
        return refused(format!(
            "the file does not take the settings of step `{}`: {}",
            step.name, first.message
        ));
    }
    let before =
        BuiltIn::on(shelf.clone()).for_step(step).ok().flatten().map(|one| Rights::of(&one.manifest()));
    held(manifest, &Rights::of(manifest), &before.unwrap_or_default(), agree)
}
