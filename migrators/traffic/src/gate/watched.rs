//! What was seen of a stage so far: spans of time with the counts of both gateways. Part of the step's
//! checkpoint, so that a shift goes on with its numbers after a crash.

use std::collections::BTreeMap;

use gateshift_sdk::model::Timestamp;
use serde::{Deserialize, Serialize};

use super::Pair;
use super::counts::Counts;

/// One span.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bin {
    /// Its length.
    pub(crate) seconds: f64,
    /// The source.
    pub(crate) source: Counts,
    /// The target.
    pub(crate) target: Counts,
    /// Business numbers by gate: bad deals of all deals.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) business: BTreeMap<String, Pair>,
}

/// A stage that is watched.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Watched {
    /// Looks so far.
    pub(crate) looks: u32,
    /// How often it was asked whether it passes.
    pub(crate) asked: u32,
    /// How much had been seen when it was asked last.
    asked_at: f64,
    /// Up to when it was measured.
    pub(crate) until: Option<Timestamp>,
    /// Spans, oldest first.
    pub(crate) bins: Vec<Bin>,
}

/// Asked again only when so many times as much was seen: each time costs sureness.
const GROWTH: f64 = 1.2;
/// Spans that a hold is divided into at most. Finer ones would only make the checkpoint larger.
const SPANS: f64 = 20.0;
/// Spans that are kept.
const MOST: usize = 40;

impl Bin {
    fn add(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.source.add(&other.source);
        self.target.add(&other.target);
        for (gate, pair) in other.business {
            let known = self.business.entry(gate).or_default();
            *known = Pair::sum(&[*known, pair]);
        }
    }
}

impl Watched {
    /// Takes what was seen since the last look. Looks in quick succession share a span, and so do old ones when
    /// there are many; nothing is forgotten.
    pub(crate) fn take(&mut self, seen: Bin, hold: f64) {
        self.looks += 1;
        match self.bins.last_mut().filter(|last| last.seconds < hold / SPANS) {
            Some(last) => last.add(seen),
            None => self.bins.push(seen),
        }
        if self.bins.len() > MOST {
            let recent = self.bins.split_off(MOST / 2);
            let mut old: Vec<Bin> = Vec::new();
            for (place, bin) in std::mem::take(&mut self.bins).into_iter().enumerate() {
                match old.last_mut().filter(|_| place % 2 == 1) {
                    Some(last) => last.add(bin),
                    None => old.push(bin),
                }
            }
            self.bins = old;
            self.bins.extend(recent);
        }
    }

    /// All that was seen of the source and of the target.
    pub(crate) fn sums(&self) -> (Counts, Counts) {
        (
            Counts::sum(self.bins.iter().map(|bin| &bin.source)),
            Counts::sum(self.bins.iter().map(|bin| &bin.target)),
        )
    }

    fn size(&self) -> f64 {
        let deals = |bin: &Bin| bin.business.values().map(|pair| pair.target.1).sum::<f64>();
        self.bins.iter().map(|bin| bin.target.requests + deals(bin)).sum()
    }

    /// Whether enough is new to ask whether the stage passes.
    pub(crate) fn may_be_asked(&self) -> bool {
        self.asked == 0 || self.size() >= GROWTH * self.asked_at
    }

    /// It was asked.
    pub(crate) fn was_asked(&mut self) {
        self.asked += 1;
        self.asked_at = self.size();
    }
}

#[cfg(test)]
mod tests {
    use super::{Bin, Watched};
    use crate::gate::Counts;

    fn bin(requests: f64, seconds: f64) -> Bin {
        let counts = Counts { requests, ..Counts::default() };
        Bin { seconds, source: counts.clone(), target: counts, ..Bin::default() }
    }

    #[test]
    fn spans_stay_few_and_nothing_of_them_is_lost() {
        let mut watched = Watched::default();
        for _ in 0..100 {
            watched.take(bin(10.0, 6.0), 600.0);
        }
        assert_eq!((watched.looks, watched.bins.len()), (100, 20));
        assert_eq!(watched.sums().1.requests, 1000.0);
        for _ in 0..1000 {
            watched.take(bin(10.0, 60.0), 600.0);
        }
        assert!(watched.bins.len() <= super::MOST, "{}", watched.bins.len());
        assert_eq!(watched.sums().1.requests, 11_000.0);
    }

    #[test]
    fn asked_again_when_more_was_seen() {
        let mut watched = Watched::default();
        watched.take(bin(100.0, 60.0), 600.0);
        assert!(watched.may_be_asked());
        watched.was_asked();
        watched.take(bin(10.0, 60.0), 600.0);
        assert!(!watched.may_be_asked());
        watched.take(bin(10.0, 60.0), 600.0);
        assert!(watched.may_be_asked());
    }
}
