//! What one gateway did in a span of time, and whether the numbers can be believed.

use serde::{Deserialize, Serialize};

/// Requests of one gateway, by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// All of them.
    pub(crate) requests: f64,
    /// Answered 5xx.
    pub(crate) failed: f64,
    /// Answered 4xx.
    pub(crate) refused: f64,
    /// Slower than so many milliseconds: (bound, requests), bounds ascending.
    pub(crate) slower: Vec<(f64, f64)>,
}

/// The same as a source of metrics gives it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Raw {
    /// All requests.
    pub(crate) requests: f64,
    /// Answered 5xx.
    pub(crate) failed: f64,
    /// Answered 4xx.
    pub(crate) refused: f64,
    /// Requests that took at most so many milliseconds: (bound, requests), in any order. The unbounded
    /// bucket has an infinite bound.
    pub(crate) within: Vec<(f64, f64)>,
}

/// Counters are read one after the other while requests go on, and increases are extrapolated: by so much
/// they may disagree, in requests and as a part.
const SLACK: (f64, f64) = (5.0, 0.05);

/// The counts, or why they cannot be believed. A counter that went backwards, parts that are more than the
/// whole, or a histogram that is none is a broken query and no measurement.
pub(crate) fn checked(raw: Raw) -> Result<Counts, String> {
    let Raw { requests, failed, refused, mut within } = raw;
    for (what, number) in [("requests", requests), ("failed requests", failed), ("refused requests", refused)]
    {
        if !number.is_finite() {
            return Err(format!("the number of {what} is not a number"));
        }
        if number < 0.0 {
            return Err(format!("the number of {what} is {number}: the counter went backwards"));
        }
    }
    let slack = SLACK.0 + SLACK.1 * requests;
    if failed + refused > requests + slack {
        return Err(format!(
            "{failed:.0} failed and {refused:.0} refused requests are more than all {requests:.0}"
        ));
    }
    within.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut before = 0.0;
    for (bound, count) in &mut within {
        if !count.is_finite() {
            return Err(format!("the number of requests within {bound} ms is not a number"));
        }
        if *count < before - slack {
            return Err(format!(
                "fewer requests took at most {bound} ms than took less: the histogram's counters do not belong together"
            ));
        }
        before = count.max(before);
        *count = before;
    }
    if !within.is_empty() && (before - requests).abs() > slack {
        return Err(format!("the histogram holds {before:.0} requests and {requests:.0} were counted"));
    }
    // Parts are held against the whole: what counters were read later may not exceed it.
    let whole = requests.max(failed + refused);
    let slower = within
        .into_iter()
        .filter(|(bound, _)| bound.is_finite() && *bound > 0.0)
        .map(|(bound, count)| (bound, (before - count).clamp(0.0, whole)))
        .collect();
    Ok(Counts { requests: whole, failed, refused, slower })
}

impl Counts {
    /// Adds what another span had. Bounds that only one of them has are lost.
    pub(crate) fn add(&mut self, other: &Self) {
        if self.requests <= 0.0 {
            *self = other.clone();
            return;
        }
        if other.requests <= 0.0 {
            return;
        }
        self.requests += other.requests;
        self.failed += other.failed;
        self.refused += other.refused;
        self.slower.retain_mut(|(bound, count)| {
            let more = other.slower_than(*bound);
            *count += more.unwrap_or(0.0);
            more.is_some()
        });
    }

    /// All of them together.
    pub(crate) fn sum<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sum = Self::default();
        all.into_iter().for_each(|one| sum.add(one));
        sum
    }

    /// This part of it.
    pub(crate) fn part(&self, part: f64) -> Self {
        Self {
            requests: self.requests * part,
            failed: self.failed * part,
            refused: self.refused * part,
            slower: self.slower.iter().map(|(bound, count)| (*bound, count * part)).collect(),
        }
    }

    /// Requests slower than one of the bounds.
    pub(crate) fn slower_than(&self, bound: f64) -> Option<f64> {
        self.slower.iter().find(|(known, _)| (known - bound).abs() < 1e-9).map(|(_, count)| *count)
    }

    /// The smallest bound that so large a part of the requests did not exceed, for charts and words.
    pub(crate) fn quantile(&self, part: f64) -> Option<f64> {
        if self.requests <= 0.0 {
            return None;
        }
        let most = (1.0 - part) * self.requests;
        self.slower.iter().find(|(_, count)| *count <= most + 1e-9).map(|(bound, _)| *bound)
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Raw, checked};

    fn raw(requests: f64, failed: f64, refused: f64, within: &[(f64, f64)]) -> Raw {
        Raw { requests, failed, refused, within: within.to_vec() }
    }

    #[test]
    fn a_histogram_becomes_how_many_were_slower() {
        let counts =
            checked(raw(100.0, 1.0, 2.0, &[(f64::INFINITY, 100.0), (50.0, 90.0), (10.0, 40.0)])).unwrap();
        assert_eq!(counts.slower, [(10.0, 60.0), (50.0, 10.0)]);
        assert_eq!(
            (counts.quantile(0.5), counts.quantile(0.9), counts.quantile(0.99)),
            (Some(50.0), Some(50.0), None)
        );
        let twice = Counts::sum([&counts, &counts]);
        assert_eq!(
            (twice.requests, twice.slower_than(10.0), twice.slower_than(11.0)),
            (200.0, Some(120.0), None)
        );
    }

    #[test]
    fn what_cannot_be_is_told() {
        for (bad, says) in [
            (raw(f64::NAN, 0.0, 0.0, &[]), "not a number"),
            (raw(10.0, f64::INFINITY, 0.0, &[]), "not a number"),
            (raw(-3.0, 0.0, 0.0, &[]), "backwards"),
            (raw(100.0, 80.0, 80.0, &[]), "more than all"),
            (raw(100.0, 0.0, 0.0, &[(10.0, 90.0), (50.0, 20.0), (f64::INFINITY, 100.0)]), "belong together"),
            (raw(100.0, 0.0, 0.0, &[(10.0, f64::NAN)]), "not a number"),
            (raw(1000.0, 0.0, 0.0, &[(10.0, 5.0), (f64::INFINITY, 10.0)]), "histogram holds"),
        ] {
            let said = checked(bad.clone()).unwrap_err();
            assert!(said.contains(says), "{bad:?}: {said}");
        }
        // A few requests that came in between two questions are no contradiction.
        assert!(checked(raw(100.0, 0.0, 0.0, &[(10.0, 103.0), (f64::INFINITY, 104.0)])).is_ok());
        assert!(checked(raw(0.0, 0.0, 0.0, &[])).is_ok());
    }
}
