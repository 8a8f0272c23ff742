//! Walks the phases: check that nobody was there, write, confirm, stay, measure. Where it stands is a
//! checkpoint, so a shift goes on where it was after any crash.

use std::time::Duration;

use gateshift_gateway_model::{Look, Shifted, StageReached};
use gateshift_sdk::api::{Applied, Host, LogLevel, Progress, StepInput};
use gateshift_sdk::model::{Plan, StepError, Timestamp};
use gateshift_sdk::to_json;
use gateshift_sdk::walk::walk;
use serde::{Deserialize, Serialize};

use crate::confirm::{confirmed, untouched};
use crate::driver::driver;
use crate::facts::{Facts, Phase};
use crate::measure::{Requests, Verdict, count, judge};
use crate::watch::{Knowledge, Seen, held, look as gates};

/// Between two measurements of a stage that is not clear yet.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Where the shift stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// Index of the phase.
    phase: usize,
    /// When its writes were confirmed; absent while they are not.
    confirmed_at: Option<Timestamp>,
    /// Share of the authoritative answers when they were.
    answered: Option<f64>,
    /// Stages left behind.
    reached: Vec<StageReached>,
    /// What the gates know; for this step alone, so nobody is shown it.
    #[serde(default, rename = "_knowledge")]
    knowledge: Knowledge,
    /// The latest look of the gates; its key is [`LOOK`](gateshift_gateway_model::LOOK).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    look: Option<Look>,
}

/// Goes as far as it can without waiting long.
pub(crate) async fn apply(host: &dyn Host, input: &StepInput, plan: &Plan) -> Result<Applied, StepError> {
    let facts = Facts::of(plan)?;
    let mut input = input.clone();
    let mut standing: Standing =
        input.checkpoint.clone().and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
    while let Some(phase) = facts.phases.get(standing.phase) {
        let total = facts.phases.len() as u64;
        host.progress(Progress { done: standing.phase as u64, total, text: phase.name.clone() });
        if standing.confirmed_at.is_none() {
            if phase.stage {
                standing.knowledge.prepare(host, &facts, phase.stay).await;
            }
            write(host, &mut input, plan, &facts, phase, standing.phase).await?;
            let answers = confirmed(host, &facts, plan, standing.phase).await?;
            host.progress(Progress { done: standing.phase as u64 + 1, total, text: phase.name.clone() });
            standing.answered = answers.share();
            standing.confirmed_at = Some(host.now());
            standing.look = None;
            host.checkpoint(to_json(&standing)).await?;
            if !phase.stay().is_zero() {
                return Ok(pending(
                    &standing,
                    first_look(&facts, phase),
                    format!("{} is in force; staying {} s", phase.name, phase.stay),
                ));
            }
        }
        if phase.stage {
            let measured = measured(host, &facts, phase, standing.confirmed_at).await;
            if let Some(confirmed) = standing.confirmed_at.filter(|_| !facts.gates.is_empty()) {
                let at = (confirmed, measured.waits());
                let Standing { knowledge, look, .. } = &mut standing;
                match gates(host, &facts, phase, at, knowledge, look).await {
                    Ok(Seen::Pass) => {}
                    Ok(Seen::Stay(after, reason)) => return Ok(pending(&standing, after, reason)),
                    Err(error) => {
                        // What was seen goes into the journal before what follows from it.
                        host.checkpoint(to_json(&standing)).await?;
                        return Err(error);
                    }
                }
            }
            match measured {
                Measured::Stay(reason) => {
                    return Ok(pending(
                        &standing,
                        LOOK_AGAIN.min(phase.stay()),
                        format!("{}: {reason}", phase.name),
                    ));
                }
                Measured::Reached(requests) => {
                    let stage = StageReached {
                        share: phase.share,
                        answered: standing.answered,
                        measured: requests.map(Requests::share),
                        requests: requests.map_or(0.0, Requests::all) as u64,
                        at: host.now().0,
                    };
                    let measured = stage.measured.map_or_else(
                        || "not measured".to_owned(),
                        |share| format!("{share:.1}% measured over {} requests", stage.requests),
                    );
                    host.log(LogLevel::Info, &format!("{} reached: {measured}", phase.name));
                    standing.reached.push(stage);
                    standing.knowledge.begin_stage();
                }
            }
        }
        standing.phase += 1;
        standing.confirmed_at = None;
        host.checkpoint(to_json(&standing)).await?;
    }
    Ok(done(&facts, &standing))
}

