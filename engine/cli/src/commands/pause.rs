//! `pause`, and `resume --connection`.

use gateshift_executor::Command;
use gateshift_model::{ConnectionName, RunOutcome, RunStatus};
use serde_json::json;

use crate::args::{Endpoints, Pause, Resume};
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;

use super::run::existing;
use super::through::{Done, at_rest, tell, through};

pub(super) async fn run(given: &Pause, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let (store, engine, id) = existing(given.run.as_deref(), &Endpoints::default(), store).await?;
    let command = Command::Pause { connection: given.connection.clone(), reason: given.reason.clone() };
    if let Done::Here(driven) = through(&engine, id, &command, output).await? {
        driven?;
    }
    let journal = store;
    let Some(connection) = &given.connection else {
        // The steps at work come to rest first.
        let state = at_rest(&engine, id).await?;
        let paused = state.status == RunStatus::Finished(RunOutcome::Paused);
        let said = if paused {
            format!("paused; go on with: gateshift resume {id} --store {journal}")
        } else {
            "the run came to its end before it could be paused".to_owned()
        };
        engine.journal().flush().await?;
        let exit =
            if paused { Exit::Done } else { super::drive::exit(&state, &super::status::driven(&state)) };
        return Ok(tell(id, &state, ("pause", &said), &json!({}), exit, output));
    };
    engine.journal().flush().await?;
    let said = format!(
        "calls on connection `{connection}` wait; go on with: gateshift resume {id} --connection {connection} --store {journal}"
    );
    let state = engine.state(id).await?;
    Ok(tell(id, &state, ("pause", &said), &json!({ "connection": connection }), Exit::Done, output))
}

/// Lets the calls on a connection go on.
pub(super) async fn lift(
    given: &Resume,
    connection: &ConnectionName,
    store: Option<&str>,
    output: &Output,
) -> Result<Exit, CliError> {
    let (_, engine, id) = existing(given.run.as_deref(), &given.endpoints, store).await?;
    let command = Command::Resume { connection: connection.clone() };
    if let Done::Here(driven) = through(&engine, id, &command, output).await? {
        driven?;
    }
    engine.journal().flush().await?;
    let said = format!("calls on connection `{connection}` go on");
    let state = engine.state(id).await?;
    Ok(tell(id, &state, ("resume", &said), &json!({ "connection": connection }), Exit::Done, output))
}
