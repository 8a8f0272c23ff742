//! Percents and durations as workflow files write them.

use std::time::Duration;

/// `1%`, `0.5%`, `100%`.
pub(crate) fn percent(text: &str) -> Option<f64> {
    let number: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number)
}

/// `30m`, `2m30s`, `500ms`, `12h`, `3d`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let millis = match &rest[..letters] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        rest = &rest[letters..];
        total = total.checked_add(Duration::from_millis(number.checked_mul(millis)?))?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, percent};

    #[test]
    fn units_are_read_or_refused() {
        assert_eq!(duration("2m30s"), Some(Duration::from_secs(150)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        for bad in ["", "30", "30 m", "m", "-1s", "1w"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
        assert_eq!(percent("0.5%"), Some(0.5));
        for bad in ["1", "101%", "-1%", "%", "one%"] {
            assert_eq!(percent(bad), None, "{bad}");
        }
    }
}
