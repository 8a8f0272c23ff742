//! The arithmetic of shares. Weights are integers from 1 to a largest one; a share is never above the
//! planned one, not even between two writes.

/// Weight of the target's records when the source's are off.
const FULL: u32 = 100;

/// Weights of a set at one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weights {
    /// Number of the target's records in use.
    pub(crate) new_records: u32,
    /// Weight of each of them.
    pub(crate) new: u32,
    /// Weight of each of the source's records; 0 means disabled.
    pub(crate) old: u32,
}

/// The share that these weights give, percent.
pub(crate) fn share(old_records: u32, weights: Weights) -> f64 {
    let new = f64::from(weights.new_records * weights.new);
    let old = f64::from(old_records * weights.old);
    if new + old == 0.0 { 0.0 } else { 100.0 * new / (new + old) }
}

/// The weights whose share is closest to `percent` from below, over as many of the target's records
/// as such a small share allows. `None` when even one record of weight 1 is too much.
pub(crate) fn weights(most: u32, old_records: u32, new_records: u32, percent: f64) -> Option<Weights> {
    if percent >= 100.0 {
        return Some(Weights { new_records, new: FULL, old: 0 });
    }
    let mut best: Option<Weights> = None;
    for records in (1..=new_records).rev() {
        let found = closest(most, old_records, records, percent);
        let better = |found: &Weights| {
            best.is_none_or(|best| share(old_records, *found) > share(old_records, best) + 0.25)
        };
        if let Some(found) = found.filter(better) {
            best = Some(found);
        }
    }
    best
}

/// Weights of any size that give a share of `percent`, to the thousandth of a percent, exactly.
pub(crate) fn exact(old_records: u32, new_records: u32, percent: f64) -> Option<Weights> {
    if percent >= 100.0 {
        return Some(Weights { new_records, new: FULL, old: 0 });
    }
    let thousandths = (percent * 1000.0 + 1e-6).floor() as u32;
    if thousandths == 0 {
        return None;
    }
    let (new, old) = (old_records * thousandths, new_records * (100_000 - thousandths));
    let common = divisor(new, old);
    Some(Weights { new_records, new: new / common, old: old / common })
}

/// Greatest common divisor.
fn divisor(one: u32, other: u32) -> u32 {
    if other == 0 { one.max(1) } else { divisor(other, one % other) }
}

/// The closest from below with exactly `records` records.
fn closest(most: u32, old_records: u32, records: u32, percent: f64) -> Option<Weights> {
    let candidates = (1..=most).flat_map(|new| {
        // share <= p  <=>  old >= records * new * (100 - p) / (p * old_records)
        let least = f64::from(records * new) * (100.0 - percent) / (percent * f64::from(old_records));
        let old = (least - 1e-9).ceil().max(1.0);
        (old <= f64::from(most)).then_some(Weights { new_records: records, new, old: old as u32 })
    });
    candidates
        .max_by(|a, b| share(old_records, *a).total_cmp(&share(old_records, *b)).then(b.new.cmp(&a.new)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Weights, exact, share, weights};

    #[test]
    fn the_usual_stages_are_exact() {
        for (percent, new, old) in [(1.0, 1, 99), (5.0, 1, 19), (20.0, 1, 4), (50.0, 1, 1)] {
            assert_eq!(weights(100, 1, 1, percent), Some(Weights { new_records: 1, new, old }), "{percent}");
        }
        assert_eq!(weights(100, 2, 3, 100.0), Some(Weights { new_records: 3, new: 100, old: 0 }));
        assert_eq!(weights(100, 1, 1, 0.5), None);
    }

    proptest! {
        #[test]
        fn large_weights_are_exact(old in 1_u32..=20, new in 1_u32..=20, thousandths in 1_u32..100_000) {
            let percent = f64::from(thousandths) / 1000.0;
            let found = exact(old, new, percent).unwrap();
            let (target, source) = (u64::from(found.new * new), u64::from(found.old * old));
            let wanted = u64::from(thousandths) * (target + source);
            prop_assert_eq!(target * 100_000, wanted, "{:?}", found);
        }

        #[test]
        fn larger_scales_never_give_more(old in 1_u32..6, percent in 0.4_f64..100.0) {
            let found = weights(255, old, 1, percent);
            prop_assert!(found.is_some() || percent < 100.0 / (1.0 + 255.0 * f64::from(old)) + 1.0);
            prop_assert!(found.is_none_or(|found| share(old, found) <= percent + 1e-9), "{found:?}");
        }

        #[test]
        fn never_above_and_close(old in 1_u32..6, new in 1_u32..4, percent in 1.0_f64..100.0) {
            if let Some(found) = weights(100, old, new, percent) {
                let got = share(old, found);
                prop_assert!(got <= percent + 1e-9, "{found:?} gives {got}");
                prop_assert!(got >= percent * 0.6 - 0.5, "{found:?} gives {got} of {percent}");
                prop_assert!((1..=100).contains(&found.new) && (1..=100).contains(&found.old));
            } else {
                prop_assert!(percent < 100.0 / (1.0 + 100.0 * f64::from(old)) + 1.0);
            }
        }
    }
}
