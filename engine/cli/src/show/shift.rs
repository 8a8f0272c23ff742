//! The course of a shift, read from the checkpoints of the steps that moved traffic, and drawn in a few lines
//! of text.

use gateshift_executor::event_of;
use gateshift_gateway_model::{Decision, LOOK, Look, LookSide};
use gateshift_model::{Envelope, Event, StepName};

use crate::error::CliError;

/// Looks that a line has room for; of more, the latest are drawn.
const WIDTH: usize = 48;
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Where nothing was measured.
const NOTHING: char = '·';

/// The looks of a step, in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Course {
    /// The step.
    pub(crate) step: StepName,
    /// Its looks.
    pub(crate) looks: Vec<Look>,
}

/// Every step of a history that looked at traffic. A checkpoint of another kind is passed over.
pub(crate) fn courses(events: &[Envelope]) -> Result<Vec<Course>, CliError> {
    let mut found: Vec<Course> = Vec::new();
    for envelope in events.iter().filter(|envelope| envelope.body["event"] == "checkpointed") {
        let Event::Checkpointed { step, value, .. } = event_of(envelope)? else { continue };
        let Some(look) = value.get(LOOK).and_then(|look| serde_json::from_value::<Look>(look.clone()).ok())
        else {
            continue;
        };
        let course = match found.iter_mut().find(|course| course.step == step) {
            Some(course) => course,
            None => {
                found.push(Course { step, looks: Vec::new() });
                let Some(last) = found.last_mut() else { continue };
                last
            }
        };
        // A look stays in the checkpoint until the next one.
        if course.looks.last().is_none_or(|last| last.at < look.at) {
            course.looks.push(look);
        }
    }
    Ok(found)
}

/// Share, failures and times of both sides, a line each, and what the latest look decided.
pub(crate) fn lines(course: &Course) -> String {
    let looks = &course.looks[course.looks.len().saturating_sub(WIDTH)..];
    let Some(last) = looks.last() else { return String::new() };
    let of = |is_new: bool, value: fn(&LookSide) -> Option<f64>| -> Vec<Option<f64>> {
        let side = |look: &Look| if is_new { look.target.clone() } else { look.source.clone() };
        looks.iter().map(|look| side(look).as_ref().and_then(value)).collect()
    };
    let mut text = format!("  {}, {} looks\n", course.step, course.looks.len());
    let share: Vec<_> = looks.iter().map(|look| look.measured).collect();
    text.push_str(&line("share of new", &share, 100.0, percent));
    for (name, value, show) in [
        ("failed", failed as fn(&LookSide) -> Option<f64>, percent as fn(f64) -> String),
        ("p95", |side: &LookSide| side.p95, millis),
    ] {
        let (source, target) = (of(false, value), of(true, value));
        let top = source.iter().chain(&target).flatten().copied().fold(f64::MIN_POSITIVE, f64::max);
        text.push_str(&line(&format!("{name} old"), &source, top, show));
        text.push_str(&line(&format!("{name} new"), &target, top, show));
    }
    let word = decision(last.decision);
    text.push_str(&format!("    latest       {word}: {}: {}\n", last.stage, last.reason));
    text
}

/// A decision in a word.
pub(crate) fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Forward => "forward",
        Decision::Hold => "hold",
        Decision::Back => "back",
    }
}

/// Part of the requests that failed, percent.
pub(crate) fn failed(side: &LookSide) -> Option<f64> {
    (side.requests > 0.0).then(|| 100.0 * side.failed / side.requests)
}

fn line(name: &str, values: &[Option<f64>], top: f64, show: fn(f64) -> String) -> String {
    let drawn: String = values.iter().map(|value| value.map_or(NOTHING, |value| level(value, top))).collect();
    let last =
        values.iter().rev().flatten().next().map_or_else(|| "not measured".to_owned(), |last| show(*last));
    format!("    {name:<12} {drawn} {last}\n")
}

fn level(value: f64, top: f64) -> char {
    let most = LEVELS.len() - 1;
    let place = (value / top * most as f64).round().clamp(0.0, most as f64);
    LEVELS[place as usize]
}

fn percent(value: f64) -> String {
    format!("{value:.2}%")
}

fn millis(value: f64) -> String {
    format!("{value} ms")
}

#[cfg(test)]
pub(crate) mod tests {
    use gateshift_gateway_model::{Decision, GateAnswer, GateSaid, Look, LookSide};
    use gateshift_model::StepName;

    use super::{Course, lines};

    pub(crate) fn course() -> Course {
        let side = |requests: f64, failed: f64| LookSide {
            requests,
            failed,
            refused: 0.0,
            p50: Some(5.0),
            p95: Some(25.0),
        };
        let look = |at: i64, decision, failed: f64| Look {
            at,
            stage: "stage <5%>".to_owned(),
            share: 5.0,
            measured: Some(4.0 + at as f64 / 60_000.0),
            source: Some(side(950.0, 1.0)),
            target: Some(side(50.0, failed)),
            gates: vec![GateSaid {
                gate: "health".to_owned(),
                signal: "errors".to_owned(),
                answer: GateAnswer::Fail,
                said: "5 of 50 & \"more\"".to_owned(),
                value: Some(0.1),
                source: Some(0.001),
                limit: Some(0.01),
            }],
            decision,
            reason: "5 of 50 failed <b>".to_owned(),
        };
        let blind = Look {
            measured: None,
            source: None,
            target: None,
            gates: Vec::new(),
            ..look(120_000, Decision::Hold, 0.0)
        };
        let looks = vec![
            look(0, Decision::Hold, 0.0),
            look(60_000, Decision::Forward, 0.0),
            blind,
            look(180_000, Decision::Back, 5.0),
        ];
        Course { step: StepName::new("traffic").unwrap(), looks }
    }

    #[test]
    fn what_was_not_measured_is_no_zero() {
        let text = lines(&course());
        assert!(
            text.contains("failed old   ▁▁·▁ 0.11%") && text.contains("failed new   ▁▁·█ 10.00%"),
            "{text}"
        );
        assert!(text.contains("latest       back: stage <5%>: 5 of 50 failed"), "{text}");
        assert_eq!(lines(&Course { looks: Vec::new(), ..course() }), "");
    }
}
