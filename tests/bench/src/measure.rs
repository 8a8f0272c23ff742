//! Rounds: in each, the store alone and every workload one after the other, so that a busy moment of
//! the machine spoils all of them alike. What counts is the median of the rounds' ratios.

use std::path::Path;
use std::time::Duration;

use crate::{Cost, Failure, Workload, bare_group_commit, raw_loop, run};

/// How long the bare group-commit writer is measured, each time.
const BARE: Duration = Duration::from_millis(500);

/// One workload, and the store alone just before and just after it.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// What the workload took.
    pub cost: Cost,
    /// Commits of one row in a second: mean of before and after.
    pub raw: f64,
    /// Rows that a bare group-commit writer appends in a second, likewise.
    pub bare: f64,
}

/// Measures a workload so many times. The store alone does `commits` of one row each, and for
/// half a second what a group-commit writer can.
pub async fn rounds(
    workload: &Workload,
    times: usize,
    commits: u32,
    folder: &Path,
) -> Result<Vec<Round>, Failure> {
    let mut found = Vec::with_capacity(times);
    let mut before = alone(folder, commits).await?;
    for _ in 0..times {
        let place = tempfile::tempdir_in(folder)?;
        let cost = run(workload, &place.path().join("journal.db")).await?;
        let after = alone(folder, commits).await?;
        found.push(Round { cost, raw: (before.0 + after.0) / 2.0, bare: (before.1 + after.1) / 2.0 });
        before = after;
    }
    Ok(found)
}

async fn alone(folder: &Path, commits: u32) -> Result<(f64, f64), Failure> {
    let place = tempfile::tempdir_in(folder)?;
    let raw = raw_loop(&place.path().join("raw.db"), commits).await?;
    let bare = bare_group_commit(&place.path().join("bare.db"), BARE).await?;
    Ok((raw, bare))
}

/// The middle one; of an even number the mean of the two in the middle.
#[must_use]
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[odd / 2],
        even => f64::midpoint(values[even / 2 - 1], values[even / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_middle_one_counts() {
        assert!(median([]).is_nan());
        for (values, middle) in
            [(vec![3.0], 3.0), (vec![9.0, 1.0, 2.0], 2.0), (vec![4.0, 1.0, 3.0, 100.0], 3.5)]
        {
            assert_eq!(median(values), middle);
        }
    }
}
