//! Going on without a step: when that can be, and which later step stands against it.

use gateshift_model::{Event, RunState, StepDefinition, StepName, StepStatus};

use super::decide::{step, word};
use super::{Refusal, Verb, applies};
use crate::MigratorSet;
use crate::error::code;
use crate::inputs::{Nearest, places};

pub(super) fn skip(
    state: &RunState,
    name: &StepName,
    (reason, risk): (&str, &str),
    migrators: &dyn MigratorSet,
) -> Result<Vec<Event>, Refusal> {
    applies(Verb::Skip, state)?;
    let own = step(state, name)?;
    match own.status {
        StepStatus::Done | StepStatus::Undoing => {
            let cause = format!("step `{name}` cannot be skipped: it is {}", word(own.status));
            return Err(Refusal::new(code::VERB_STATE, cause, "skip a step that is not done"));
        }
        StepStatus::Skipped if own.is_settled() => return Ok(Vec::new()),
        _ => {}
    }
    if own.output.is_none()
        && let Some(reader) = reader(state, name, migrators)
    {
        let cause = format!("step `{name}` cannot be skipped: step `{}` needs its output", reader.name);
        let remedy = format!(
            "put right what keeps `{name}` from its end, then `gateshift retry`; or skip `{}` and all else that reads it first",
            reader.name
        );
        return Err(Refusal::new(code::SKIP_NEEDED, cause, remedy));
    }
    let (reason, risk) = (reason.to_owned(), Some(risk.to_owned()));
    Ok(vec![Event::StepSkipped { step: name.clone(), reason, risk }])
}

/// The first step still to be done that reads what the step would hand on, and cannot do without.
fn reader<'a>(
    state: &'a RunState,
    name: &StepName,
    migrators: &dyn MigratorSet,
) -> Option<&'a StepDefinition> {
    let definition = &state.definition;
    let uses = &definition.step(name)?.uses;
    let nearest = Nearest::of(definition, &places(definition));
    definition.steps.iter().find(|later| {
        let open = state.step(&later.name).is_some_and(|own| !own.is_settled());
        let its = nearest.steps(&later.name).get(uses).is_some_and(|(_, nearest)| nearest == name);
        // A migrator that this program does not have may need anything.
        let reads = migrators.for_step(later).ok().flatten().is_none_or(|migrator| {
            migrator.manifest().reads.contains(uses) && !migrator.does_without().contains(&uses.as_str())
        });
        open && its && reads
    })
}
