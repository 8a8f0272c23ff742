//! Watches a stage while it is held: asks for the numbers since the last look, lets the gates judge, and
//! says what follows. Each look is left in the step's checkpoint, from which charts are drawn.

use std::time::Duration;

use gateshift_gateway_model::{Decision, GateAnswer, Look, LookSide};
use gateshift_sdk::api::Host;
use gateshift_sdk::model::{StepError, Timestamp};
use gateshift_sdk::to_json;
use serde::{Deserialize, Serialize};

use crate::facts::{Facts, Phase};
use crate::gate::{Bin, Counts, Gates, Judgement, Load, Stage, Watched, judge};
use crate::numbers;

/// What the gates know of a shift, part of its checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Knowledge {
    /// What was seen of the present stage.
    watched: Watched,
    /// What the source did when it had traffic to be compared with.
    reference: Option<Counts>,
    /// The target's load before the first request came.
    idle: Vec<Load>,
    /// Whether reference and idle load were asked for.
    is_prepared: bool,
}

/// What follows from a look.
#[derive(Debug)]
pub(crate) enum Seen {
    /// The stage goes on; look again after so long.
    Stay(Duration, String),
    /// The gates pass.
    Pass,
}

impl Gates {
    /// Whether there is any.
    pub(crate) fn is_empty(&self) -> bool {
        self.health.is_none() && self.load.is_none() && self.business.is_empty()
    }
}

impl Knowledge {
    /// A new stage: nothing was seen of it yet. What the source did in the last one is kept to compare with
    /// where it has no traffic left.
    pub(crate) fn begin_stage(&mut self) {
        let (source, _) = std::mem::take(&mut self.watched).sums();
        let enough = |before: &Counts| source.requests >= before.requests / 10.0;
        if source.requests > 0.0 && self.reference.as_ref().is_none_or(enough) {
            self.reference = Some(source);
        }
    }

    /// Looks at source and target once before the first stage exposes anything. What cannot be had is done
    /// without: the gates say so when they miss it.
    pub(crate) async fn prepare(&mut self, host: &dyn Host, facts: &Facts, hold: u64) {
        if self.is_prepared || facts.gates.is_empty() {
            return;
        }
        self.is_prepared = true;
        if let Some(health) = &facts.gates.health {
            self.reference = numbers::counts(host, &health.expressions, facts, false, hold.max(1)).await.ok();
        }
        self.idle = numbers::load(host, facts).await.unwrap_or_default();
    }
}

/// How much longer a stage is held whose writes were confirmed at that time, in words; none when its time is
/// over.
pub(crate) fn held(host: &dyn Host, phase: &Phase, confirmed: Timestamp) -> Option<String> {
    let left = Pace::of(host, 1, phase).left(confirmed, host.now());
    (left > 0).then(|| format!("held for {left} s more"))
}

/// One look at a stage whose writes were confirmed at `confirmed`. `waits` says why the stage cannot be left
/// yet, whatever the gates say. The look is put into `last`; a failing gate is the step's failure.
pub(crate) async fn look(
    host: &dyn Host,
    facts: &Facts,
    phase: &Phase,
    (confirmed, waits): (Timestamp, Option<&str>),
    knowledge: &mut Knowledge,
    last: &mut Option<Look>,
) -> Result<Seen, StepError> {
    let now = host.now();
    let pace = Pace::of(host, facts.poll, phase);
    let warm = pace.after(confirmed, pace.warm_up(facts.ttl));
    let from = knowledge.watched.until.unwrap_or(warm);
    let window = pace.seconds(from, now);
    if window < 1 {
        let left = pace.wait(warm, now);
        return Ok(Seen::Stay(left, format!("{}: warming up, nothing is judged yet", phase.name)));
    }
    let again = pace.again(confirmed, now);
    let read = numbers::read(host, facts, window, (from, now)).await;
    let (bin, load) = match read {
        Ok(read) => read,
        Err(reason) => {
            let reason = format!("cannot be measured: {reason}");
            *last = Some(of(now, phase, None, Decision::Hold, &reason, Vec::new()));
            return Ok(Seen::Stay(again, format!("{}: {reason}; held until it can", phase.name)));
        }
    };
    knowledge.watched.take(bin.clone(), phase.stay as f64);
    knowledge.watched.until = Some(pace.after(from, window));
    let later = facts.phases.iter().skip_while(|one| one.name != phase.name).nth(1);
    let stage = Stage {
        share: phase.share,
        next: later.map(|one| one.share),
        stages: facts.phases.iter().filter(|one| one.stage).count(),
        looks: u32::try_from(phase.stay / pace.poll).unwrap_or(u32::MAX).max(1),
        is_held: waits.is_none(),
        spec: &facts.spec,
        reference: knowledge.reference.as_ref(),
        load: &load,
        idle: &knowledge.idle,
    };
    let judgement = judge(&facts.gates, &knowledge.watched, &stage);
    if judgement.asked {
        knowledge.watched.was_asked();
    }
    let (decision, reason) = decision(&judgement, waits);
    *last = Some(of(now, phase, Some(&bin), decision, &reason, judgement.said));
    match decision {
        Decision::Forward => Ok(Seen::Pass),
        Decision::Hold => Ok(Seen::Stay(again, format!("{}: {reason}", phase.name))),
        Decision::Back => Err(failed(phase, &reason, last.as_ref())),
    }
}

