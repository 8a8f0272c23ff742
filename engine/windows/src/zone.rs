//! Time zones by name, from the data that is built in.

use gateshift_model::Timestamp;
use jiff::tz::{self, TimeZone};

/// The zone of that name.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    // Abbreviations and fixed offsets have no rules of their own: `EST` is not what New York does.
    let named = name == "UTC" || name.contains('/');
    named.then(|| tz::TimeZoneDatabase::bundled().get(name).ok()).flatten()
}

/// Whether there is a zone of that name, `UTC` or `Area/Place`.
#[must_use]
pub fn is_zone(name: &str) -> bool {
    zone(name).is_some()
}

/// The zone that was probably meant: the same letters, or the same place.
#[must_use]
pub fn near_zone(name: &str) -> Option<String> {
    let plain = |text: &str| text.to_lowercase().replace([' ', '-', '_'], "");
    let wanted = plain(name);
    let database = tz::TimeZoneDatabase::bundled();
    let mut known = database.available().map(|name| name.to_string()).filter(|name| is_zone(name));
    known.find(|name| {
        let place = name.rsplit('/').next().unwrap_or(name);
        plain(name) == wanted || (!wanted.is_empty() && plain(place) == wanted)
    })
}

/// A moment as the clocks of a zone show it, `2026-03-04 05:06 Asia/Shanghai`; none when there is no such zone.
#[must_use]
pub fn local(name: &str, at: Timestamp) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(at.0).ok()?;
    let here = zone(name)?.to_datetime(at);
    Some(format!("{} {:02}:{:02} {name}", here.date(), here.hour(), here.minute()))
}
