//! Durations (`2m30s`) and percentages (`5%`): what is one, and what was probably meant.

use std::time::Duration;

/// A duration or a percentage that is written wrongly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UnitMistake {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub fix: String,
}

/// Units of durations, the longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Other spellings that people use.
const SPELLINGS: [(&str, &[&str]); 5] = [
    ("d", &["day", "days"]),
    ("h", &["hr", "hrs", "hour", "hours"]),
    ("m", &["min", "mins", "minute", "minutes"]),
    ("s", &["sec", "secs", "second", "seconds"]),
    ("ms", &["msec", "millis", "millisecond", "milliseconds"]),
];

/// Reads `12h`, `2m30s`, `500ms`: whole numbers with the units d, h, m, s, ms, the longest first, no spaces.
pub fn parse_duration(text: &str) -> Result<Duration, UnitMistake> {
    let mistake = |message: String| UnitMistake { message, fix: duration_fix(text) };
    let parts = split(text).ok_or_else(|| mistake(format!("`{text}` is no duration")))?;
    let mut total: u64 = 0;
    let mut shortest = u64::MAX;
    for (number, unit) in parts {
        if unit.is_empty() {
            return Err(mistake(format!("the duration `{text}` lacks a unit")));
        }
        let Some((_, millis)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(mistake(format!("the duration `{text}` has no unit `{unit}`")));
        };
        if *millis >= shortest {
            return Err(mistake(format!("the duration `{text}` has its units out of order")));
        }
        shortest = *millis;
        let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*millis));
        let sum = part.and_then(|part| total.checked_add(part)).filter(|sum| *sum <= 3650 * UNITS[0].1);
        total = sum.ok_or_else(|| UnitMistake {
            message: format!("the duration `{text}` is longer than ten years"),
            fix: "write a shorter one".to_owned(),
        })?;
    }
    Ok(Duration::from_millis(total))
}

/// Reads `5%`, `0.5%`: a number from 0 to 100 with at most three decimals, then `%`, no space.
pub fn parse_percent(text: &str) -> Result<f64, UnitMistake> {
    let mistake = |message: String| UnitMistake { message, fix: percent_fix(text) };
    let Some(number) = text.strip_suffix('%') else {
        return Err(mistake(format!("the percentage `{text}` does not end in `%`")));
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !digits(whole, 9) || !digits(decimals, 3) {
        return Err(mistake(format!("`{text}` is no percentage")));
    }
    match number.parse::<f64>() {
        Ok(value) if value <= 100.0 => Ok(value),
        _ => Err(UnitMistake {
            message: format!("the percentage `{text}` is above 100%"),
            fix: "write at most `100%`".to_owned(),
        }),
    }
}

/// Pairs of digits and letters that make up the whole text.
fn split(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let letters = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
        if digits == 0 || (letters == 0 && rest.len() > digits) {
            return None;
        }
        parts.push((&rest[..digits], &rest[digits..digits + letters]));
        rest = &rest[digits + letters..];
    }
    (!parts.is_empty()).then_some(parts)
}

fn duration_fix(text: &str) -> String {
    let bare = text.trim();
    if !bare.is_empty() && bare.len() <= 6 && bare.bytes().all(|b| b.is_ascii_digit()) {
        return format!("say the unit: `{bare}s`, `{bare}m` or `{bare}h`");
    }
    match respell(text) {
        Some(respelled) => format!("write `{respelled}`"),
        None => {
            "write whole numbers with units, the longest first: `90s`, `30m`, `1h30m`, `500ms`".to_owned()
        }
    }
}

/// The text without spaces and with the short names of its units, if that is a duration.
fn respell(text: &str) -> Option<String> {
    let tight: String = text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    if let Some(whole) = without_point(&tight) {
        return Some(whole);
    }
    let mut short = String::new();
    for (number, unit) in split(&tight)? {
        let unit = SPELLINGS.iter().find(|(_, long)| long.contains(&unit)).map_or(unit, |(short, _)| short);
        short.push_str(number);
        short.push_str(unit);
    }
    (short != text && parse_duration(&short).is_ok()).then_some(short)
}

