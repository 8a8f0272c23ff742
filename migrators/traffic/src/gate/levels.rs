//! How sure a decision has to be, so that many looks at many signals do not find by chance what is not
//! there.
//!
//! A whole run takes a healthy target for worse with a probability below [`FALSE_FAIL`]. It is shared out
//! over stages, signals, and looks: half of a signal's part over the looks that are planned, the other half
//! over those behind them, each of which gets less than the one before, so that the sum is never used up.
//! A stage passes a target that is just intolerable in a signal with a probability below [`FALSE_PASS`],
//! shared out over the times it was asked.

/// Probability that a run takes a healthy target for worse.
pub(super) const FALSE_FAIL: f64 = 0.01;
/// Probability that a stage lets a target pass that is just intolerable in one signal.
pub(super) const FALSE_PASS: f64 = 0.05;
/// Two windows are looked at: the whole stage and its recent past.
const WINDOWS: f64 = 2.0;

/// What the probabilities are shared out over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shares {
    /// Stages of the run.
    pub(super) stages: usize,
    /// Signals that are judged.
    pub(super) signals: usize,
    /// Looks planned in a stage.
    pub(super) looks: u32,
}

/// The level at which a look calls the target worse; looks are counted from 1.
pub(super) fn fail(look: u32, shares: Shares) -> f64 {
    let part = FALSE_FAIL / (shares.stages.max(1) * shares.signals.max(1)) as f64 / WINDOWS / 2.0;
    let planned = shares.looks.max(1);
    if look <= planned {
        part / f64::from(planned)
    } else {
        let beyond = f64::from(look - planned);
        part / (beyond * (beyond + 1.0))
    }
}

/// The level at which a stage passes when it is asked for that time, from 1.
pub(super) fn pass(asked: u32) -> f64 {
    let asked = f64::from(asked.max(1));
    FALSE_PASS / (asked * (asked + 1.0))
}

/// The share that so many requests without a hit can just tell from none.
pub(super) fn resolution(requests: u64) -> f64 {
    1.0 - pass(1).powf(1.0 / requests.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::{FALSE_FAIL, FALSE_PASS, Shares, fail, pass, resolution};

    #[test]
    fn looks_never_use_up_more_than_there_is() {
        for (stages, signals, looks) in [(1, 1, 1), (5, 6, 60), (3, 2, 0), (0, 0, 7)] {
            let shares = Shares { stages, signals, looks };
            let one: f64 = (1..100_000).map(|look| fail(look, shares)).sum();
            let all = one * 2.0 * (stages.max(1) * signals.max(1)) as f64;
            assert!(all <= FALSE_FAIL && all > 0.99 * FALSE_FAIL, "{all}");
        }
        let all: f64 = (1..100_000).map(pass).sum();
        assert!(all <= FALSE_PASS && all > 0.99 * FALSE_PASS);
    }

    #[test]
    fn few_requests_tell_only_gross_faults() {
        assert!((resolution(368) - 0.01).abs() < 1e-4);
        assert!((0.70..0.72).contains(&resolution(3)));
        assert_eq!(resolution(0), resolution(1));
    }
}
