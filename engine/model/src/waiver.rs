//! Waivers: an operator takes the responsibility for one finding or one checkpoint, by name, with a
//! reason, and for a limited time.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::Timestamp;

/// A day of the calendar, UTC, written `2026-12-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// A day from its text; `None` when there is no such day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits =
            |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return None;
        }
        let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
        Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok().map(Self)
    }

    /// Whether the day is over.
    #[must_use]
    pub fn is_over(self, now: Timestamp) -> bool {
        let Some(next) = self.0.next_day() else { return false };
        let end = PrimitiveDateTime::new(next, Time::MIDNIGHT).assume_utc();
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(now.0) * 1_000_000).is_ok_and(|now| now >= end)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no day")))
    }
}

/// A waiver as the workflow holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Code of the finding, or name of the checkpoint.
    pub code: String,
    /// Objects it is for, `*` for any number of letters. For a checkpoint: names of steps.
    pub object: String,
    /// Who takes the responsibility.
    pub owner: String,
    /// Why that is right.
    pub reason: String,
    /// The last day it holds.
    pub expires: Day,
}

impl Waiver {
    /// Whether it is about this finding or checkpoint, in time or not.
    #[must_use]
    pub fn is_about(&self, code: &str, object: &str) -> bool {
        self.code == code && fits(&self.object, object)
    }
}

/// A finding that did not stop a step, and who answers for that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waived {
    /// Code of the finding.
    pub code: String,
    /// Its object.
    pub object: String,
    /// Who took the responsibility.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day it holds.
    pub expires: Day,
}

impl Waived {
    /// What a waiver lets through.
    #[must_use]
    pub fn new(waiver: &Waiver, object: &str) -> Self {
        Self {
            code: waiver.code.clone(),
            object: object.to_owned(),
            owner: waiver.owner.clone(),
            reason: waiver.reason.clone(),
            expires: waiver.expires,
        }
    }
}

/// Whether a text fits a pattern in which `*` stands for any number of letters.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(found) = rest.find(part) else { return false };
        rest = &rest[found + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{Day, fits};
    use crate::Timestamp;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "routes/a"),
            ("routes/*", "routes/a/b"),
            ("routes/*/timeout", "routes/a/timeout"),
            ("*a*a", "aa"),
            ("routes/a", "routes/a"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("routes/*", "route/a"),
            ("*a*a", "a"),
            ("routes/a", "routes/ab"),
            ("routes/*/timeout", "routes/timeout"),
            ("a*b", "abc"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_day_is_over_at_its_end_and_not_before() {
        let day = Day::parse("1970-01-02").unwrap();
        let hours = |hours: i64| Timestamp(hours * 3_600_000);
        assert!(!day.is_over(hours(47)) && !day.is_over(Timestamp(48 * 3_600_000 - 1)));
        assert!(day.is_over(hours(48)));
        assert_eq!(day.to_string(), "1970-01-02");
        for wrong in [
            "",
            "1970-1-2",
            "2026-02-29",
            "2026-13-01",
            "26-01-01",
            "2026-01-01-",
            "+026-01-01",
            "2026-01-01T00:00:00Z",
        ] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
    }
}
