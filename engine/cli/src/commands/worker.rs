//! `worker`: takes submitted runs from a journal and drives them until it is told to end.

use std::path::PathBuf;
use std::sync::Arc;

use gateshift_executor::{
    Driven, Engine, EngineError, EngineOptions, Foreman, NoWatcher, Watcher, Worker as Hands,
};
use gateshift_journal::Journal;
use gateshift_model::{Actor, RunId, RunState, RunStatus, StepError};

use crate::args::Worker;
use crate::error::{CliError, chain};
use crate::exit::Exit;
use crate::show::{Output, describe, watcher};
use crate::wiring::{BuiltIn, Store, check_connections, engine_with, from_file, of_run, options};

use super::drive::stop_on_signals;

pub(super) async fn run(given: &Worker, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let store = Store::of(store, None)?.with_seal_key(given.seal_key.clone());
    from_file(given.endpoints.endpoints.as_deref())?;
    let journal = store.open().await?;
    let options = options();
    let name = given.name.clone().unwrap_or_else(|| options.holder.host.clone());
    let options = EngineOptions { actor: Actor(format!("worker:{name}")), lease: given.lease(), ..options };
    let foreman = Arc::new(Equipped {
        journal: Arc::clone(&journal),
        options: options.clone(),
        migrators: BuiltIn::on(store.shelf()),
        endpoints: given.endpoints.endpoints.clone(),
        seal_key: store.seal_key_file(),
        output: output.clone(),
    });
    let most = usize::from(given.max_runs);
    output.say(&format!("worker {name} takes runs from {store}, {most} at a time"));
    Hands::new(Arc::clone(&journal), options, most, foreman).work(stop_on_signals()).await;
    journal.flush().await?;
    output.say(&format!("worker {name} has given back what it had"));
    Ok(Exit::Done)
}

/// What this process has for any run: keys, endpoints, migrators.
struct Equipped {
    journal: Arc<dyn Journal>,
    options: EngineOptions,
    migrators: BuiltIn,
    endpoints: Option<PathBuf>,
    seal_key: PathBuf,
    output: Output,
}

impl Equipped {
    fn equip(&self, state: &RunState) -> Result<Engine, CliError> {
        let rehearsal = of_run(&state.definition, self.endpoints.as_deref())?;
        let (engine, hosts) = engine_with(
            self.options.clone(),
            Arc::clone(&self.journal),
            &self.migrators,
            &rehearsal,
            self.seal_key.clone(),
        )?;
        // Keys are looked for where the worker runs: another one may have them.
        check_connections(&hosts, &state.definition)?;
        Ok(engine)
    }
}

impl Foreman for Equipped {
    fn engine(&self, _: RunId, state: &RunState) -> Result<Engine, StepError> {
        self.equip(state).map_err(|error| {
            let refusal = StepError::needs_operator(&error.code, error.message);
            match error.hint {
                Some(hint) => refusal.with_hint(hint),
                None => refusal,
            }
        })
    }

    /// Many runs at once are told a line each, unless a program asked for all events.
    fn watcher(&self, _: RunId) -> Arc<dyn Watcher> {
        if self.output.events.is_some() { watcher(&self.output) } else { Arc::new(NoWatcher) }
    }

    fn taken(&self, run: RunId, state: &RunState) {
        self.output.say(&format!("run {run} taken: {}", state.definition.name));
    }

    fn left(&self, run: RunId, end: &Result<Driven, EngineError>) {
        self.output.say(&match end {
            Ok(Driven::Finished { outcome, reason }) => {
                let status = describe::run_status(RunStatus::Finished(*outcome));
                match reason {
                    Some(reason) => format!("run {run} {status}: {reason}"),
                    None => format!("run {run} {status}"),
                }
            }
            Ok(Driven::Interrupted { reason }) => format!("run {run} given back: {reason}"),
            Err(error) => format!("run {run} left: {}", chain(error)),
        });
    }

    fn refused(&self, run: RunId, error: &StepError) {
        let hint = error.hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default();
        self.output.complain(&format!(
            "run {run} is left to other workers: {} [{}]{hint}",
            error.message, error.code
        ));
    }
}
