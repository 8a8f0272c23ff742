//! The one test of all signals: are more of the target's requests hit than is tolerated?
//!
//! Hit means failed, refused, slow, or a bad deal. Tolerated is a multiple of the source's share in the
//! same minutes, or a floor below which nobody minds. The test is exact for small numbers: given all hits
//! of a minute, those of the target follow a binomial distribution, so what disturbs both gateways at once
//! (a backend that is down for a minute) speaks against neither. The worst minutes are left out before the
//! target is called worse: one client's burst is no fault of the gateway, and a fault is there in the next
//! minute, too. Of what the target did nothing is left out before a stage passes, but for minutes that were
//! bad at the source.

use serde::{Deserialize, Serialize};

use super::stats::{at_least, at_most, upper_bound};

/// Hits of both sides in one span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pair {
    /// The target: (hits, requests).
    pub(crate) target: (f64, f64),
    /// The source: (hits, requests).
    pub(crate) source: (f64, f64),
}

impl Pair {
    pub(super) fn sum(pairs: &[Self]) -> Self {
        pairs.iter().fold(Self::default(), |sum, one| Self {
            target: (sum.target.0 + one.target.0, sum.target.1 + one.target.1),
            source: (sum.source.0 + one.source.0, sum.source.1 + one.source.1),
        })
    }
}

/// What is tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tolerance {
    /// So many times the source's share.
    pub(crate) ratio: f64,
    /// A share below which nobody minds, 0.005 for 0.5 %.
    pub(crate) floor: f64,
}

/// Spans that the recent past holds.
const RECENT: usize = 5;

/// Probability of what was seen if the target were just tolerable: of all of the stage, and of its recent
/// past, whichever is smaller. A fault that begins late is not hidden by the good hour before it.
pub(super) fn worse(pairs: &[Pair], tolerance: Tolerance) -> f64 {
    let whole = without_worst(pairs, tolerance, trimmed(pairs.len()));
    let recent = &pairs[pairs.len().saturating_sub(RECENT)..];
    let recent = without_worst(recent, tolerance, trimmed(recent.len()));
    chance(&whole, tolerance).min(chance(&recent, tolerance))
}

/// Spans to leave out of so many.
fn trimmed(spans: usize) -> usize {
    match spans {
        0..3 => 1,
        3..20 => 2,
        more => more.div_ceil(10),
    }
}

fn without_worst(pairs: &[Pair], tolerance: Tolerance, out: usize) -> Vec<Pair> {
    let excess = |pair: &Pair| {
        let share = if pair.source.1 > 0.0 { pair.source.0 / pair.source.1 } else { 0.0 };
        pair.target.0 - pair.target.1 * (tolerance.ratio * share).max(tolerance.floor)
    };
    let mut kept = pairs.to_vec();
    kept.sort_by(|one, other| excess(other).total_cmp(&excess(one)));
    kept.drain(..out.min(kept.len()));
    kept
}

/// Probability of at least so many hits of the target if it were just tolerable.
fn chance(pairs: &[Pair], tolerance: Tolerance) -> f64 {
    let sum = Pair::sum(pairs);
    let hits = |pair: &Pair| pair.target.0 + pair.source.0;
    // Of all hits of a span, this part is the target's if its share is `ratio` times the source's. Spans
    // differ in it; one binomial with the mean part has the larger tail (Hoeffding), so it is safe.
    let part = |pair: &Pair| {
        let weighted = pair.target.1 * tolerance.ratio;
        if weighted + pair.source.1 > 0.0 { weighted / (weighted + pair.source.1) } else { 1.0 }
    };
    let all: f64 = pairs.iter().map(hits).sum();
    if all <= 0.0 || sum.target.0 <= 0.0 {
        return 1.0;
    }
    let mean = pairs.iter().map(|pair| hits(pair) * part(pair)).sum::<f64>() / all;
    let against_source = at_least(sum.target.0, all, mean);
    let against_floor = at_least(sum.target.0, sum.target.1, tolerance.floor);
    against_source.max(against_floor)
}

/// The minutes that are held against each other before a stage passes: without those that were worst at the
/// source. What the target did has no say in it, so nothing of it is hidden; and a bad minute of the source
/// does not raise what is tolerated of the target.
pub(super) fn calm(pairs: &[Pair]) -> Vec<Pair> {
    let share = |pair: &Pair| if pair.source.1 > 0.0 { pair.source.0 / pair.source.1 } else { 0.0 };
    let mut kept = pairs.to_vec();
    kept.sort_by(|one, other| share(other).total_cmp(&share(one)));
    if kept.len() > 2 && kept.iter().any(|pair| pair.source.0 > 0.0) {
        kept.drain(..trimmed(kept.len()).min(kept.len() / 3));
    }
    kept
}

/// The share that is tolerated of the target before a stage passes. `resolution` is the smallest share that
/// the wanted number of requests can tell from none: nobody can ask for more.
pub(super) fn limit(calm: &[Pair], tolerance: Tolerance, resolution: f64) -> f64 {
    let source = Pair::sum(calm).source;
    let share = if source.1 > 0.0 { source.0 / source.1 } else { 0.0 };
    (tolerance.ratio * share).max(tolerance.floor).max(resolution).min(1.0)
}

