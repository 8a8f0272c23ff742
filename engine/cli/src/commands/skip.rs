//! `skip`: the run goes on without a step.

use gateshift_executor::Command;
use serde_json::json;

use crate::args::{Endpoints, Skip};
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;

use super::run::existing;
use super::through::{Done, tell, through};

pub(super) async fn run(given: &Skip, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let (store, engine, id) = existing(given.run.as_deref(), &Endpoints::default(), store).await?;
    let (step, reason, risk) = (given.step.clone(), given.reason.clone(), given.accept_risk.clone());
    let command = Command::Skip { step: step.clone(), reason, risk };
    let next = match through(&engine, id, &command, output).await? {
        Done::There(_) => "the run goes on without it".to_owned(),
        Done::Here(driven) => {
            driven?;
            format!("go on with: gateshift resume {id} --store {}", store)
        }
    };
    engine.journal().flush().await?;
    let state = engine.state(id).await?;
    let said = format!("step `{step}` is skipped; {next}");
    Ok(tell(id, &state, ("skip", &said), &json!({ "step": step }), Exit::Done, output))
}
