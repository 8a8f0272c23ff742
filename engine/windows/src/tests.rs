//! Windows against the calendar: week days, midnight, freezes, and the two nights on which clocks change.

use gateshift_model::{Day, Hours, TimeOfDay, Timestamp, Weekday, Window};
use proptest::prelude::*;

use crate::calendar::is_open;
use crate::{Answer, Closed, ask, is_zone, local, near_zone};

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn hours(days: &[Weekday], from: &str, to: &str) -> Hours {
    let (from, to) = (TimeOfDay::parse(from).unwrap(), TimeOfDay::parse(to).unwrap());
    Hours { days: days.to_vec(), dates: None, from, to }
}

fn freeze(first: &str, last: &str) -> Hours {
    let dates = Some((Day::parse(first).unwrap(), Day::parse(last).unwrap()));
    Hours { days: Vec::new(), dates, from: TimeOfDay::START, to: TimeOfDay::END }
}

fn window(timezone: &str, allow: Vec<Hours>, deny: Vec<Hours>) -> Window {
    Window { name: "night".into(), timezone: timezone.into(), allow, deny }
}

#[track_caller]
fn opens(window: &Window, from: &str, expected: &str) {
    match ask(window, at(from)) {
        Answer::Closed { opens, .. } => {
            let opens = opens.map(|opens| opens.to_string());
            assert_eq!(opens.as_deref(), Some(expected), "asked at {from}");
        }
        other => panic!("{from}: {other:?}"),
    }
}

#[track_caller]
fn open(window: &Window, moments: &[&str]) {
    for moment in moments {
        assert_eq!(ask(window, at(moment)), Answer::Open, "{moment}");
    }
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    use Weekday::{Fri, Mon, Thu, Tue, Wed};
    let night = window("Asia/Shanghai", vec![hours(&[Mon, Tue, Wed, Thu], "22:00", "06:00")], vec![]);
    // Thursday 2026-11-26, 22:00 to Friday 06:00 in Shanghai is 14:00 to 22:00 UTC.
    open(&night, &["2026-11-26T14:00:00Z", "2026-11-26T21:59:59.999Z"]);
    opens(&night, "2026-11-26T13:59:59.999Z", "2026-11-26T14:00:00Z");
    opens(&night, "2026-11-26T22:00:00Z", "2026-11-30T14:00:00Z");
    let day = window("UTC", vec![hours(&[Fri], "00:00", "24:00")], vec![]);
    open(&day, &["2026-11-27T00:00:00Z", "2026-11-27T23:59:59Z"]);
    opens(&day, "2026-11-28T00:00:00Z", "2026-12-04T00:00:00Z");
}

#[test]
fn what_is_denied_is_closed_whatever_is_allowed() {
    let nights = vec![hours(&[], "22:00", "06:00")];
    let frozen = window("UTC", nights, vec![freeze("2026-12-24", "2027-01-02")]);
    open(&frozen, &["2026-12-23T23:00:00Z", "2027-01-03T00:00:00Z"]);
    // The night of the 23rd ends with the begin of the freeze.
    opens(&frozen, "2026-12-24T00:00:00Z", "2027-01-03T00:00:00Z");
    let Answer::Closed { why: Closed::Denied { hours }, .. } = ask(&frozen, at("2026-12-25T23:00:00Z"))
    else {
        panic!("open")
    };
    assert_eq!(hours, "2026-12-24 to 2027-01-02 00:00-24:00");
    let always_but = window("UTC", vec![], vec![freeze("2026-01-01", "2026-01-01")]);
    open(&always_but, &["2025-12-31T23:59:59Z", "2026-01-02T00:00:00Z"]);
    let never = window("UTC", vec![freeze("2020-01-01", "2020-01-02")], vec![]);
    assert!(matches!(
        ask(&never, at("2026-01-01T00:00:00Z")),
        Answer::Closed { opens: None, why: Closed::Outside }
    ));
}

