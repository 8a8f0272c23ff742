//! All gates together: what each says of its signals, in words, and what follows for the stage.

use gateshift_gateway_model::{GateAnswer, GateSaid};

use super::counts::Counts;
use super::levels::{self, Shares};
use super::load::{Bearing, Load, LoadBound, bearing, bounds};
use super::rate::{Pair, calm, is_fine, limit, missing, worse};
use super::settings::Gates;
use super::signals::{self, Signal};
use super::watched::{Bin, Watched};
use super::words::{count, part, percent, trimmed};

/// Where a shift stands when it is judged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stage<'a> {
    /// Planned share, percent.
    pub(crate) share: f64,
    /// The next one; none at the last stage.
    pub(crate) next: Option<f64>,
    /// Stages of the run.
    pub(crate) stages: usize,
    /// Looks planned in a stage.
    pub(crate) looks: u32,
    /// Whether it was held for its time.
    pub(crate) is_held: bool,
    /// Specification of the target.
    pub(crate) spec: &'a str,
    /// What the source did before, for a stage that leaves it too little to be compared with.
    pub(crate) reference: Option<&'a Counts>,
    /// The target's load now.
    pub(crate) load: &'a [Load],
    /// The same before the first request came.
    pub(crate) idle: &'a [Load],
}

/// What the gates say together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judgement {
    /// The answer.
    pub(crate) answer: GateAnswer,
    /// What each said.
    pub(crate) said: Vec<GateSaid>,
    /// The stage was asked whether it passes, which is to be noted.
    pub(crate) asked: bool,
}

impl Judgement {
    /// In words what speaks against the stage; nothing when it passes.
    pub(crate) fn reason(&self) -> String {
        let against: Vec<String> = self
            .said
            .iter()
            .filter(|one| one.answer == self.answer && one.answer != GateAnswer::Pass)
            .map(|one| {
                let signal = if one.signal == one.gate { String::new() } else { format!(" {}", one.signal) };
                format!("{}{signal}: {}", one.gate, one.said)
            })
            .collect();
        against.join("; ")
    }
}

/// Judges what was seen of a stage.
pub(crate) fn judge(gates: &Gates, watched: &Watched, stage: &Stage<'_>) -> Judgement {
    let pass = levels::pass(watched.asked + 1);
    let shares = Shares {
        stages: stage.stages,
        signals: signals::number(gates.health.as_ref(), &gates.business),
        looks: stage.looks,
    };
    let fail = levels::fail(watched.looks.max(1), shares);
    let mut said = Vec::new();
    if let Some(health) = &gates.health {
        let (bins, borrowed) = comparable(&watched.bins, stage.reference, health.min_requests);
        for signal in signals::health(health, &bins, borrowed) {
            said.push(match signal {
                Ok(signal) => answer(&signal, borrowed, fail, pass),
                Err(reason) => unclear("health", "times", reason),
            });
        }
    }
    for business in &gates.business {
        said.push(answer(&signals::business(business, &watched.bins), false, fail, pass));
    }
    if let Some(gate) = &gates.load {
        let known = bounds(stage.spec);
        for (name, _) in &gate.measures {
            let bound = gate.bounds.iter().chain(&known).find(|bound| bound.name == *name);
            said.push(loaded(name, bound, stage));
        }
    }
    // Asked only when all has been seen that was wanted: each time costs sureness.
    let whole = said.iter().all(|one| one.answer != GateAnswer::NotEnough || one.limit.is_some());
    let asked = stage.is_held && whole && watched.may_be_asked();
    let any = |answer| said.iter().any(|one| one.answer == answer);
    let answer = if any(GateAnswer::Fail) {
        GateAnswer::Fail
    } else if any(GateAnswer::NotEnough) || !asked {
        GateAnswer::NotEnough
    } else {
        GateAnswer::Pass
    };
    Judgement { answer, said, asked }
}

/// The spans with something to compare with: where the source has hardly a request left, what it did
/// before has to do. Says whether it did.
fn comparable(bins: &[Bin], reference: Option<&Counts>, wanted: u64) -> (Vec<Bin>, bool) {
    let source: f64 = bins.iter().map(|bin| bin.source.requests).sum();
    match reference.filter(|reference| source < wanted as f64 && reference.requests > source) {
        Some(reference) => {
            let each = reference.part(1.0 / bins.len().max(1) as f64);
            let with = |bin: &Bin| Bin { source: each.clone(), ..bin.clone() };
            (bins.iter().map(with).collect(), true)
        }
        None => (bins.to_vec(), false),
    }
}

