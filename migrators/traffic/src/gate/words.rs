//! Numbers as people read them.

/// `40,000`.
pub(super) fn count(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1.5 %`, with two significant digits.
pub(super) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent == 0.0 || percent >= 10.0 {
        format!("{percent:.0} %")
    } else if percent >= 1.0 {
        format!("{} %", trimmed(format!("{percent:.1}")))
    } else {
        let places = (1.0 - percent.log10().floor()).clamp(1.0, 6.0) as usize;
        format!("{} %", trimmed(format!("{percent:.places$}")))
    }
}

/// `12 of 800 (1.5 %)`.
pub(super) fn part((hits, of): (f64, f64)) -> String {
    let share = if of > 0.0 { format!(" ({})", percent(hits / of)) } else { String::new() };
    format!("{} of {}{share}", count(hits), count(of))
}

/// `250 ms`, `2.5 s`.
pub(super) fn millis(millis: f64) -> String {
    if millis < 1000.0 {
        format!("{} ms", trimmed(format!("{millis:.1}")))
    } else {
        format!("{} s", trimmed(format!("{:.1}", millis / 1000.0)))
    }
}

/// A number without zeros behind its point.
pub(super) fn trimmed(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::{count, millis, part, percent};

    #[test]
    fn numbers_are_read_at_a_glance() {
        assert_eq!(
            [count(0.0), count(999.0), count(40_000.0), count(1_234_567.4)],
            ["0", "999", "40,000", "1,234,567"]
        );
        assert_eq!(
            [percent(0.015), percent(0.0005), percent(0.5), percent(0.0), percent(0.02)],
            ["1.5 %", "0.05 %", "50 %", "0 %", "2 %"]
        );
        assert_eq!(part((12.0, 800.0)), "12 of 800 (1.5 %)");
        assert_eq!([millis(250.0), millis(0.5), millis(2500.0)], ["250 ms", "0.5 ms", "2.5 s"]);
    }
}
