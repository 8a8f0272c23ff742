//! The words of people and windows.

use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand};
use gateshift_model::{StepName, Timestamp};

use super::{Run, Workflow};

#[derive(Debug, ClapArgs)]
pub(crate) struct Begin {
    #[command(flatten)]
    pub(crate) run: Run,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

/// Whether a process waits for people.
#[derive(Debug, Clone, Copy, Default, ClapArgs)]
pub(crate) struct Patience {
    /// End with exit code 4, rather than wait, when only people or a window can bring the run on
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Approve {
    /// The run's id or its beginning
    pub(crate) run: String,
    /// The step
    pub(crate) step: StepName,
    /// The plan you have looked at, as `inbox` shows it: another one is not approved
    #[arg(long, value_name = "DIGEST")]
    pub(crate) plan: Option<String>,
    /// Why, for the history
    #[arg(long, default_value = "")]
    pub(crate) reason: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Reject {
    /// The run's id or its beginning
    pub(crate) run: String,
    /// The step
    pub(crate) step: StepName,
    /// The plan you have looked at, as `inbox` shows it
    #[arg(long, value_name = "DIGEST")]
    pub(crate) plan: Option<String>,
    /// Why, for the history and for those who have to put it right
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Window {
    /// Every step with a window: is it open, why, and when does it open next
    Check(WindowCheck),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WindowCheck {
    #[command(flatten)]
    pub(crate) workflow: Workflow,
    /// Another moment than now: `2026-03-04T05:06:07+08:00`, or `2h` for two hours from now
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub(crate) at: Option<When>,
}

/// A moment, now or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// So much later.
    In(Duration),
    /// Then.
    At(Timestamp),
}

fn when(text: &str) -> Result<When, String> {
    match super::history::since(text)? {
        super::history::Since::At(at) => Ok(When::At(at)),
        super::history::Since::Ago(time) => Ok(When::In(time)),
    }
}
