//! `window check`: may a step begin, and when.

use gateshift_executor::system_clock;
use gateshift_model::Timestamp;
use gateshift_windows::{Answer, Closed, ask, local};
use serde_json::{Value, json};

use crate::args::{When, WindowCheck};
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::Output;

pub(super) fn check(given: &WindowCheck, output: &Output) -> Result<Exit, CliError> {
    let checked = super::load::workflow(&given.workflow, output)?;
    let now = system_clock()();
    let at = match given.at {
        None => now,
        Some(When::At(at)) => at,
        Some(When::In(time)) => now.after(time),
    };
    let steps = checked.definition.steps.iter();
    let windows = steps.filter_map(|step| Some((step, step.conditions.window.as_ref()?)));
    let (mut lines, mut found, mut all_open) = (Vec::new(), Vec::<Value>::new(), true);
    for (step, window) in windows {
        let answer = ask(window, at);
        all_open &= answer == Answer::Open;
        let shown = |at: Timestamp| local(&window.timezone, at).unwrap_or_else(|| at.to_string());
        let (why, opens) = match &answer {
            Answer::Open => ("within its hours".to_owned(), None),
            Answer::Closed { why: Closed::Outside, opens } => ("outside its hours".to_owned(), *opens),
            Answer::Closed { why: Closed::Denied { hours }, opens } => (format!("denied: {hours}"), *opens),
            Answer::Unknown => (format!("no time zone `{}` is known", window.timezone), None),
        };
        let open = answer == Answer::Open;
        let next = match opens {
            Some(opens) => format!(", opens {} ({opens})", shown(opens)),
            None if open => String::new(),
            None => ", does not open in the next five years".to_owned(),
        };
        let word = if open { "open" } else { "closed" };
        lines.push(format!(
            "{:<14} window {:<16} {word} at {}: {why}{next}",
            step.name,
            window.name,
            shown(at)
        ));
        found.push(json!({
            "step": step.name,
            "window": window.name,
            "timezone": window.timezone,
            "open": open,
            "why": why,
            "opens": opens.map(|at| at.to_string()),
            "opensLocal": opens.map(shown),
        }));
    }
    let text = if lines.is_empty() { "no step has a window".to_owned() } else { lines.join("\n") };
    output.data(&json!({ "at": at.to_string(), "steps": found }), &text);
    Ok(if all_open { Exit::Done } else { Exit::Waiting })
}
