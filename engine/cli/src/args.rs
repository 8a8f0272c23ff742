//! The command line. Words are the same as in workflow files, JSON and code.

mod audit;
mod history;
mod lab;
mod migrators;
mod people;
mod plan;
mod verbs;
mod worker;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub(crate) use audit::{Audit, Export, Verify};
pub(crate) use history::{History, Report};
pub(crate) use lab::{ConsolePage, LabCommand, LabUp};
pub(crate) use migrators::{Add, Migrators, Test};
pub(crate) use people::{Approve, Begin, Patience, Reject, When, Window, WindowCheck};
pub(crate) use plan::{Assess, Diff, Drift, Format, Plan, Snapshot};
pub(crate) use verbs::{Cancel, Pause, Rerun, Restart, Resume, Retry, Rollback, Scope, Skip};
pub(crate) use worker::Worker;

/// gateshift moves a production API gateway to its successor.
#[derive(Debug, Parser)]
#[command(name = "gateshift", version, about, disable_help_subcommand = true, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Global {
    /// Journal: `sqlite:FILE` or a path, or `postgres://USER@HOST/DATABASE` [default:
    /// .gateshift/journal.db beside the workflow, else here]
    #[arg(long, global = true, value_name = "STORE", env = "GATESHIFT_STORE", hide_env_values = true)]
    pub(crate) store: Option<String>,
    /// Print one JSON document on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print every event as it happens, one JSON object a line
    #[arg(long, global = true, value_enum, value_name = "FORM")]
    pub(crate) events: Option<EventsForm>,
    /// No colours
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Only results and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// Forms of a stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventsForm {
    /// One JSON object a line.
    Ndjson,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The whole job against the built-in lab, with live traffic; nothing to install
    Demo(Demo),
    /// The simulated cloud on loopback, for rehearsals and tests
    #[command(subcommand)]
    Lab(LabCommand),
    /// Check a workflow file; nothing is run
    Validate(Workflow),
    /// Read a source gateway into a file, from which assess, plan and diff work offline
    Snapshot(Snapshot),
    /// Read a source gateway and say what can be carried over; nothing is written
    Assess(Assess),
    /// What a run would do, step by step; nothing is written
    Plan(Plan),
    /// A plan against the world as it is now, two snapshots, or source and target of a workflow
    Diff(Diff),
    /// What has changed at the source since a run read it
    Drift(Drift),
    /// Run a workflow
    Run(Begin),
    /// Hand a workflow to the workers; prints the run's id at once
    Submit(Run),
    /// Take submitted runs from the journal and drive them, beside other workers
    Worker(Worker),
    /// Go on where a run stopped
    Resume(Resume),
    /// Repeat the failed step
    Retry(Retry),
    /// Repeat a step and all after it
    Rerun(Rerun),
    /// Make a new run from the same frozen definition
    Restart(Restart),
    /// Let a run, or the calls on one connection, wait until somebody says `resume`
    Pause(Pause),
    /// Go on without a step; the reason and the accepted risk are recorded
    Skip(Skip),
    /// What waits for a person, over all runs: what it is, until when, and the command to type
    Inbox(MaybeRun),
    /// Approve the plan of a step
    Approve(Approve),
    /// Reject the plan of a step; nothing of it is written
    Reject(Reject),
    /// The hours in which steps may begin
    #[command(subcommand)]
    Window(Window),
    /// End a run; what was made stays and is listed
    Cancel(Cancel),
    /// Take traffic (or objects) back
    Rollback(Rollback),
    /// Where runs stand, from the journal alone
    Status(Status),
    /// What a run waits for or why it rests, and the command that brings it on
    Why(Why),
    /// Every event of a run, from the journal alone
    History(History),
    /// The whole migration as one HTML page: findings, plans, checkpoints, charts of the shift, history
    Report(Report),
    /// Is the history whole; a bundle of it for others to check
    #[command(subcommand)]
    Audit(Audit),
    /// The migrators this binary has, and those from files
    #[command(subcommand)]
    Migrators(Migrators),
    /// JSON Schema of workflow files, for editors
    Schema,
    /// What a code means and what to do
    Explain {
        /// Code such as `GS-OURS-ONLY`; all codes when left out
        code: Option<String>,
    },
    /// Completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Demo {
    /// Routes of the generated source gateway
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(20..=20_000))]
    pub(crate) routes: u32,
    /// Decides everything that is generated
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Requests a second of the load client
    #[arg(long, default_value_t = 100.0)]
    pub(crate) rate: f64,
    /// How much faster than real time the rehearsal passes
    #[arg(long, default_value_t = 60.0)]
    pub(crate) speed: f64,
    /// A workflow of your own instead of workflows/quickstart.yaml
    #[arg(long, value_name = "FILE")]
    pub(crate) workflow: Option<PathBuf>,
    /// A scenario file instead of a generated gateway
    #[arg(long, value_name = "FILE", conflicts_with_all = ["routes", "seed"])]
    pub(crate) scenario: Option<PathBuf>,
    /// Write every request to the lab and its answer to this file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

/// A workflow with its inputs.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Workflow {
    /// Workflow file
    pub(crate) workflow: PathBuf,
    /// Input, `name=value`; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) inputs: Vec<(String, String)>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) workflow: Workflow,
    /// A plan that was approved: the run refuses to do anything else
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

/// What stands in for the real world.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Endpoints {
    /// Endpoints, name server, ports and speed to use instead of the real ones: the JSON that `lab up`
    /// prints, in a file
    #[arg(long, value_name = "FILE", env = "GATESHIFT_ENDPOINTS")]
    pub(crate) endpoints: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct MaybeRun {
    /// The run's id or its beginning; a list of all runs when left out
    pub(crate) run: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Status {
    /// The run's id or its beginning; a list of all runs when left out
    pub(crate) run: Option<String>,
    /// Show it again whenever it has changed, until the run comes to its end or to a rest; without a run the latest
    #[arg(long)]
    pub(crate) watch: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Why {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form name=value"))?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Args::command().debug_assert();
    }

    /// The address of a server may hold a password.
    #[test]
    fn help_does_not_show_where_the_journal_is() {
        let command = super::Args::command();
        let store = command.get_arguments().find(|argument| argument.get_id() == "store").unwrap();
        assert!(store.is_hide_env_values_set());
    }
}
