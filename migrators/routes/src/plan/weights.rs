//! Shares in whole percent that add up to 100, as the target demands.

/// The same shares, adding up to 100: scaled, and what rounding leaves over goes to the largest.
/// `None` when there is nothing to share out.
pub(crate) fn to_hundred(weights: &[u32]) -> Option<Vec<u32>> {
    let sum: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    if sum == 0 {
        return None;
    }
    if sum == 100 {
        return Some(weights.to_vec());
    }
    let mut scaled: Vec<u32> =
        weights.iter().map(|weight| u32::try_from(u64::from(*weight) * 100 / sum).unwrap_or(100)).collect();
    let left = 100 - scaled.iter().sum::<u32>();
    let largest = weights.iter().enumerate().max_by_key(|(at, weight)| (**weight, std::cmp::Reverse(*at)));
    if let Some((at, _)) = largest {
        scaled[at] += left;
    }
    Some(scaled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::to_hundred;

    #[test]
    fn examples() {
        for (weights, wanted) in [
            (vec![33, 33, 33], Some(vec![34, 33, 33])),
            (vec![10, 90], Some(vec![10, 90])),
            (vec![1, 2], Some(vec![33, 67])),
            (vec![0, 0], None),
            (vec![], None),
            (vec![7], Some(vec![100])),
        ] {
            assert_eq!(to_hundred(&weights), wanted);
        }
    }

    proptest! {
        #[test]
        fn always_a_hundred_and_in_proportion(weights in prop::collection::vec(0u32..1000, 1..10)) {
            let sum: u32 = weights.iter().sum();
            match to_hundred(&weights) {
                None => prop_assert_eq!(sum, 0),
                Some(found) => {
                    prop_assert_eq!(found.iter().sum::<u32>(), 100);
                    for (weight, share) in weights.iter().zip(&found) {
                        let exact = f64::from(*weight) * 100.0 / f64::from(sum);
                        prop_assert!((f64::from(*share) - exact).abs() < weights.len() as f64 + 1.0);
                        prop_assert!(*weight > 0 || *share == 0);
                    }
                }
            }
        }
    }
}
