//! `windows` of a workflow, and `window` of a step.

use std::collections::BTreeMap;

use gateshift_model::{Day, Hours, TimeOfDay, Weekday, Window};
use gateshift_windows::{is_zone, near_zone};
use serde_json::{Value, json};

use crate::codes;
use crate::diagnostic::{Diagnostic, Report, Span};
use crate::fields::{Allowed, Fields, bad_name, text};
use crate::suggest;
use crate::tree::{Key, Kind, Node};

const KEYS: Allowed = &["timezone", "allow", "deny"];
const HOURS: Allowed = &["days", "from", "to", "dates"];
const DATES: Allowed = &["from", "to"];

/// The windows by name; nothing where one has a mistake, which has been reported.
pub(crate) type Windows<'n> = BTreeMap<&'n str, Option<Window>>;

/// Reads all windows.
pub(crate) fn read<'n>(root: &Fields<'n>, report: &mut Report) -> Windows<'n> {
    let entries = root.entries("windows", report);
    entries.iter().map(|(key, node)| (key.text.as_str(), window(key, node, report))).collect()
}

/// The window of a step; an error when what it says is wrong, which has been reported.
pub(crate) fn of_step(
    fields: &Fields<'_>,
    windows: &Windows<'_>,
    report: &mut Report,
) -> Result<Option<Window>, ()> {
    if fields.get("window").is_none() {
        return Ok(None);
    }
    let (name, span) = fields.text("window", report).ok_or(())?;
    let Some(window) = windows.get(name) else {
        let names: Vec<&str> = windows.keys().copied().collect();
        let fix = suggest::fix(name, &names, report).or_else(|| {
            Some(format!("define it: `windows: {{ {name}: {{ timezone: Asia/Shanghai, allow: [...] }} }}`"))
        });
        report.push(Diagnostic::error(codes::WINDOW, span, format!("there is no window `{name}`")).fix(fix));
        return Err(());
    };
    window.clone().map(Some).ok_or(())
}

fn window(key: &Key, node: &Node, report: &mut Report) -> Option<Window> {
    if gateshift_model::StepName::new(&*key.text).is_err() {
        report.push(bad_name(&key.text, key.span, "a window"));
    }
    let fields = Fields::read(node, key.span, format!("window `{}`", key.text), KEYS, report)?;
    let fix = "say whose clock it is: `timezone: Asia/Shanghai`";
    let zone = fields.require_text("timezone", fix, report).filter(|(name, span)| {
        let known = is_zone(name);
        if !known {
            let fix = match near_zone(name) {
                Some(near) => format!("write `{near}`"),
                None => {
                    "write a name of the IANA database: `UTC`, `Asia/Shanghai`, `Europe/Berlin`".to_owned()
                }
            };
            report.push(
                Diagnostic::error(codes::WINDOW, *span, format!("there is no time zone `{name}`")).fix(fix),
            );
        }
        known
    });
    let allow = list(&fields, "allow", report);
    let deny = list(&fields, "deny", report);
    if let (Some(allow), Some(deny)) = (&allow, &deny)
        && allow.is_empty()
        && deny.is_empty()
    {
        let message = format!("window `{}` says no hours", key.text);
        let fix =
            "add `allow: [{ days: [mon], from: \"22:00\", to: \"06:00\" }]` or `deny: [...]`".to_owned();
        report.push(Diagnostic::error(codes::WINDOW, key.span, message).fix(fix));
    }
    Some(Window { name: key.text.clone(), timezone: zone?.0.to_owned(), allow: allow?, deny: deny? })
}

fn list(fields: &Fields<'_>, name: &str, report: &mut Report) -> Option<Vec<Hours>> {
    let Some((_, node)) = fields.get(name) else { return Some(Vec::new()) };
    let Kind::List(items) = &node.kind else {
        let message = format!("`{name}` is {} and has to be a list", node.describe());
        let fix = format!("write `{name}: [{{ from: \"22:00\", to: \"06:00\" }}]`");
        report.push(Diagnostic::error(codes::TYPE, node.span, message).fix(fix));
        return None;
    };
    let read: Vec<_> = items.iter().map(|item| hours(item, report)).collect();
    read.into_iter().collect()
}

