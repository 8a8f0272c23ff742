//! `approve` and `reject`: a person's word about the plan of a step. Needs the journal and no key.

use gateshift_executor::{Command, Engine, open_approval, short};
use gateshift_model::{RunId, StepName};
use serde_json::json;

use crate::args::{Approve, Reject};
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::{BuiltIn, Store, engine, find_run, of_run};

use super::through::{Done, tell, through};

pub(super) async fn approve(given: &Approve, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let (store, engine, id) = for_a_word(&given.run, store).await?;
    // Bound to what is there now, so that a plan that changes while the word is on its way is not meant.
    let plan = match &given.plan {
        Some(plan) => Some(plan.to_ascii_lowercase()),
        None => seen(&engine, id, &given.step).await?,
    };
    let command = Command::Approve { step: given.step.clone(), plan, reason: given.reason.clone() };
    say(&engine, id, &given.step, &command, &store, output).await
}

pub(super) async fn reject(given: &Reject, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let (store, engine, id) = for_a_word(&given.run, store).await?;
    let plan = given.plan.as_ref().map(|plan| plan.to_ascii_lowercase());
    let command = Command::Reject { step: given.step.clone(), plan, reason: given.reason.clone() };
    say(&engine, id, &given.step, &command, &store, output).await
}

/// A run about which something is said. Nothing is driven here, so no key is needed either.
async fn for_a_word(run: &str, store: Option<&str>) -> Result<(Store, Engine, RunId), CliError> {
    let store = Store::of(store, None)?;
    super::run::must_exist(&store)?;
    let journal = store.open_to_submit().await?;
    let id = find_run(&*journal, Some(run)).await?;
    let state = gateshift_executor::state_of(&*journal, id).await?;
    let rehearsal = of_run(&state.definition, None)?;
    let (engine, _) = engine(journal, &BuiltIn::new(), &rehearsal, store.seal_key_file())?;
    Ok((store, engine, id))
}

async fn seen(engine: &Engine, id: RunId, step: &StepName) -> Result<Option<String>, CliError> {
    let state = engine.state(id).await?;
    Ok(open_approval(&state, step).map(|(_, known)| known.plan.digest.as_str().to_owned()))
}

async fn say(
    engine: &Engine,
    id: RunId,
    step: &StepName,
    command: &Command,
    store: &Store,
    output: &Output,
) -> Result<Exit, CliError> {
    let done = through(engine, id, command, output).await?;
    let driven = matches!(done, Done::There(_));
    if let Done::Here(result) = done {
        result?;
    }
    engine.journal().flush().await?;
    let state = engine.state(id).await?;
    let rule = state.definition.step(step).and_then(|step| step.conditions.approval.as_ref());
    let known = state.step(step).and_then(|own| own.approval.as_ref());
    let missing = rule.zip(known).map_or(0, |(rule, known)| known.missing(rule));
    let goes_on = match (command, driven, missing) {
        (Command::Reject { .. }, ..) => "nothing of it is written".to_owned(),
        (_, _, 1..) => format!("{missing} more needed"),
        (_, true, _) => "the process that drives the run goes on".to_owned(),
        (_, false, _) => format!("go on with: gateshift resume {id} --store {store}"),
    };
    let word = if matches!(command, Command::Reject { .. }) { "rejected" } else { "approved" };
    let plan = known.map(|known| short(&known.plan.digest).to_owned()).unwrap_or_default();
    let said = format!("plan {plan} of step `{step}` is {word}; {goes_on}");
    let more = json!({ "step": step, "plan": plan, "missing": missing });
    Ok(tell(id, &state, (command.word(), &said), &more, Exit::Done, output))
}
