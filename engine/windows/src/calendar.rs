//! The decision. Whether a window is open is told by the wall clock alone; when it opens next by looking at
//! the moments at which that can change.

use gateshift_model::{Day, Hours, Timestamp, Weekday, Window};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::zone::zone;

/// How far ahead an opening is looked for: what comes once a year is found, leap years included.
const HORIZON: i32 = 5 * 366;
const DAY_MINUTES: u16 = 24 * 60;

/// What a window says about a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Answer {
    /// A step may begin.
    Open,
    /// It may not.
    Closed {
        /// Why.
        why: Closed,
        /// When it opens next; none when it does not in the next five years.
        opens: Option<Timestamp>,
    },
    /// This program does not know the zone: nobody can tell, so it is not open.
    Unknown,
}

/// Why a window is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Closed {
    /// None of the hours it allows.
    Outside,
    /// Hours that it denies.
    Denied {
        /// Which.
        hours: String,
    },
}

/// Asks a window about a moment.
#[must_use]
pub fn ask(window: &Window, at: Timestamp) -> Answer {
    let (Some(zone), Ok(at)) = (zone(&window.timezone), jiff::Timestamp::from_millisecond(at.0)) else {
        return Answer::Unknown;
    };
    match closed(window, zone.to_datetime(at)) {
        None => Answer::Open,
        Some(why) => {
            let opens = next(window, &zone, at).map(|at| Timestamp(at.as_millisecond()));
            Answer::Closed { why, opens }
        }
    }
}

/// Whether a step may begin at that moment, without the work of looking for the next one.
#[cfg(test)]
pub(crate) fn is_open(window: &Window, at: Timestamp) -> bool {
    let (Some(zone), Ok(at)) = (zone(&window.timezone), jiff::Timestamp::from_millisecond(at.0)) else {
        return false;
    };
    closed(window, zone.to_datetime(at)).is_none()
}

/// Why it is closed at that time of the wall clock; nothing when it is open.
fn closed(window: &Window, at: DateTime) -> Option<Closed> {
    if let Some(hours) = window.deny.iter().find(|hours| covers(hours, at)) {
        return Some(Closed::Denied { hours: hours.to_string() });
    }
    let allowed = window.allow.is_empty() || window.allow.iter().any(|hours| covers(hours, at));
    (!allowed).then_some(Closed::Outside)
}

/// Whether these hours cover that time. Hours that go over midnight belong to the day on which they begin.
fn covers(hours: &Hours, at: DateTime) -> bool {
    let minute = minute(at);
    let (from, to) = (hours.from.minutes(), hours.to.minutes());
    let today = || begins_on(hours, at.date());
    if from < to {
        return (from..to).contains(&minute) && today();
    }
    let yesterday = || at.date().yesterday().is_ok_and(|date| begins_on(hours, date));
    (minute >= from && today()) || (minute < to && yesterday())
}

fn minute(at: DateTime) -> u16 {
    u16::from(at.hour().unsigned_abs()) * 60 + u16::from(at.minute().unsigned_abs())
}

fn begins_on(hours: &Hours, date: Date) -> bool {
    let weekday = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
    let on_day =
        hours.days.is_empty() || Weekday::ALL.get(weekday).is_some_and(|day| hours.days.contains(day));
    // Days sort as they are written, and so do those of the calendar.
    let dated = hours.dates.as_ref().is_none_or(|(first, last)| {
        Day::parse(&date.to_string()).is_some_and(|day| (*first..=*last).contains(&day))
    });
    on_day && dated
}

/// The first moment after `at` at which the window is open, given that it is closed then. It changes only where
/// hours begin or end, at midnight, and where the clocks are changed: the first of these moments at which it is
/// open is the one.
fn next(window: &Window, zone: &TimeZone, at: jiff::Timestamp) -> Option<jiff::Timestamp> {
    let mut minutes: Vec<u16> = window.allow.iter().chain(&window.deny).flat_map(ends).collect();
    minutes.push(0);
    minutes.sort_unstable();
    minutes.dedup();
    let mut date = zone.to_datetime(at).date();
    for _ in 0..HORIZON {
        let mut moments: Vec<jiff::Timestamp> = minutes
            .iter()
            .filter_map(|minute| date_time(date, *minute))
            .flat_map(|time| moments(zone, time))
            .collect();
        moments.extend(changes(zone, date));
        moments.sort_unstable();
        let opens = moments
            .into_iter()
            .find(|moment| *moment > at && closed(window, zone.to_datetime(*moment)).is_none());
        if opens.is_some() {
            return opens;
        }
        date = date.tomorrow().ok()?;
    }
    None
}

fn ends(hours: &Hours) -> [u16; 2] {
    [hours.from.minutes() % DAY_MINUTES, hours.to.minutes() % DAY_MINUTES]
}

fn date_time(date: Date, minute: u16) -> Option<DateTime> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    DateTime::new(date.year(), date.month(), date.day(), hour, minute, 0, 0).ok()
}

/// The moments at which the wall clock shows that time: one, two when it is set back over it. Of a time that it
/// jumps over only the moments beside the jump, which do no harm.
fn moments(zone: &TimeZone, time: DateTime) -> Vec<jiff::Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(time);
    [ambiguous.earlier(), ambiguous.later()].into_iter().flatten().collect()
}

/// The moments of a day at which the clocks are changed.
fn changes(zone: &TimeZone, date: Date) -> Vec<jiff::Timestamp> {
    let Some(begin) = date_time(date, 0).and_then(|time| moments(zone, time).into_iter().min()) else {
        return Vec::new();
    };
    let Some(end) =
        date.tomorrow().ok().and_then(|date| moments(zone, date_time(date, 0)?).into_iter().max())
    else {
        return Vec::new();
    };
    zone.following(begin).map(|change| change.timestamp()).take_while(|at| *at <= end).collect()
}
