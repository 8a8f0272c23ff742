//! The table of a workload, for people and as JSON.

use serde_json::{Value, json};

use crate::{Round, Workload, median};

/// What a workload has to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// Steps a second, as a multiple of commits of one row a second.
    pub raw: f64,
    /// Steps a second, as a part of the rows that a bare group-commit writer appends; none when steps
    /// cannot share a flush.
    pub bare: Option<f64>,
}

impl Goal {
    /// The goal of a workload: steps one after the other pay for a flush each, others share it.
    #[must_use]
    pub fn of(workload: &Workload) -> Self {
        let alone = workload.chained && workload.runs == 1;
        if alone { Self { raw: 0.8, bare: None } } else { Self { raw: 4.0, bare: Some(0.25) } }
    }
}

/// A workload's rounds, summed up by medians.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    workload: Workload,
    rounds: usize,
    steps: f64,
    raw: f64,
    bare: f64,
    to_raw: f64,
    to_bare: f64,
    commits_per_step: f64,
    events_per_step: f64,
}

impl Report {
    /// Sums up.
    #[must_use]
    pub fn new(workload: Workload, rounds: &[Round]) -> Self {
        let middle = |value: fn(&Round) -> f64| median(rounds.iter().map(value));
        Self {
            workload,
            rounds: rounds.len(),
            steps: middle(|round| round.cost.steps_per_second),
            raw: middle(|round| round.raw),
            bare: middle(|round| round.bare),
            to_raw: middle(|round| round.cost.steps_per_second / round.raw),
            to_bare: middle(|round| round.cost.steps_per_second / round.bare),
            commits_per_step: middle(|round| round.cost.commits as f64 / round.cost.steps as f64),
            events_per_step: middle(|round| round.cost.events as f64 / round.cost.steps as f64),
        }
    }

    /// Whether the goals are reached.
    #[must_use]
    pub fn reached(&self) -> bool {
        let goal = Goal::of(&self.workload);
        self.to_raw >= goal.raw && goal.bare.is_none_or(|bare| self.to_bare >= bare)
    }

    /// Heads of the table's columns.
    #[must_use]
    pub fn head() -> String {
        format!(
            "{:8} {:>9} {:>9} {:>9} {:>8} {:>6} {:>8} {:>6} {:>8} {:>8}",
            "bench", "steps/s", "raw/s", "bare/s", "to raw", "goal", "to bare", "goal", "commits", "events"
        )
    }

    /// A line of the table.
    #[must_use]
    pub fn line(&self) -> String {
        let goal = Goal::of(&self.workload);
        let bare = goal.bare.map_or_else(|| "-".to_owned(), |bare| format!("{bare:.2}"));
        format!(
            "{:8} {:9.0} {:9.0} {:9.0} {:8.2} {:>6.1} {:8.3} {bare:>6} {:8.3} {:8.2}",
            self.workload.name,
            self.steps,
            self.raw,
            self.bare,
            self.to_raw,
            goal.raw,
            self.to_bare,
            self.commits_per_step,
            self.events_per_step,
        )
    }

    /// The same for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let goal = Goal::of(&self.workload);
        json!({
            "bench": self.workload.name,
            "rounds": self.rounds,
            "runs": self.workload.runs,
            "steps_per_run": self.workload.steps,
            "steps_per_second": self.steps,
            "raw_commits_per_second": self.raw,
            "bare_rows_per_second": self.bare,
            "ratio_to_raw": self.to_raw,
            "ratio_to_bare": self.to_bare,
            "goal_to_raw": goal.raw,
            "goal_to_bare": goal.bare,
            "commits_per_step": self.commits_per_step,
            "events_per_step": self.events_per_step,
            "reached": self.reached(),
        })
    }
}
