//! The page of a migration. It needs nothing else: no script, no picture, nothing from elsewhere. Whatever
//! comes from the gateways or from people is text and stays text.

use std::fmt::Write as _;

use gateshift_gateway_model::{Decision, Look, LookSide};
use gateshift_model::{CheckpointResult, Event, Plan, RunId, RunState, StepName, Timestamp};

use super::chart::{Line, Mark, chart};
use crate::show::describe;
use crate::show::markup::escape;
use crate::show::shift::{Course, decision, failed};

/// Operations of a plan that are listed.
const LISTED: usize = 500;

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1c2430}\
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d8dee6}\
code{font-size:.9em}.block,.fail{color:#a1121b;font-weight:600}.decide{color:#9a4d00;font-weight:600}.warn,.unclear,.manual{color:#6b5900}.pass{color:#17663a}\
svg{width:100%;height:auto;font-size:11px}svg text{fill:#5a6676}polyline{fill:none;stroke-width:1.6}polyline.old{stroke:#2f6fb5}polyline.new{stroke:#c2550a}\
polyline.plan{stroke:#8a94a3;stroke-dasharray:4 3}circle.old{fill:#2f6fb5}circle.new{fill:#c2550a}circle.plan{fill:#8a94a3}.grid{stroke:#e3e8ee}\
.mark{stroke-width:1.2;stroke-opacity:.8}.mark.forward{stroke:#17663a}.mark.back{stroke:#a1121b;stroke-width:2.5}.key{margin-left:1rem;font-size:.85em}\
.key.old{color:#2f6fb5}.key.new{color:#c2550a}.key.plan{color:#8a94a3}figure{margin:1rem 0}@media(prefers-color-scheme:dark){body{background:#14181e;color:#dde3ea}\
th,td{border-color:#333c48}.grid{stroke:#2a323d}svg text{fill:#a9b4c2}.block,.fail{color:#ff7b83}.pass{color:#6fcf97}}";

/// What the page is made of.
pub(super) struct Content<'a> {
    pub(super) run: RunId,
    pub(super) state: &'a RunState,
    pub(super) plans: &'a [(StepName, Option<Plan>)],
    pub(super) courses: &'a [Course],
    pub(super) events: &'a [(u64, Timestamp, String, Event)],
}

/// The page.
pub(super) fn page(content: &Content<'_>) -> String {
    let state = content.state;
    let name = escape(&state.definition.name);
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/>\
<title>{name}: {status}</title><style>{STYLE}</style></head><body>\n<h1>{name}: {status}</h1>\n<p>run <code>{}</code>, from {} to {}</p>\n",
        content.run,
        state.created,
        state.updated,
        status = escape(describe::run_status(state.status)),
    );
    if let Some(reason) = &state.reason {
        let _ = writeln!(text, "<p>{}</p>", escape(reason));
    }
    steps(&mut text, state);
    findings(&mut text, state);
    for course in content.courses.iter().filter(|course| !course.looks.is_empty()) {
        shift(&mut text, course);
    }
    comparison(&mut text, state);
    checkpoints(&mut text, state);
    plans(&mut text, content.plans);
    events(&mut text, content.events);
    text.push_str("</body></html>\n");
    text
}

fn table(text: &mut String, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    text.push_str("<table><thead><tr>");
    for head in heads {
        let _ = write!(text, "<th>{head}</th>");
    }
    text.push_str("</tr></thead><tbody>\n");
    for row in rows {
        text.push_str("<tr>");
        for cell in row {
            let _ = write!(text, "<td>{cell}</td>");
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody></table>\n");
}

fn classed(word: &str) -> String {
    format!("<span class=\"{word}\">{word}</span>")
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

fn steps(text: &mut String, state: &RunState) {
    text.push_str("<h2>Steps</h2>\n");
    let rows = state.definition.steps.iter().filter_map(|step| {
        let own = state.step(&step.name)?;
        let took = describe::took(own, state.updated).map(describe::duration).unwrap_or_default();
        let error = own.error.as_ref().map(|error| escape(&error.to_string()));
        let reason = error.or_else(|| own.reason.as_deref().map(escape)).unwrap_or_default();
        Some(vec![code(step.name.as_str()), describe::step_status(own.status).to_owned(), took, reason])
    });
    table(text, &["step", "status", "took", "why"], rows);
}

fn findings(text: &mut String, state: &RunState) {
    text.push_str("<h2>Findings</h2>\n");
    let rows = state.steps.values().flat_map(|step| &step.findings).map(|one| {
        let action = one.action.as_ref().map(|action| format!("<br/>{}", escape(action))).unwrap_or_default();
        vec![
            classed(describe::severity(one.severity)),
            code(&one.code),
            code(&one.object),
            format!("{}{action}", escape(&one.message)),
        ]
    });
    table(text, &["severity", "code", "object", "what, and what to do"], rows);
}

fn shift(text: &mut String, course: &Course) {
    let _ = writeln!(text, "<h2>Shift by {}</h2>", code(course.step.as_str()));
    let looks = &course.looks;
    let decided = |look: &&Look| look.decision != Decision::Hold;
    let marks: Vec<Mark> = looks
        .iter()
        .filter(decided)
        .map(|look| Mark {
            at: look.at,
            class: decision(look.decision),
            text: format!("{}: {}: {}", decision(look.decision), look.stage, look.reason),
        })
        .collect();
    let of = |value: &dyn Fn(&Look) -> Option<f64>| looks.iter().map(|look| (look.at, value(look))).collect();
    let side = |name, class, value: &dyn Fn(&Look) -> Option<f64>| Line { name, class, points: of(value) };
    let both = |value: fn(&LookSide) -> Option<f64>| {
        [
            side("old", "old", &move |look| look.source.as_ref().and_then(value)),
            side("new", "new", &move |look| look.target.as_ref().and_then(value)),
        ]
    };
    let share =
        [side("planned", "plan", &|look| Some(look.share)), side("measured", "new", &|look| look.measured)];
    text.push_str(&chart("Share of the new gateway", "%", &share, &marks));
    text.push_str(&chart("Requests that failed (5xx)", "%", &both(failed), &marks));
    text.push_str(&chart("Time within which 95 % were answered", " ms", &both(|side| side.p95), &marks));
    text.push_str(&chart("Requests between two looks", "", &both(|side| Some(side.requests)), &marks));
    let rows = looks.iter().filter(decided).chain(looks.last().filter(|last| !decided(last)));
    let rows = rows.map(|look| {
        let gates: Vec<String> = look
            .gates
            .iter()
            .map(|one| format!("{} {}: {}", escape(&one.gate), escape(&one.signal), escape(&one.said)))
            .collect();
        vec![
            Timestamp(look.at).to_string(),
            escape(&look.stage),
            decision(look.decision).to_owned(),
            escape(&look.reason),
            gates.join("<br/>"),
        ]
    });
    table(text, &["when", "stage", "decision", "why", "gates"], rows);
}

/// What the comparison of both gateways came to, wherever a step's output has it.
fn comparison(text: &mut String, state: &RunState) {
    let outputs = state.definition.steps.iter().filter_map(|step| {
        let output = state.step(&step.name)?.output.as_ref()?;
        output
            .get("compared")
            .and_then(serde_json::Value::as_u64)
            .map(|compared| (&step.name, compared, output))
    });
    for (step, compared, output) in outputs {
        let number = |name: &str| output[name].as_u64().unwrap_or_default();
        let _ = writeln!(
            text,
            "<h2>Comparison by {}</h2>\n<p>{compared} requests were sent to both gateways, {} answers differed; {} of {} published routes were covered.</p>",
            code(step.as_str()),
            number("mismatches"),
            number("routes_covered"),
            number("routes")
        );
    }
}

fn checkpoints(text: &mut String, state: &RunState) {
    text.push_str("<h2>Checkpoints</h2>\n");
    let rows = state.steps.values().flat_map(|step| &step.checkpoints).map(|one| {
        let word = match one.result {
            CheckpointResult::Pass => "pass",
            CheckpointResult::Fail => "fail",
            CheckpointResult::Waived => "waived",
            CheckpointResult::Manual => "manual",
            CheckpointResult::Unclear => "unclear",
        };
        vec![code(&one.name), classed(word), escape(&one.message)]
    });
    table(text, &["checkpoint", "answer", "evidence in words"], rows);
}

fn plans(text: &mut String, plans: &[(StepName, Option<Plan>)]) {
    text.push_str("<h2>Plans</h2>\n");
    for (step, plan) in plans {
        let Some(plan) = plan else { continue };
        let _ = writeln!(
            text,
            "<details><summary>{}: {} ({} operations)</summary>",
            code(step.as_str()),
            escape(&plan.summary),
            plan.operations.len()
        );
        let rows = plan.operations.iter().take(LISTED).map(|one| {
            vec![
                escape(&format!("{:?}", one.verb).to_lowercase()),
                escape(&one.object.kind),
                code(&one.object.name),
                code(one.key.as_str()),
            ]
        });
        table(text, &["verb", "kind", "object", "key"], rows);
        if let Some(more) = plan.operations.len().checked_sub(LISTED).filter(|more| *more > 0) {
            let _ = writeln!(text, "<p>and {more} more</p>");
        }
        text.push_str("</details>\n");
    }
}

fn events(text: &mut String, events: &[(u64, Timestamp, String, Event)]) {
    text.push_str("<h2>History</h2>\n<details><summary>every event but calls that only read</summary>\n");
    let shown = events.iter().filter(|(.., event)| !matches!(event, Event::CallAnswered { .. }));
    let rows = shown.map(|(seq, at, actor, event)| {
        vec![seq.to_string(), at.to_string(), escape(actor), escape(&describe::event(event))]
    });
    table(text, &["event", "when", "who", "what"], rows);
    text.push_str("</details>\n");
}

#[cfg(test)]
mod tests;