/// With gates a stage is looked at while it is held; without, when its time is over.
fn first_look(facts: &Facts, phase: &Phase) -> Duration {
    if phase.stage && !facts.gates.is_empty() {
        phase.stay().min(Duration::from_secs(facts.poll.max(1)))
    } else {
        phase.stay()
    }
}

async fn write(
    host: &dyn Host,
    input: &mut StepInput,
    plan: &Plan,
    facts: &Facts,
    phase: &Phase,
    index: usize,
) -> Result<(), StepError> {
    let begun =
        phase.operations.iter().any(|key| input.settled.contains_key(key) || input.unsettled.contains(key));
    untouched(host, facts, plan, index, begun).await?;
    let operations = plan
        .operations
        .iter()
        .filter(|operation| phase.operations.contains(&operation.key))
        .cloned()
        .collect();
    let part = Plan { operations, ..Plan::default() };
    let results = walk(host, input, &part, driver(&facts.driver)).await?;
    input.settled.clone_from(results.all());
    Ok(())
}

enum Measured {
    Reached(Option<Requests>),
    Stay(String),
}

impl Measured {
    fn waits(&self) -> Option<&str> {
        match self {
            Self::Reached(_) => None,
            Self::Stay(reason) => Some(reason),
        }
    }
}

/// The share, measured when the time of the stage is over: gates look at it before.
async fn measured(host: &dyn Host, facts: &Facts, phase: &Phase, confirmed: Option<Timestamp>) -> Measured {
    let held = confirmed.filter(|_| !facts.gates.is_empty()).and_then(|at| held(host, phase, at));
    match held {
        Some(reason) => Measured::Stay(reason),
        None => measure(host, facts, phase).await,
    }
}

/// Without a source of metrics the authoritative answers have to do, and the output says so.
async fn measure(host: &dyn Host, facts: &Facts, phase: &Phase) -> Measured {
    if facts.requests.is_empty() {
        return Measured::Reached(None);
    }
    let caches = u64::from(facts.ttl);
    let window = phase.stay.saturating_sub(caches).max(phase.stay / 2).max(1);
    match count(host, facts, window).await {
        Err(reason) => Measured::Stay(format!("cannot be measured: {reason}")),
        Ok(requests) => match judge(phase.share, requests, facts.min_requests) {
            Verdict::Reached => Measured::Reached(Some(requests)),
            Verdict::Stay(reason) => Measured::Stay(reason),
        },
    }
}

fn pending(standing: &Standing, after: Duration, reason: String) -> Applied {
    Applied::Pending { checkpoint: to_json(standing), after, reason }
}

fn done(facts: &Facts, standing: &Standing) -> Applied {
    let mut hosts: Vec<String> = facts.before.iter().map(|one| one.set.host.clone()).collect();
    hosts.sort();
    hosts.dedup();
    let warnings = if facts.requests.is_empty() {
        vec!["no source of metrics was given: the share was confirmed by DNS answers only".to_owned()]
    } else {
        Vec::new()
    };
    let output = Shifted {
        hosts,
        planned_share: facts.phases.last().map_or(0.0, |phase| phase.share),
        measured_share: standing.reached.last().and_then(|stage| stage.measured),
        stages: standing.reached.clone(),
    };
    Applied::Done { output: to_json(&output), warnings }
}