/// `1.5h` as `1h30m`.
fn without_point(tight: &str) -> Option<String> {
    let (number, unit) = tight.split_at(tight.find(|c: char| c.is_ascii_alphabetic())?);
    let unit = SPELLINGS.iter().find(|(_, long)| long.contains(&unit)).map_or(unit, |(short, _)| short);
    let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, decimals) = number.split_once('.')?;
    let scale = 10_u64.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let part = decimals.parse::<u64>().ok()?.checked_mul(*millis)? / scale;
    let mut left = whole.parse::<u64>().ok()?.checked_mul(*millis)?.checked_add(part)?;
    let mut text = String::new();
    for (name, millis) in UNITS {
        if left >= millis {
            text.push_str(&format!("{}{name}", left / millis));
            left %= millis;
        }
    }
    parse_duration(&text).is_ok().then_some(text)
}

fn percent_fix(text: &str) -> String {
    let bare = text.trim().trim_end_matches('%').trim();
    if let Ok(fraction) = bare.parse::<f64>()
        && fraction > 0.0
        && fraction < 1.0
        && !text.contains('%')
    {
        let share = format!("{:.3}", fraction * 100.0);
        let share = share.trim_end_matches('0').trim_end_matches('.');
        return format!("write `{bare}%`, or `{share}%` if a share of {bare} is meant");
    }
    let number: String = bare.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let proposal = format!("{number}%");
    let only_letters = bare[number.len()..].chars().all(|c| c.is_ascii_alphabetic() || c == ' ');
    if only_letters && proposal != text && parse_percent(&proposal).is_ok() {
        return format!("write `{proposal}`");
    }
    "write a number from 0 to 100 and `%`: `5%`".to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{parse_duration, parse_percent};

    #[test]
    fn durations_and_their_mistakes() {
        for (text, millis) in [
            ("500ms", 500),
            ("90s", 90_000),
            ("2m30s", 150_000),
            ("12h", 43_200_000),
            ("1d2h", 93_600_000),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for (text, fix) in [
            ("30", "`30s`, `30m` or `30h`"),
            ("30 min", "`30m`"),
            ("2 Hours 5 minutes", "`2h5m`"),
            ("30s2m", "longest first"),
            ("1m1m", "longest first"),
            ("1.5h", "`1h30m`"),
            ("5m%", "longest first"),
            ("-5s", "longest first"),
            ("", "longest first"),
            ("m", "longest first"),
            ("99999999999999999999s", "shorter"),
            ("4000d", "shorter"),
            ("１s", "longest first"),
        ] {
            let mistake = parse_duration(text).unwrap_err();
            assert!(mistake.fix.contains(fix), "{text}: {}", mistake.fix);
        }
    }

    #[test]
    fn percentages_and_their_mistakes() {
        for (text, value) in [("1%", 1.0), ("0.5%", 0.5), ("100%", 100.0), ("0%", 0.0)] {
            assert_eq!(parse_percent(text), Ok(value), "{text}");
        }
        for (text, fix) in [
            ("1", "write `1%`"),
            ("5 %", "write `5%`"),
            ("5m%", "write `5%`"),
            ("0.05", "`5%` if a share"),
            ("150%", "at most `100%`"),
            ("-1%", "from 0 to 100"),
            ("1e1%", "from 0 to 100"),
            (".5%", "from 0 to 100"),
            ("%", "from 0 to 100"),
        ] {
            let mistake = parse_percent(text).unwrap_err();
            assert!(mistake.fix.contains(fix), "{text}: {}", mistake.fix);
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_every_mistake_has_a_fix(text in "[ 0-9a-z.%é-]{0,12}") {
            for mistake in [parse_duration(&text).err(), parse_percent(&text).err()].into_iter().flatten() {
                prop_assert!(!mistake.fix.is_empty() && !mistake.message.is_empty());
            }
        }

        #[test]
        fn parts_add_up(h in 0u64..100, m in 0u64..100, s in 0u64..100, ms in 0u64..5000) {
            let total = Duration::from_millis(((h * 60 + m) * 60 + s) * 1000 + ms);
            prop_assert_eq!(parse_duration(&format!("{h}h{m}m{s}s{ms}ms")), Ok(total));
        }
    }
}