fn decision(judgement: &Judgement, waits: Option<&str>) -> (Decision, String) {
    let reason = judgement.reason();
    match (judgement.answer, waits) {
        (GateAnswer::Fail, _) => (Decision::Back, reason),
        (GateAnswer::Pass, _) => (Decision::Forward, "all gates pass".to_owned()),
        (GateAnswer::NotEnough, Some(waits)) if reason.is_empty() => {
            (Decision::Hold, format!("{waits}; the gates are fine so far"))
        }
        (GateAnswer::NotEnough, Some(waits)) => (Decision::Hold, format!("{waits}; {reason}")),
        (GateAnswer::NotEnough, None) if reason.is_empty() => {
            (Decision::Hold, "the gates are asked again when more was seen".to_owned())
        }
        (GateAnswer::NotEnough, None) => {
            (Decision::Hold, format!("not enough data: {reason}; held until there is"))
        }
    }
}

/// The failure of a gate: it names the stage, what was seen, and what is tolerated.
fn failed(phase: &Phase, reason: &str, look: Option<&Look>) -> StepError {
    StepError::permanent("GS-GATE-FAILED", format!("{}: {reason}", phase.name))
        .with_hint("find the cause and remove it; `gateshift resume RUN --cause-resolved \"what it was\"` begins again at the first stage")
        .with_details(to_json(&look))
}

fn of(
    now: Timestamp,
    phase: &Phase,
    bin: Option<&Bin>,
    decision: Decision,
    reason: &str,
    gates: Vec<gateshift_gateway_model::GateSaid>,
) -> Look {
    let side = |counts: &Counts| LookSide {
        requests: counts.requests,
        failed: counts.failed,
        refused: counts.refused,
        p50: counts.quantile(0.5),
        p95: counts.quantile(0.95),
    };
    let measured = bin.and_then(|bin| {
        let all = bin.source.requests + bin.target.requests;
        (all > 0.0).then(|| 100.0 * bin.target.requests / all)
    });
    Look {
        at: now.0,
        stage: phase.name.clone(),
        share: phase.share,
        measured,
        source: bin.map(|bin| side(&bin.source)),
        target: bin.map(|bin| side(&bin.target)),
        gates,
        decision,
        reason: reason.to_owned(),
    }
}

/// Times of a stage, in the seconds that the workflow means.
struct Pace<'a> {
    scale: f64,
    poll: u64,
    phase: &'a Phase,
}

impl<'a> Pace<'a> {
    fn of(host: &dyn Host, poll: u64, phase: &'a Phase) -> Self {
        Self { scale: host.time_scale().max(f64::MIN_POSITIVE), poll: poll.max(1), phase }
    }

    /// Cold caches and connections make the first minutes slower: they are not judged.
    fn warm_up(&self, ttl: u32) -> u64 {
        u64::from(ttl).min(self.phase.stay / 2)
    }

    fn seconds(&self, from: Timestamp, to: Timestamp) -> u64 {
        (to.since(from).as_secs_f64() * self.scale) as u64
    }

    fn after(&self, from: Timestamp, seconds: u64) -> Timestamp {
        from.after(Duration::from_secs_f64(seconds as f64 / self.scale))
    }

    fn left(&self, confirmed: Timestamp, now: Timestamp) -> u64 {
        self.phase.stay.saturating_sub(self.seconds(confirmed, now))
    }

    /// Until something that can be measured has passed.
    fn wait(&self, warm: Timestamp, now: Timestamp) -> Duration {
        Duration::from_secs(self.seconds(now, warm).saturating_add(self.poll.min(self.phase.stay.max(1))))
    }

    /// The next look is a poll away, or where the time of the stage is over.
    fn again(&self, confirmed: Timestamp, now: Timestamp) -> Duration {
        match self.left(confirmed, now) {
            0 => Duration::from_secs(self.poll),
            left => Duration::from_secs(self.poll.min(left)),
        }
    }
}

#[cfg(test)]
mod tests;
