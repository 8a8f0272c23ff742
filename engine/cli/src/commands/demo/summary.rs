//! What the demo shows for it: counted by the lab and by the client, not by the engine under test.

use std::time::Duration;

use gateshift_gateway_model::{Shifted, StageReached, Verified};
use gateshift_lab::{Lab, LoadReport};
use gateshift_model::{Outcome, RunId, RunState};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::show::describe;
use crate::wiring::Store;

/// One step.
#[derive(Debug, Serialize)]
pub(super) struct StepSummary {
    name: String,
    status: &'static str,
    seconds: f64,
}

/// The whole demo.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    run: RunId,
    status: &'static str,
    steps: Vec<StepSummary>,
    objects_created: u64,
    requests_sent: u64,
    requests_failed: u64,
    requests_compared: u64,
    mismatches: u64,
    routes_covered: u64,
    routes: u64,
    stages: Vec<StageReached>,
    /// Percent of the answers that name the target, as the name server drew them, at the end.
    target_share_final: f64,
    requests_on_target: u64,
    seconds: f64,
    failures: Vec<String>,
}

impl Summary {
    pub(super) fn new(run: RunId, state: &RunState, lab: &Lab, load: &LoadReport, took: Duration) -> Self {
        let verified: Option<Verified> = output(state, "verify");
        let shifted: Option<Shifted> = output(state, "traffic");
        let steps = state.definition.steps.iter().filter_map(|step| {
            let found = state.step(&step.name)?;
            let seconds = describe::took(found, state.updated).map_or(0.0, |took| took.as_secs_f64());
            Some(StepSummary {
                name: step.name.to_string(),
                status: describe::step_status(found.status),
                seconds,
            })
        });
        let targets = lab.target_addresses();
        let on_target = targets.iter().filter_map(|address| load.by_address.get(address)).sum();
        Self {
            run,
            status: describe::run_status(state.status),
            steps: steps.collect(),
            objects_created: created(state),
            requests_sent: load.sent,
            requests_failed: load.failed,
            requests_compared: verified.as_ref().map_or(0, |one| one.compared),
            mismatches: verified.as_ref().map_or(0, |one| one.mismatches),
            routes_covered: verified.as_ref().map_or(0, |one| one.routes_covered),
            routes: verified.as_ref().map_or(0, |one| one.routes),
            stages: shifted.as_ref().map(|one| one.stages.clone()).unwrap_or_default(),
            target_share_final: shifted
                .as_ref()
                .and_then(|one| one.stages.last())
                .and_then(|stage| stage.answered)
                .unwrap_or(0.0),
            requests_on_target: on_target,
            seconds: took.as_secs_f64(),
            failures: load.failures.iter().map(|failure| format!("{failure:?}")).collect(),
        }
    }

    /// Nothing failed and nothing differed.
    pub(super) fn is_clean(&self) -> bool {
        self.requests_failed == 0 && self.mismatches == 0
    }

    /// For people.
    pub(super) fn text(&self, journal: Option<&Store>) -> String {
        let mut text = format!("run {} {}\n", self.run, self.status);
        for step in &self.steps {
            text.push_str(&format!("  {:<14} {:<9} {:>6.1} s\n", step.name, step.status, step.seconds));
        }
        text.push_str(&format!("objects made       {}\n", self.objects_created));
        text.push_str(&format!(
            "requests compared  {} ({} mismatches), {} of {} published routes covered\n",
            self.requests_compared, self.mismatches, self.routes_covered, self.routes
        ));
        for stage in &self.stages {
            let percent = |share: Option<f64>| {
                share.map_or_else(|| "not measured".to_owned(), |share| format!("{share:.1}%"))
            };
            text.push_str(&format!(
                "share at {:>5}%    DNS answers {}, requests {} of {}\n",
                stage.share,
                percent(stage.answered),
                percent(stage.measured),
                stage.requests
            ));
        }
        text.push_str(&format!(
            "client requests    {} sent, {} failed, {} answered by the target\n",
            self.requests_sent, self.requests_failed, self.requests_on_target
        ));
        for failure in &self.failures {
            text.push_str(&format!("  failed: {failure}\n"));
        }
        text.push_str(&format!("time               {:.1} s\n", self.seconds));
        if let Some(journal) = journal {
            text.push_str(&format!(
                "history            gateshift history {} --store {}\n",
                self.run, journal
            ));
        }
        text
    }
}

/// Objects this run made and did not take back, from the journal.
fn created(state: &RunState) -> u64 {
    let settled = state.steps.values().flat_map(|step| step.settled().map(|(_, settled)| settled));
    settled.filter(|settled| settled.outcome == Outcome::Created).count() as u64
}

/// The output of the step that uses the migrator.
fn output<T: DeserializeOwned>(state: &RunState, migrator: &str) -> Option<T> {
    let step = state.definition.steps.iter().find(|step| step.uses.as_str() == migrator)?;
    serde_json::from_value(state.step(&step.name)?.output.clone()?).ok()
}
