//! `rollback`: through the process that drives the run if there is one, else by this process.

use std::time::{Duration, Instant};

use gateshift_executor::{Command, Driven, Engine, is_dead};
use gateshift_journal::RequestId;
use gateshift_model::{RunId, RunOutcome, RunStatus, Severity, UndoScope};

use crate::args::{Rollback, Scope};
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, watcher};
use crate::wiring::Store;

use super::drive::stop_on_signals;
use super::run::{existing, finish};

/// How long the owner of a run may take to notice a request.
const NOTICE: Duration = Duration::from_secs(10);

pub(super) async fn run(given: &Rollback, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let (store, engine, id) = existing(given.run.as_deref(), &given.endpoints, store).await?;
    let scope = match given.scope {
        Scope::Traffic => UndoScope::Traffic,
        Scope::Config => UndoScope::Config,
        Scope::All => UndoScope::All,
    };
    let lease = engine.journal().lease(id).await?;
    let now = gateshift_executor::system_clock()();
    let owner = lease.holder.filter(|holder| lease.until > now && !is_dead(holder));
    if let Some(owner) = owner {
        output.say(&format!("process {} on {} drives the run; asking it", owner.pid, owner.host));
        return ask(&engine, id, scope, &given.reason, &store, output).await;
    }
    let driven = engine.undo(id, scope, &given.reason, stop_on_signals(), watcher(output)).await;
    finish(&engine, id, driven, &store, Severity::Decide, output).await
}

/// Posts the request and waits until the owner has done it.
async fn ask(
    engine: &Engine,
    id: RunId,
    scope: UndoScope,
    reason: &str,
    store: &Store,
    output: &Output,
) -> Result<Exit, CliError> {
    let request = engine.request(id, &Command::Rollback { scope, reason: reason.to_owned() }).await?;
    noticed(engine, request).await?;
    loop {
        let state = engine.state(id).await?;
        if let RunStatus::Finished(outcome @ (RunOutcome::RolledBack | RunOutcome::Stuck)) = state.status {
            let driven = Driven::Finished { outcome, reason: state.reason.clone() };
            return super::drive::report(
                engine,
                id,
                &driven,
                &store.path().display().to_string(),
                Severity::Decide,
                output,
            )
            .await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn noticed(engine: &Engine, request: RequestId) -> Result<(), CliError> {
    let asked = Instant::now();
    while asked.elapsed() < NOTICE {
        if engine.journal().request(request).await?.answer.is_some() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(CliError::new("GS-OWNER-SILENT", "the process that drives the run does not answer")
        .hint("the request stays posted; stop that process, then repeat `gateshift rollback`: it takes the run over"))
}
