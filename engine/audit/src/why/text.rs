//! The answer for people. The last line is a command, or says that nothing is to do.

use std::time::Duration;

use gateshift_model::{Severity, StepStatus, Timestamp};

use super::seen::seen;
use super::{Answer, Owner, StepAnswer};

/// Findings that are listed; `--json` has all.
const FINDINGS: usize = 10;

/// A duration in its two greatest units: `3 d 4 h`, `2 m 5 s`, `0.4 s`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=9 => format!("{:.1} s", duration.as_secs_f64()),
        10..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} m {} s", seconds / 60, seconds % 60),
        7200..=172_799 => format!("{} h {} m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// The answer as a few lines.
#[must_use]
pub fn render(answer: &Answer, now: Timestamp) -> String {
    let mut lines = vec![
        format!("{}: {}: {}", answer.workflow, answer.status, line(&answer.because)),
        format!(
            "  since {} ({} ago), by {}",
            answer.since,
            span(now.since(answer.since)),
            line(&answer.by.0)
        ),
    ];
    lines.extend(owner(&answer.owner));
    for step in &answer.steps {
        step_lines(step, now, &mut lines);
    }
    lines.extend(
        answer.not_run.iter().map(|one| format!("not run: {} because {}", one.step, line(&one.because))),
    );
    if !answer.later.is_empty() {
        let names: Vec<&str> = answer.later.iter().map(|name| name.as_str()).collect();
        lines.push(format!("later: {}", names.join(", ")));
    }
    lines.extend(answer.notes.iter().map(|note| format!("note: {}", line(note))));
    for (index, call) in answer.next.iter().enumerate() {
        let word = if index == 0 && answer.nothing_to_do.is_none() { "next" } else { "or" };
        lines.push(format!("{word}: {} ({})", call.does, call.who));
        lines.push(format!("  {}", call.command));
    }
    lines.extend(answer.nothing_to_do.iter().map(|why| format!("nothing to do: {}", line(why))));
    lines.join("\n")
}

/// A text from a history in one line: nothing in it may pass for a line of ours, or for a colour.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn owner(owner: &Owner) -> Option<String> {
    let (holder, rest) = match owner {
        Owner::Nobody => return None,
        Owner::Working { holder, until } => (holder, format!("has it, with a lease until {until}")),
        Owner::Gone { holder, .. } => (holder, "had it, and is gone".to_owned()),
        Owner::Expired { holder, until } => (holder, format!("had it until its lease ended at {until}")),
    };
    Some(format!("  process {} on {} {rest}", holder.pid, line(&holder.host)))
}

fn step_lines(step: &StepAnswer, now: Timestamp, lines: &mut Vec<String>) {
    let since =
        step.since.map(|at| format!(", since {at} ({} ago)", span(now.since(at)))).unwrap_or_default();
    let state = if step.by_hand().is_some() { "waits for a person" } else { status(step.status) };
    lines.push(format!("step {}: {state}{}{since}", step.name, attempts(step)));
    if let Some(reason) = step.reason.as_ref().filter(|_| step.error.is_none()) {
        lines.push(format!("  {}", line(reason)));
    }
    if let Some(error) = &step.error {
        lines.push(format!("  {}: {}", line(&error.code), line(&error.message)));
        lines.extend(error.hint.iter().map(|hint| format!("  hint: {}", line(hint))));
    }
    if let Some(until) = step.until {
        let rest = until.since(now);
        let wait = if rest.is_zero() { "due now".to_owned() } else { format!("in {}", span(rest)) };
        let what = if step.approval.as_ref().is_some_and(|asked| asked.missing > 0) {
            "its time is over"
        } else if step.status == StepStatus::Retrying {
            "next attempt"
        } else {
            "looks again"
        };
        let looks =
            if step.looks > 1 { format!("; it has looked {} times", step.looks) } else { String::new() };
        lines.push(format!("  {what} at {until} ({wait}){looks}"));
    }
    if let Some(asked) = &step.approval {
        let given: Vec<&str> = asked.given.iter().map(|one| one.0.as_str()).collect();
        let given = if given.is_empty() { "nobody so far".to_owned() } else { given.join(", ") };
        lines.push(format!("  plan {}: approved by {}, {} missing", asked.plan, line(&given), asked.missing));
    }
    lines.extend(step.gives_up.map(|at| format!("  its time is over at {at}")));
    let values = step.checkpoint.as_ref().map(seen).unwrap_or_default();
    if !values.is_empty() {
        let list: Vec<String> = values.iter().map(|(name, value)| line(&format!("{name} {value}"))).collect();
        lines.push(format!("  saw: {}", list.join(", ")));
    }
    for one in &step.checkpoints {
        let evidence = if one.evidence.is_null() { String::new() } else { format!(" ({})", one.evidence) };
        lines.push(format!("  checkpoint {}: {}{evidence}", line(&one.name), line(&one.message)));
    }
    for one in step.blocking.iter().take(FINDINGS) {
        lines.push(format!(
            "  {} {} {}: {}",
            severity(one.severity),
            one.code,
            line(&one.object),
            line(&one.message)
        ));
        lines.extend(one.action.iter().map(|action| format!("    -> {}", line(action))));
    }
    if step.blocking.len() > FINDINGS {
        lines.push(format!("  and {} more findings", step.blocking.len() - FINDINGS));
    }
    lines.extend(step.left.iter().map(|one| format!("  left: {}", line(one))));
}

fn attempts(step: &StepAnswer) -> String {
    let counts = matches!(step.status, StepStatus::Retrying | StepStatus::Failed) || step.attempt > 1;
    // A step that was just resumed has all its attempts before it.
    if counts && step.attempt > 0 {
        format!(", attempt {} of {}", step.attempt, step.attempts)
    } else {
        String::new()
    }
}

fn severity(severity: Severity) -> &'static str {
    if severity == Severity::Block { "block" } else { "decide" }
}

fn status(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Waiting => "its turn has not come",
        StepStatus::Running => "at work",
        StepStatus::Pending => "waits",
        StepStatus::Retrying => "failed and is tried again",
        StepStatus::Failed => "failed",
        StepStatus::Applied => "applied, its checkpoints are being answered",
        StepStatus::Done => "done",
        StepStatus::Skipped => "skipped",
        StepStatus::Undoing => "being taken back",
        StepStatus::Undone => "failed and was taken back",
    }
}
