//! Windows: the hours in which a step may begin, as the frozen workflow holds them. Whether one is open is
//! worked out elsewhere, by a calendar that knows time zones.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Day;

/// When a step may begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Name in the workflow.
    pub name: String,
    /// Time zone of every hour and day in it, a name of the IANA database.
    pub timezone: String,
    /// Hours that are open; all hours when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Hours>,
    /// Hours that are closed, whatever is allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<Hours>,
}

/// Hours that come again, or days of the calendar. All that is said has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Days of the week; every day when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Weekday>,
    /// First and last day of the calendar, both included; every day when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<(Day, Day)>,
    /// Begin on each of these days.
    pub from: TimeOfDay,
    /// End, that minute excluded; on the next day when it is not after `from`.
    pub to: TimeOfDay,
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((first, last)) = &self.dates {
            write!(f, "{first} to {last} ")?;
        }
        if !self.days.is_empty() {
            let days: Vec<&str> = self.days.iter().map(|day| day.word()).collect();
            write!(f, "{} ", days.join(", "))?;
        }
        write!(f, "{}-{}", self.from, self.to)
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// All of them, Monday first.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// As the workflow writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }

    /// From its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|day| day.word() == word)
    }
}

/// A time on the clock in whole minutes, `00:00` to `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The first minute of a day.
    pub const START: Self = Self(0);
    /// The end of a day.
    pub const END: Self = Self(24 * 60);

    /// A time from its text; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let number = |text: &str| {
            let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<u16>().ok()).flatten()
        };
        let (hour, minute) = (number(hour)?, number(minute)?);
        let minutes = hour * 60 + minute;
        (minute < 60 && minutes <= Self::END.0).then_some(Self(minutes))
    }

    /// Minutes since the begin of the day.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no time of day")))
    }
}

#[cfg(test)]
mod tests {
    use super::{TimeOfDay, Weekday};

    #[test]
    fn times_and_days_are_read_as_they_are_written() {
        for text in ["00:00", "07:05", "23:59", "24:00"] {
            assert_eq!(TimeOfDay::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "7:05", "24:01", "23:60", "2200", "22:00:00", "-1:00", "aa:bb", "+1:00"] {
            assert_eq!(TimeOfDay::parse(wrong), None, "{wrong}");
        }
        assert!(Weekday::ALL.into_iter().all(|day| Weekday::parse(day.word()) == Some(day)));
        assert_eq!(Weekday::parse("monday"), None);
    }
}