fn hours(node: &Node, report: &mut Report) -> Option<Hours> {
    let fields = Fields::read(node, node.span, "the hours", HOURS, report)?;
    let days = days(&fields, report);
    let dates = dates(&fields, report);
    let from = time(&fields, "from", TimeOfDay::START, report);
    let to = time(&fields, "to", TimeOfDay::END, report);
    if let (Some(from), Some(to)) = (from, to)
        && (from == to || from == TimeOfDay::END)
    {
        let message = format!("the hours {from} to {to} have no length");
        let fix = "let them end later; hours that end before they begin go over midnight".to_owned();
        report.push(Diagnostic::error(codes::WINDOW, node.span, message).fix(fix));
        return None;
    }
    let said = ["days", "from", "to", "dates"].iter().any(|key| fields.get(key).is_some());
    if !said {
        let fix = "say some of `days`, `from`, `to`, `dates`".to_owned();
        report.push(Diagnostic::error(codes::WINDOW, node.span, "these hours are all hours").fix(fix));
        return None;
    }
    Some(Hours { days: days?, dates: dates?, from: from?, to: to? })
}

fn days(fields: &Fields<'_>, report: &mut Report) -> Option<Vec<Weekday>> {
    let Some((_, node)) = fields.get("days") else { return Some(Vec::new()) };
    let Kind::List(items) = &node.kind else {
        let message = format!("`days` is {} and has to be a list", node.describe());
        let fix = "write `days: [mon, tue]`".to_owned();
        report.push(Diagnostic::error(codes::TYPE, node.span, message).fix(fix));
        return None;
    };
    let read: Vec<_> = items.iter().map(|item| day(item, report)).collect();
    read.into_iter().collect()
}

fn day(node: &Node, report: &mut Report) -> Option<Weekday> {
    let word = text(node, "a day of the week", report)?;
    let day = Weekday::parse(word);
    if day.is_none() {
        let words = Weekday::ALL.map(Weekday::word);
        let short: String = word.chars().take(3).flat_map(char::to_lowercase).collect();
        let fix = match words.iter().find(|known| **known == short) {
            Some(known) => Some(format!("write `{known}`")),
            None => suggest::fix(word, &words, report),
        };
        let message = format!("`{word}` is no day of the week");
        report.push(Diagnostic::error(codes::WINDOW, node.span, message).fix(fix));
    }
    day
}

fn time(fields: &Fields<'_>, name: &str, otherwise: TimeOfDay, report: &mut Report) -> Option<TimeOfDay> {
    if fields.get(name).is_none() {
        return Some(otherwise);
    }
    let (said, span) = fields.text(name, report)?;
    let time = TimeOfDay::parse(said);
    if time.is_none() {
        let message = format!("`{said}` is no time of day");
        let fix = format!("write hours and minutes: `{name}: \"22:00\"`");
        report.push(Diagnostic::error(codes::WINDOW, span, message).fix(fix));
    }
    time
}

/// The days of the calendar, if the hours are bound to some.
#[expect(clippy::option_option, reason = "nothing is said, or what is said is wrong")]
fn dates(fields: &Fields<'_>, report: &mut Report) -> Option<Option<(Day, Day)>> {
    let Some((key, node)) = fields.get("dates") else { return Some(None) };
    let fields = Fields::read(node, key.span, "`dates`", DATES, report)?;
    let first = date(&fields, "from", report);
    let last = date(&fields, "to", report);
    let (first, last) = (first?, last?);
    if first > last {
        let message = format!("the days {first} to {last} are none");
        report.push(Diagnostic::error(codes::WINDOW, node.span, message).fix("swap the two days".to_owned()));
        return None;
    }
    Some(Some((first, last)))
}

fn date(fields: &Fields<'_>, name: &str, report: &mut Report) -> Option<Day> {
    let fix = format!("write a day of the calendar: `{name}: 2026-12-24`");
    let (said, span): (&str, Span) = fields.require_text(name, &fix, report)?;
    let day = Day::parse(said);
    if day.is_none() {
        report.push(Diagnostic::error(codes::WINDOW, span, format!("`{said}` is no day")).fix(fix));
    }
    day
}

/// For editors.
pub(crate) fn schema(name: &str) -> Value {
    let time = json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"});
    let day = json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"});
    let hours = json!({"type": "array", "items": {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": false,
        "properties": {
            "days": {"type": "array", "items": {"enum": Weekday::ALL.map(Weekday::word)}, "description": "days of the week; every day when left out"},
            "from": time, "to": time,
            "dates": {"type": "object", "required": ["from", "to"], "additionalProperties": false, "properties": {"from": day, "to": day},
                "description": "first and last day of the calendar, both included"},
        },
    }});
    json!({
        "description": "hours in which steps may begin",
        "type": ["object", "null"],
        "propertyNames": {"pattern": name},
        "additionalProperties": {
            "type": "object",
            "required": ["timezone"],
            "additionalProperties": false,
            "properties": {
                "timezone": {"type": "string", "description": "name of the IANA database, `Asia/Shanghai`"},
                "allow": hours,
                "deny": hours,
            },
        },
    })
}
