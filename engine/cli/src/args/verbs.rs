//! What is asked of a run that is there already. Each verb is one sentence.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};
use gateshift_model::{ConnectionName, StepName};

use super::{Endpoints, Patience};

/// Why, when nobody says why.
const ASKED: &str = "asked for on the command line";

#[derive(Debug, ClapArgs)]
pub(crate) struct Resume {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    /// Only let calls on this connection go on, which was paused
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<ConnectionName>,
    /// What the cause was that made a gate bring the traffic back, and that it is removed: the shift begins
    /// again at its first stage
    #[arg(long, value_name = "TEXT", conflicts_with = "connection")]
    pub(crate) cause_resolved: Option<String>,
    /// Go on with another build of a step's migrator; recorded in the history
    #[arg(long, value_name = "STEP=FILE", value_parser = swap, conflicts_with = "connection")]
    pub(crate) with: Vec<(StepName, PathBuf)>,
    /// Agree to what that build may do and the one before it may not
    #[arg(long, requires = "with")]
    pub(crate) agree: bool,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

fn swap(text: &str) -> Result<(StepName, PathBuf), String> {
    let (step, file) =
        text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form STEP=FILE"))?;
    Ok((step.parse().map_err(|error| format!("{error}"))?, PathBuf::from(file)))
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Retry {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    /// Only this step, when several failed
    #[arg(long, value_name = "STEP")]
    pub(crate) step: Option<StepName>,
    /// Why, for the history
    #[arg(long, default_value = ASKED)]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rerun {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    /// The first step to repeat
    #[arg(long, value_name = "STEP")]
    pub(crate) from: StepName,
    /// Only show what would be repeated, with its plan where that can be known; nothing is written
    #[arg(long)]
    pub(crate) preview: bool,
    /// Why, for the history
    #[arg(long, default_value = ASKED)]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Restart {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Pause {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    /// Only calls on this connection wait; the rest goes on
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<ConnectionName>,
    /// Why, for the history
    #[arg(long, default_value = ASKED)]
    pub(crate) reason: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Skip {
    /// The step to go on without
    pub(crate) step: StepName,
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    /// Why, for the history
    #[arg(long)]
    pub(crate) reason: String,
    /// What may come of it, in your words: you take the responsibility
    #[arg(long, value_name = "RISK")]
    pub(crate) accept_risk: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Cancel {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    /// First take back what was made, traffic before objects
    #[arg(long)]
    pub(crate) undo: bool,
    /// Why, for the history
    #[arg(long, default_value = ASKED)]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rollback {
    /// The run's id or its beginning; the latest run when left out
    pub(crate) run: Option<String>,
    /// What to take back
    #[arg(long, value_enum, default_value_t = Scope::Traffic)]
    pub(crate) scope: Scope,
    /// Only show what would be taken back, in which order; nothing is written
    #[arg(long)]
    pub(crate) preview: bool,
    /// Why, for the history
    #[arg(long, default_value = ASKED)]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) endpoints: Endpoints,
}

/// What a rollback takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    /// Production traffic
    Traffic,
    /// Objects that were made
    Config,
    /// Traffic first, then objects
    All,
}
