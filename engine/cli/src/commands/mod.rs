//! One file a command.

mod approve;
mod assess;
mod audit;
mod cancel;
mod demo;
mod diff;
mod drift;
mod drive;
mod explain;
mod history;
mod inbox;
mod lab;
mod load;
mod migrators;
mod pause;
mod plan;
mod preview;
mod report;
mod rerun;
mod rollback;
mod run;
mod skip;
mod snapshot;
mod status;
mod swap;
mod through;
mod validate;
mod why;
mod window;
mod worker;

use clap::CommandFactory;

use crate::args::{Args, Command, LabCommand, Window};
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;
use crate::wiring::BuiltIn;

/// Does what the command line asks.
pub(crate) async fn run(args: Args, output: &Output) -> Result<Exit, CliError> {
    let store = args.global.store.as_deref();
    match args.command {
        Command::Demo(demo) => demo::run(&demo, store, output).await,
        Command::Lab(LabCommand::Up(up)) => lab::up(&up, output).await,
        Command::Lab(LabCommand::Scenario { routes, seed, policies }) => {
            lab::scenario(routes, seed, policies, output)
        }
        Command::Lab(LabCommand::Console { endpoints, gateway, page }) => {
            lab::console(&endpoints, &gateway, &page, output).await
        }
        Command::Validate(workflow) => validate::run(&workflow, output),
        Command::Snapshot(snapshot) => snapshot::run(&snapshot, store, output).await,
        Command::Assess(assess) => assess::run(&assess, store, output).await,
        Command::Plan(plan) => plan::run(&plan, store, output).await,
        Command::Diff(diff) => diff::run(&diff, store, output).await,
        Command::Drift(drift) => drift::run(&drift, store, output).await,
        Command::Run(begin) => run::run(&begin, store, output).await,
        Command::Submit(run) => run::submit(&run, store, output).await,
        Command::Worker(worker) => worker::run(&worker, store, output).await,
        Command::Resume(resume) => run::resume(&resume, store, output).await,
        Command::Retry(retry) => rerun::retry(&retry, store, output).await,
        Command::Rerun(rerun) => rerun::run(&rerun, store, output).await,
        Command::Restart(restart) => run::restart(&restart, store, output).await,
        Command::Pause(pause) => pause::run(&pause, store, output).await,
        Command::Skip(skip) => skip::run(&skip, store, output).await,
        Command::Inbox(run) => inbox::run(&run, store, output).await,
        Command::Approve(approve) => approve::approve(&approve, store, output).await,
        Command::Reject(reject) => approve::reject(&reject, store, output).await,
        Command::Window(Window::Check(check)) => window::check(&check, output),
        Command::Cancel(cancel) => cancel::run(&cancel, store, output).await,
        Command::Rollback(rollback) => rollback::run(&rollback, store, output).await,
        Command::Status(run) => status::run(&run, store, output).await,
        Command::Why(why) => why::run(&why, store, output).await,
        Command::Audit(audit) => audit::run(&audit, store, output).await,
        Command::Report(report) => report::run(&report, store, output).await,
        Command::History(history) => history::run(&history, store, output).await,
        Command::Migrators(migrators) => migrators::run(migrators, store, output).await,
        Command::Schema => {
            let schema = gateshift_planner::schema(&BuiltIn::new());
            output.line(&serde_json::to_string_pretty(&schema).unwrap_or_default());
            Ok(Exit::Done)
        }
        Command::Explain { code } => explain::run(code.as_deref(), output),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "gateshift", &mut text);
            output.line(String::from_utf8_lossy(&text).trim_end());
            Ok(Exit::Done)
        }
    }
}
