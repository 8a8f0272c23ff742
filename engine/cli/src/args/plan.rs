//! What the commands are asked that only read: `assess`, `snapshot`, `plan`, `diff`, `drift`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};
use gateshift_model::Severity;

use super::{Endpoints, Workflow};

#[derive(Debug, ClapArgs)]
pub(crate) struct Assess {
    /// Id of the source gateway, `gw-...`
    #[arg(long, required_unless_present = "snapshot")]
    pub(crate) gateway: Option<String>,
    /// Its region
    #[arg(long, default_value = "cn-hangzhou")]
    pub(crate) region: String,
    /// Accept routes that were edited and not published again
    #[arg(long)]
    pub(crate) allow_edited: bool,
    /// A snapshot instead of the live source
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Findings that somebody answers for: a YAML list of code, object, owner, reason, expires
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Option<PathBuf>,
    /// Access log of the source, one JSON object a line with `route_name`: weighs the verdict by requests
    #[arg(long, value_name = "FILE")]
    pub(crate) traffic: Option<PathBuf>,
    /// Form of the report [default: table, or what the name of the output file says]
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) format: Option<Format>,
    /// End with 3 when a finding is at least so grave and nobody answers for it [default: decide]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Gravity>,
    /// Write the report to this file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal
    Table,
    /// For programs
    Json,
    /// Markdown
    Md,
    /// One page that needs nothing else
    Html,
    /// JUnit's XML, for build servers
    Junit,
}

/// A severity on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Gravity {
    /// Whatever there is
    Info,
    /// A step that a person does
    Manual,
    /// Something is different
    Warn,
    /// An answer is needed
    Decide,
    /// Nothing is written until it is gone
    Block,
}

impl From<Gravity> for Severity {
    fn from(gravity: Gravity) -> Self {
        match gravity {
            Gravity::Info => Self::Info,
            Gravity::Manual => Self::Manual,
            Gravity::Warn => Self::Warn,
            Gravity::Decide => Self::Decide,
            Gravity::Block => Self::Block,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Snapshot {
    /// Id of the source gateway, `gw-...`
    #[arg(long)]
    pub(crate) gateway: String,
    /// Its region
    #[arg(long, default_value = "cn-hangzhou")]
    pub(crate) region: String,
    /// The new file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) workflow: Workflow,
    /// Write the plan to this file, for review and for `run --plan`
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Every operation, not only their number
    #[arg(long)]
    pub(crate) full: bool,
    /// A snapshot instead of the live source
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Diff {
    /// A plan, a snapshot, or a workflow
    pub(crate) one: PathBuf,
    /// The other snapshot
    pub(crate) other: Option<PathBuf>,
    /// Input of the workflow, `name=value`; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = super::pair)]
    pub(crate) inputs: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Drift {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}
