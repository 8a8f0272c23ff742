//! The signals of the gates: each a rate of both gateways, with what is tolerated and in which words it is
//! told.

use super::counts::Counts;
use super::rate::{Pair, Tolerance};
use super::settings::{Business, Health, Latency};
use super::stats::at_most;
use super::watched::Bin;
use super::words::{millis, percent};

/// A rate that is judged.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Signal {
    /// Of which gate.
    pub(super) gate: String,
    /// `errors`, `refusals`, `p95`.
    pub(super) name: String,
    /// Hits by span.
    pub(super) pairs: Vec<Pair>,
    /// What is tolerated.
    pub(super) tolerance: Tolerance,
    /// What a hit is: "failed (5xx)".
    pub(super) hit: String,
    /// What is counted: "requests".
    pub(super) unit: &'static str,
    /// Requests of the target that are wanted.
    pub(super) wanted: u64,
}

/// Quantiles of the times that are judged.
const QUANTILES: [(f64, &str); 3] = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")];
/// A quantile of the source is taken for known below this probability of being wrong.
const KNOWN: f64 = 0.05;
/// A quantile is judged when the wanted number of requests can tell it: so improbable it has to be that
/// none of them is beyond it by chance.
const TELLING: f64 = 0.15;
/// Without the same minutes to compare with nobody knows whether the gateway or all behind it became slow: so
/// many times the tolerated time is tolerated then, and only gross slowness counts.
const GROSS: f64 = 4.0;
/// So many times as many slow requests as the source has are tolerated.
const SLOW_RATIO: f64 = 2.0;

/// How many signals a set of gates judges.
pub(super) fn number(health: Option<&Health>, business: &[Business]) -> usize {
    let times =
        |health: &Health| health.latency.as_ref().map_or(0, |_| quantiles(health.min_requests).count());
    health.map_or(0, |health| 2 + times(health)) + business.len()
}

/// The quantiles that so many requests can tell.
fn quantiles(wanted: u64) -> impl Iterator<Item = (f64, &'static str)> {
    QUANTILES.into_iter().filter(move |(part, _)| part.powf(wanted as f64) <= TELLING)
}

/// Those of the gate `health`. A signal that cannot be made says why. `borrowed` says that the source is told
/// as it was before, not in the same minutes.
pub(super) fn health(health: &Health, bins: &[Bin], borrowed: bool) -> Vec<Result<Signal, String>> {
    let rate = |name: &str, hit: &str, tolerance: Tolerance, hits: &dyn Fn(&Counts) -> f64| Signal {
        gate: "health".to_owned(),
        name: name.to_owned(),
        pairs: pairs(bins, hits),
        tolerance,
        hit: hit.to_owned(),
        unit: "requests",
        wanted: health.min_requests,
    };
    let mut found = vec![
        Ok(rate("errors", "failed (5xx)", health.errors, &|counts| counts.failed)),
        Ok(rate("refusals", "were refused (4xx)", health.refused, &|counts| counts.refused)),
    ];
    let Some(latency) = &health.latency else { return found };
    let times = if borrowed { GROSS } else { 1.0 };
    let latency = Latency { ratio: latency.ratio * times, floor_ms: latency.floor_ms * times };
    let source = Counts::sum(bins.iter().map(|bin| &bin.source));
    let target = Counts::sum(bins.iter().map(|bin| &bin.target));
    for (part, name) in quantiles(health.min_requests) {
        found.push(limit(&latency, part, &source, &target).map(|(usual, limit)| Signal {
            hit: format!(
                "took longer than {} (of the old one's, {} take at most {})",
                millis(limit),
                percent(part),
                millis(usual)
            ),
            ..rate(name, "", Tolerance { ratio: SLOW_RATIO, floor: 1.0 - part }, &|counts| {
                counts.slower_than(limit).unwrap_or(0.0)
            })
        }));
    }
    found
}

/// The time within which the source answers so large a part, and the longest that is tolerated of the
/// target. Both are bounds of the histogram: nothing is guessed between them.
fn limit(latency: &Latency, part: f64, source: &Counts, target: &Counts) -> Result<(f64, f64), String> {
    if source.slower.is_empty() {
        return Err("there is no histogram of the old gateway's times".to_owned());
    }
    let known = |slower: f64| at_most(slower, source.requests, 1.0 - part) <= KNOWN;
    let usual = source.slower.iter().find(|(_, slower)| known(*slower)).map(|(bound, _)| *bound);
    let Some(usual) = usual else {
        let slowest = source.slower.last().map_or(0.0, |(bound, _)| *bound);
        let beyond = source.slower.last().is_some_and(|(_, slower)| *slower > (1.0 - part) * source.requests);
        return Err(if beyond {
            format!("the old gateway's times go beyond its histogram, which ends at {}", millis(slowest))
        } else {
            format!("the old gateway's {} requests are too few to know its times", source.requests.round())
        });
    };
    let tolerated = (latency.ratio * usual).max(usual + latency.floor_ms);
    let mut beyond = source.slower.iter().map(|(bound, _)| *bound).filter(|bound| *bound > usual);
    // Where the histogram ends before what is tolerated, its end has to do.
    match beyond.clone().find(|bound| *bound >= tolerated - 1e-9).or_else(|| beyond.next_back()) {
        Some(bound) if target.slower_than(bound).is_some() => Ok((usual, bound)),
        Some(_) if target.requests <= 0.0 => Err("the new gateway has no request yet".to_owned()),
        Some(bound) => {
            Err(format!("the new gateway's histogram has no bound at {}, the old one's has", millis(bound)))
        }
        None => Err(format!(
            "the histogram ends at {}, which is what the old gateway takes already",
            millis(usual)
        )),
    }
}

/// That of a business gate.
pub(super) fn business(business: &Business, bins: &[Bin]) -> Signal {
    Signal {
        gate: business.name.clone(),
        name: business.name.clone(),
        pairs: bins.iter().map(|bin| bin.business.get(&business.name).copied().unwrap_or_default()).collect(),
        tolerance: business.tolerance,
        hit: "were no success".to_owned(),
        unit: "cases",
        wanted: business.min_cases,
    }
}

fn pairs(bins: &[Bin], hits: &dyn Fn(&Counts) -> f64) -> Vec<Pair> {
    let side = |counts: &Counts| (hits(counts), counts.requests);
    bins.iter().map(|bin| Pair { target: side(&bin.target), source: side(&bin.source) }).collect()
}