#[test]
fn hours_that_the_clock_jumps_over_do_not_come_and_a_window_in_them_opens_behind_them() {
    // Berlin, 2026-03-29: after 01:59:59 comes 03:00 (01:00 UTC).
    let gap = window("Europe/Berlin", vec![hours(&[], "02:15", "02:45")], vec![]);
    opens(&gap, "2026-03-28T12:00:00Z", "2026-03-30T00:15:00Z");
    let over = window("Europe/Berlin", vec![hours(&[], "02:15", "04:00")], vec![]);
    opens(&over, "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z");
    open(&over, &["2026-03-29T01:59:00Z"]);
    // A night that begins before the jump is an hour shorter.
    let night = window("Europe/Berlin", vec![hours(&[Weekday::Sat], "22:00", "06:00")], vec![]);
    open(&night, &["2026-03-28T21:00:00Z", "2026-03-29T03:59:59Z"]);
    opens(&night, "2026-03-29T04:00:00Z", "2026-04-04T20:00:00Z");
}

#[test]
fn hours_that_come_twice_are_open_twice() {
    // Berlin, 2026-10-25: at 03:00 the clock goes back to 02:00 (01:00 UTC).
    let twice = window("Europe/Berlin", vec![hours(&[], "02:15", "02:45")], vec![]);
    open(&twice, &["2026-10-25T00:15:00Z", "2026-10-25T00:44:59Z", "2026-10-25T01:15:00Z"]);
    opens(&twice, "2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z");
    opens(&twice, "2026-10-25T01:45:00Z", "2026-10-26T01:15:00Z");
    let denied = window("Europe/Berlin", vec![], vec![hours(&[], "02:30", "03:00")]);
    opens(&denied, "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z");
    opens(&denied, "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z");
}

#[test]
fn zones_have_the_names_of_the_database() {
    for name in ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/Argentina/Buenos_Aires"] {
        assert!(is_zone(name), "{name}");
    }
    for name in ["", "Shanghai", "CST", "EST", "+08:00", "Asia/Shangai", "/etc/localtime", "../x"] {
        assert!(!is_zone(name), "{name}");
    }
    assert_eq!(near_zone("shanghai").as_deref(), Some("Asia/Shanghai"));
    assert_eq!(near_zone("asia/shanghai").as_deref(), Some("Asia/Shanghai"));
    assert_eq!(near_zone("nowhere"), None);
    assert_eq!(ask(&window("Nowhere/Land", vec![], vec![]), at("2026-01-01T00:00:00Z")), Answer::Unknown);
    assert_eq!(
        local("Asia/Shanghai", at("2026-11-26T14:00:00Z")).as_deref(),
        Some("2026-11-26 22:00 Asia/Shanghai")
    );
}

fn any_hours() -> impl Strategy<Value = Hours> {
    let time = || {
        (0u16..=96).prop_map(|quarter| {
            TimeOfDay::parse(&format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15)).unwrap()
        })
    };
    let days = prop::sample::subsequence(Weekday::ALL.to_vec(), 0..=7);
    let dates = prop::option::of((1u8..=28, 1u8..=28)).prop_map(|dates| {
        dates.map(|(one, other)| {
            let day = |number: u8| Day::parse(&format!("2026-10-{number:02}")).unwrap();
            (day(one.min(other)), day(one.max(other)))
        })
    });
    (days, dates, time(), time()).prop_map(|(days, dates, from, to)| Hours { days, dates, from, to })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The next opening is the first quarter of an hour that is open: none before it is.
    #[test]
    fn nothing_is_open_before_the_next_opening(
        allow in prop::collection::vec(any_hours(), 0..3),
        deny in prop::collection::vec(any_hours(), 0..3),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]),
        start in 0i64..(40 * 96),
    ) {
        const QUARTER: i64 = 900_000;
        let window = window(zone, allow, deny);
        let start = Timestamp(at("2026-09-25T00:00:00Z").0 + start * QUARTER);
        if let Answer::Closed { opens, .. } = ask(&window, start) {
            let mut moment = start;
            let limit = opens.unwrap_or(Timestamp(start.0 + 9 * 96 * QUARTER)).0.min(start.0 + 9 * 96 * QUARTER);
            while moment.0 < limit {
                prop_assert!(!is_open(&window, moment), "{} is open", moment);
                moment = Timestamp(moment.0 + QUARTER);
            }
            if let Some(opens) = opens {
                prop_assert_eq!(ask(&window, opens), Answer::Open);
                prop_assert!(opens > start);
            }
        }
    }
}
