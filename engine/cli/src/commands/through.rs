//! Verbs reach a run through the process that drives it, if there is one; else this process does them.

use std::time::{Duration, Instant};

use gateshift_executor::{Command, Driven, Engine, EngineError, Reply, is_dead, system_clock};
use gateshift_journal::RequestId;
use gateshift_model::{Holder, RunId, RunState, RunStatus};
use serde_json::{Value, json};

use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, watcher};

use super::drive::{stop_on_signals, summary};

/// How long the owner of a run may take to notice a request.
const NOTICE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(100);

/// How a command was done.
pub(super) enum Done {
    /// The process that drives the run does it, and says so.
    There(String),
    /// This process did it.
    Here(Result<Driven, EngineError>),
}

/// Does what the command says, here or there.
pub(super) async fn through(
    engine: &Engine,
    run: RunId,
    command: &Command,
    output: &Output,
) -> Result<Done, CliError> {
    while let Some(owner) = owner(engine, run).await? {
        output.say(&format!("process {} on {} drives the run; asking it", owner.pid, owner.host));
        let request = engine.request(run, command).await?;
        match noticed(engine, run, request, command).await? {
            Reply::Taken(what) => return Ok(Done::There(what)),
            Reply::Refused(refusal) => return Err(EngineError::Refused(refusal).into()),
            // It came to rest at that moment.
            Reply::Late => tokio::time::sleep(LOOK).await,
        }
    }
    Ok(Done::Here(engine.act(run, command, stop_on_signals(), watcher(output)).await))
}

/// The living process that drives a run.
async fn owner(engine: &Engine, run: RunId) -> Result<Option<Holder>, CliError> {
    let lease = engine.journal().lease(run).await?;
    let now = system_clock()();
    Ok(lease.holder.filter(|holder| lease.until > now && !is_dead(holder)))
}

async fn noticed(
    engine: &Engine,
    run: RunId,
    request: RequestId,
    command: &Command,
) -> Result<Reply, CliError> {
    let asked = Instant::now();
    while asked.elapsed() < NOTICE {
        if let Some(answer) = engine.journal().request(request).await?.answer {
            return Ok(Reply::parse(&answer));
        }
        if owner(engine, run).await?.is_none() {
            // Nobody is there to answer. The first answer stays, so the request is taken up once or never.
            engine.journal().answer(request, Reply::Late.text()).await?;
            continue;
        }
        tokio::time::sleep(LOOK).await;
    }
    let word = command.word();
    Err(CliError::new("GS-OWNER-SILENT", "the process that drives the run does not answer").hint(format!(
        "the request stays posted; stop that process, then repeat `gateshift {word}`: it takes the run over"
    )))
}

/// Waits until the run has come to an end, or to a rest, and gives its state.
pub(super) async fn at_rest(engine: &Engine, run: RunId) -> Result<RunState, CliError> {
    loop {
        let state = engine.state(run).await?;
        let resting = matches!(state.status, RunStatus::Finished(_) | RunStatus::Interrupted);
        if resting || owner(engine, run).await?.is_none() {
            return Ok(engine.state(run).await?);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Prints how the run stands after a verb, in the form of every report of a run.
pub(super) fn tell(
    run: RunId,
    state: &RunState,
    (verb, said): (&str, &str),
    more: &Value,
    exit: Exit,
    output: &Output,
) -> Exit {
    let mut document = summary(run, state, exit);
    if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
        document.insert("verb".to_owned(), json!(verb));
        document.insert("said".to_owned(), json!(said));
        document.extend(more.clone());
    }
    output.data(&document, &format!("{said}\nrun {run}"));
    exit
}