/// Whether the target's share is below the limit, wrong with a probability of `level` at most.
pub(super) fn is_fine(calm: &[Pair], limit: f64, level: f64) -> bool {
    let (hits, of) = Pair::sum(calm).target;
    of > 0.0 && (limit >= 1.0 || at_most(hits, of, limit) <= level)
}

/// What is missing to be sure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Missing {
    /// The share that the target may still have.
    pub(super) most: f64,
    /// Requests of the target after which it would be sure if it went on like this; none when it would not.
    pub(super) needed: Option<f64>,
}

/// What is missing to call the target fine.
pub(super) fn missing(calm: &[Pair], limit: f64, level: f64) -> Missing {
    let (hits, of) = Pair::sum(calm).target;
    Missing { most: upper_bound(hits, of, level), needed: needed(hits, of, limit, level) }
}

fn needed(hits: f64, of: f64, limit: f64, level: f64) -> Option<f64> {
    let share = if of > 0.0 { hits / of } else { 0.0 };
    if share >= limit || limit <= 0.0 {
        return None;
    }
    let sure = |requests: f64| at_most(share * requests, requests, limit) <= level;
    let mut most = of.max(1.0);
    while !sure(most) {
        most *= 2.0;
        if most > 1e9 {
            return None;
        }
    }
    let mut least = 0.0;
    for _ in 0..24 {
        let middle = f64::midpoint(least, most);
        if sure(middle) { most = middle } else { least = middle }
    }
    Some(most.ceil())
}

#[cfg(test)]
mod tests {
    use super::{Pair, Tolerance, is_fine, limit, missing, worse};

    const ERRORS: Tolerance = Tolerance { ratio: 2.0, floor: 0.005 };

    fn spread(target: (f64, f64), source: (f64, f64), spans: usize) -> Vec<Pair> {
        let part = |(hits, of): (f64, f64)| (hits / spans as f64, of / spans as f64);
        vec![Pair { target: part(target), source: part(source) }; spans]
    }

    #[test]
    fn a_fault_is_seen_and_noise_is_not() {
        let seen = worse(&spread((12.0, 800.0), (20.0, 40_000.0), 8), ERRORS);
        assert!(seen < 0.02, "{seen}");
        let grave = worse(&spread((80.0, 800.0), (20.0, 40_000.0), 8), ERRORS);
        assert!(grave < 1e-12, "{grave}");
        // One error of a few requests, errors of both, errors below the floor.
        for (target, source) in [
            ((1.0, 8.0), (0.0, 800.0)),
            ((40.0, 800.0), (2000.0, 40_000.0)),
            ((3.0, 1000.0), (0.0, 100_000.0)),
        ] {
            let chance = worse(&spread(target, source, 4), ERRORS);
            assert!(chance > 0.01, "{target:?} {source:?}: {chance}");
        }
    }

    #[test]
    fn one_burst_is_left_out_and_the_second_minute_of_a_fault_is_not() {
        let fine = Pair { target: (0.0, 50.0), source: (1.0, 5000.0) };
        let burst = Pair { target: (30.0, 60.0), ..fine };
        for spans in [1, 2, 3, 4, 12, 60] {
            let mut pairs = vec![fine; spans];
            pairs[spans / 2] = burst;
            assert!(worse(&pairs, ERRORS) > 0.05, "{spans}");
        }
        assert!(worse(&[burst, burst], ERRORS) < 1e-9);
        let mut late = vec![fine; 60];
        late.extend([burst; 3]);
        assert!(worse(&late, ERRORS) < 1e-9, "a fault that begins late");
    }

    #[test]
    fn what_strikes_both_at_once_speaks_against_neither() {
        let mut pairs = vec![Pair { target: (0.0, 100.0), source: (0.0, 10_000.0) }; 6];
        pairs.extend([Pair { target: (90.0, 100.0), source: (9_000.0, 10_000.0) }; 4]);
        assert!(worse(&pairs, ERRORS) > 0.05);
    }

    #[test]
    fn sure_only_with_enough_requests() {
        let few = spread((0.0, 100.0), (0.0, 10_000.0), 4);
        let at = limit(&few, ERRORS, 0.01);
        assert!((at - 0.01).abs() < 1e-12 && !is_fine(&few, at, 0.025));
        assert_eq!(missing(&few, at, 0.025).needed, Some(368.0));
        assert!(is_fine(&spread((0.0, 368.0), (0.0, 10_000.0), 4), at, 0.025));
        let bad = spread((20.0, 400.0), (0.0, 10_000.0), 4);
        assert!(!is_fine(&bad, at, 0.025));
        let missing = missing(&bad, at, 0.025);
        assert!(missing.needed.is_none() && missing.most > 0.07, "{missing:?}");
        assert!(!is_fine(&[], at, 0.025));
    }
}