fn answer(signal: &Signal, borrowed: bool, fail: f64, pass: f64) -> GateSaid {
    let Signal { gate, name, pairs, tolerance, hit, unit, wanted } = signal;
    let sum = Pair::sum(pairs);
    let share = |(hits, of): (f64, f64)| (of > 0.0).then(|| hits / of);
    let calm = calm(pairs);
    let limit = limit(&calm, *tolerance, levels::resolution(*wanted));
    let before = if borrowed { " before it lost its traffic" } else { "" };
    let numbers = format!(
        "{} {unit} of the new gateway {hit}, against {} of the old one{before}",
        part(sum.target),
        part(sum.source)
    );
    let tolerated = format!(
        "{} times the old one's share or {} is tolerated",
        trimmed(format!("{:.1}", tolerance.ratio)),
        percent(tolerance.floor)
    );
    let chance = worse(pairs, *tolerance);
    let (answer, text) = if chance < fail {
        (GateAnswer::Fail, format!("{numbers}; {tolerated}; by chance this happens {}", odds(chance)))
    } else if sum.source.1 <= 0.0 {
        (GateAnswer::NotEnough, format!("the old gateway had no {unit} to compare with"))
    } else if sum.target.1 < *wanted as f64 {
        (
            GateAnswer::NotEnough,
            format!(
                "{} of the {} {unit} that are needed of the new gateway were seen",
                count(sum.target.1),
                count(*wanted as f64)
            ),
        )
    } else if is_fine(&calm, limit, pass) {
        (GateAnswer::Pass, numbers)
    } else {
        let missing = missing(&calm, limit, pass);
        let more = match missing.needed {
            Some(needed) => format!("about {} {unit} are needed to be sure", count(needed)),
            None => "it stays so until it gets better or worse".to_owned(),
        };
        let possible =
            format!("it may be {} in truth and {} is tolerated", percent(missing.most), percent(limit));
        (GateAnswer::NotEnough, format!("{numbers}: {possible}; {more}"))
    };
    let is_seen = answer != GateAnswer::NotEnough || sum.target.1 >= *wanted as f64 && sum.source.1 > 0.0;
    GateSaid {
        gate: gate.clone(),
        signal: name.clone(),
        answer,
        said: text,
        value: share(sum.target),
        source: share(sum.source),
        limit: is_seen.then_some(limit),
    }
}

/// `less than once in a million looks`.
fn odds(chance: f64) -> String {
    if chance <= 1e-9 {
        "less than once in a billion looks".to_owned()
    } else {
        format!("about once in {} looks", count(1.0 / chance))
    }
}

fn loaded(name: &str, bound: Option<&LoadBound>, stage: &Stage<'_>) -> GateSaid {
    let value = |of: &[Load]| of.iter().find(|one| one.name == name).cloned();
    let (Some(bound), Some(now)) = (bound, value(stage.load)) else {
        let reason = if bound.is_none() {
            format!(
                "no bound of `{name}` is known for the specification `{}`: give `safe` and `alert`",
                stage.spec
            )
        } else {
            format!("`{name}` of the new gateway was not measured")
        };
        return unclear("load", name, reason);
    };
    let idle = value(stage.idle).map(|one| one.value);
    let (answer, said) = match bearing(bound, &now, idle, stage.share, stage.next) {
        Bearing::Fine(said) => (GateAnswer::Pass, said),
        Bearing::Over(said) => (GateAnswer::Fail, said),
        Bearing::NotNext(said) => (GateAnswer::NotEnough, said),
    };
    GateSaid {
        gate: "load".to_owned(),
        signal: name.to_owned(),
        answer,
        said,
        value: Some(now.value),
        source: None,
        limit: Some(bound.alert),
    }
}

/// A signal that cannot be judged.
fn unclear(gate: &str, signal: &str, reason: String) -> GateSaid {
    GateSaid {
        gate: gate.to_owned(),
        signal: signal.to_owned(),
        answer: GateAnswer::NotEnough,
        said: reason,
        value: None,
        source: None,
        limit: None,
    }
}

#[cfg(test)]
mod tests;
