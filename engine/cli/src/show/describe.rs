//! Events, runs and steps in words.

use std::time::Duration;

use gateshift_audit::outcome_word;
pub(crate) use gateshift_audit::status_word as run_status;
use gateshift_executor::short;
use gateshift_model::{
    CheckpointResult, ConnectionName, Event, Outcome, RunState, Severity, StepState, StepStatus, Timestamp,
};

/// Status of a step in a word.
pub(crate) fn step_status(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Waiting => "waiting",
        StepStatus::Running => "running",
        StepStatus::Pending => "pending",
        StepStatus::Retrying => "retrying",
        StepStatus::Failed => "failed",
        StepStatus::Applied => "applied",
        StepStatus::Done => "done",
        StepStatus::Skipped => "skipped",
        StepStatus::Undoing => "undoing",
        StepStatus::Undone => "undone",
    }
}

/// Severity in a word.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Manual => "manual",
        Severity::Warn => "warn",
        Severity::Decide => "decide",
        Severity::Block => "block",
    }
}

/// A duration for people: `0.4 s`, `12 s`, `3 m 20 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{} m {} s", duration.as_secs() / 60, duration.as_secs() % 60)
    }
}

/// How long a step took so far, or in all.
pub(crate) fn took(step: &StepState, now: Timestamp) -> Option<Duration> {
    let started = step.started?;
    Some(step.ended.unwrap_or(now).since(started))
}

/// An event in a line; `None` for what only a full history shows.
pub(crate) fn event(event: &Event) -> String {
    match event {
        Event::RunCreated { definition, engine } => {
            format!(
                "run of `{}` submitted ({} steps, engine {engine})",
                definition.name,
                definition.steps.len()
            )
        }
        Event::RunClaimed { holder } => format!("taken by process {} on {}", holder.pid, holder.host),
        Event::StepStarted { step, attempt, code } => {
            let begun = if *attempt > 1 { format!("attempt {attempt}") } else { "started".to_owned() };
            let code = code.as_ref().map(|code| format!(" with {code}")).unwrap_or_default();
            format!("{step}: {begun}{code}")
        }
        Event::StepSwapped { step, version, code, reason } => {
            format!("{step}: goes on with version {version} of its migrator, {code}: {reason}")
        }
        Event::StepPlanned { step, summary, findings, waived, .. } => {
            let warnings = findings.len();
            let remark = if warnings == 0 { String::new() } else { format!(" ({warnings} findings)") };
            let waived: String = waived
                .iter()
                .map(|one| {
                    let (code, object, owner) = (&one.code, &one.object, &one.owner);
                    format!("; {code} {object} waived by {owner} until {}: {}", one.expires, one.reason)
                })
                .collect();
            format!("{step}: {summary}{remark}{waived}")
        }
        Event::CallIntended { step, call, .. } => {
            format!("{step}: about to {} on {}{}", call.action, call.connection, operation(call))
        }
        Event::CallAnswered { step, call, status, request_id, error, millis, .. } => {
            let answer = match (status, error) {
                (Some(status), None) => status.to_string(),
                (Some(status), Some(error)) => format!("{status} {error}"),
                (None, Some(error)) => error.clone(),
                (None, None) => "no answer".to_owned(),
            };
            let request = request_id.as_deref().map(|id| format!(" request {id}")).unwrap_or_default();
            format!(
                "{step}: {} on {} answered {answer} in {millis} ms{request}",
                call.action, call.connection
            )
        }
        Event::OperationSettled { step, key, settled, .. } => {
            let word = match settled.outcome {
                Outcome::Created => "created",
                Outcome::Updated => "updated",
                Outcome::Deleted => "deleted",
                Outcome::Unchanged => "unchanged",
                Outcome::Adopted => "adopted",
            };
            format!(
                "{step}: {word} {key}{}",
                settled.id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default()
            )
        }
        Event::Checkpointed { step, .. } => format!("{step}: stored where it stands"),
        Event::StepPending { step, reason, until, .. } => {
            format!("{step}: {reason} (looks again at {until})")
        }
        Event::StepResolved { step, .. } => format!("{step}: settings worked out from earlier steps"),
        Event::StepPassedOver { step, reason } => format!("{step}: skipped: {reason}"),
        Event::StepWaits { step, reason, until, .. } => {
            let until = until.map(|until| format!(" (until {until})")).unwrap_or_default();
            format!("{step}: waits: {reason}{until}")
        }
        Event::StepAdmitted { step, .. } => format!("{step}: its conditions hold, it begins"),
        Event::StepApproved { step, plan, reason } => {
            let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            format!("{step}: plan {} approved{reason}", short(plan))
        }
        Event::StepRejected { step, plan, reason } => {
            format!("{step}: plan {} rejected: {reason}", short(plan))
        }
        Event::StepApplied { step, .. } => format!("{step}: applied"),
        Event::StepVerified { step, checkpoints, .. } => {
            let answers: Vec<String> = checkpoints
                .iter()
                .map(|one| {
                    let answer = format!("{} {}", one.name, format!("{:?}", one.result).to_lowercase());
                    if one.result == CheckpointResult::Waived {
                        return format!("{answer} ({})", one.message);
                    }
                    answer
                })
                .collect();
            if answers.is_empty() {
                format!("{step}: no checkpoints")
            } else {
                format!("{step}: {}", answers.join(", "))
            }
        }
        Event::StepDone { step, .. } => format!("{step}: done"),
        Event::StepFailed { step, error, retry_at, .. } => {
            let next = retry_at.map(|at| format!("; next attempt at {at}")).unwrap_or_default();
            format!("{step}: failed: {} {}{next}", error.code, error.message)
        }
        Event::StepSkipped { step, reason, risk: None } => format!("{step}: skipped: {reason}"),
        Event::StepSkipped { step, reason, risk: Some(risk) } => {
            format!("{step}: skipped: {reason} (risk accepted: {risk})")
        }
        Event::PauseRequested { connection, reason } => {
            format!("pause of {} asked for: {reason}", paused(connection.as_ref()))
        }
        Event::PauseLifted { connection, .. } => format!("{} goes on", paused(connection.as_ref())),
        Event::CancelRequested { undo, reason } => {
            let first = if *undo { ", after what was made is taken back" } else { "" };
            format!("end of the run asked for{first}: {reason}")
        }
        Event::RequestTaken { asked, .. } => format!("request taken up: {asked}"),
        Event::UndoRequested { scope, reason } => {
            format!("rollback of {} asked for: {reason}", format!("{scope:?}").to_lowercase())
        }
        Event::StepUndoing { step } => format!("{step}: taking back"),
        Event::StepUndone { step, operations, .. } => {
            format!("{step}: taken back ({} operations)", operations.len())
        }
        Event::UndoFailed { step, error } => {
            format!("{step}: could not be taken back: {} {}", error.code, error.message)
        }
        Event::Decided { decision, step, reason } => {
            let about = step.as_ref().map(|step| format!(" {step}")).unwrap_or_default();
            format!(
                "decided: {decision}{about}{}",
                if reason.is_empty() { String::new() } else { format!(" ({reason})") }
            )
        }
        Event::RunInterrupted { reason } => format!("stopped: {reason}"),
        Event::RunFinished { outcome, reason } => {
            let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
            format!("run {}{why}", outcome_word(*outcome))
        }
    }
}

fn paused(connection: Option<&ConnectionName>) -> String {
    connection.map_or_else(|| "the run".to_owned(), |name| format!("connection `{name}`"))
}

fn operation(call: &gateshift_model::CallRecord) -> String {
    call.operation.as_ref().map(|key| format!(" for {key}")).unwrap_or_default()
}

/// The state of a run as a few lines.
pub(crate) fn run(state: &RunState, now: Timestamp) -> String {
    let mut text = format!("{}: {}", state.definition.name, run_status(state.status));
    // The failed step says it better below.
    let failed = state.steps.values().any(|step| step.status == StepStatus::Failed);
    if let Some(reason) = state.reason.as_ref().filter(|_| !failed) {
        text.push_str(&format!(" ({reason})"));
    }
    text.push('\n');
    for (name, reason) in &state.paused_connections {
        text.push_str(&format!("  calls on connection `{name}` wait: {reason}\n"));
    }
    for step in &state.definition.steps {
        let Some(found) = state.step(&step.name) else { continue };
        text.push_str(&format!("  {:<14} {:<9}", step.name, step_status(found.status)));
        if let Some(took) = took(found, now) {
            text.push_str(&format!(" {:>9}", duration(took)));
        }
        let at_rest = matches!(found.status, StepStatus::Done | StepStatus::Undone | StepStatus::Failed);
        if let Some(reason) = found.reason.as_ref().filter(|_| !at_rest) {
            text.push_str(&format!("  {reason}"));
        }
        text.push('\n');
        if let Some(risk) = &found.accepted_risk {
            text.push_str(&format!("    risk accepted: {risk}\n"));
        }
        for one in &found.waived {
            text.push_str(&format!(
                "    waived: {} {} by {} until {}: {}\n",
                one.code, one.object, one.owner, one.expires, one.reason
            ));
        }
        // What a finding says already is in the table of findings.
        let told = |warning: &&String| found.findings.iter().any(|one| warning.contains(&one.message));
        for one in found.warnings.iter().filter(|one| !told(one)) {
            text.push_str(&format!("    warning: {one}\n"));
        }
        for one in found.checkpoints.iter().filter(|one| one.result == CheckpointResult::Waived) {
            text.push_str(&format!("    {}: {}\n", one.name, one.message));
        }
        if let Some(error) =
            found.error.as_ref().filter(|_| matches!(found.status, StepStatus::Failed | StepStatus::Undoing))
        {
            text.push_str(&format!("    {}: {}\n", error.code, error.message));
            if let Some(hint) = &error.hint {
                text.push_str(&format!("    hint: {hint}\n"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_read_well() {
        let text = |seconds: f64| super::duration(std::time::Duration::from_secs_f64(seconds));
        assert_eq!(text(0.42), "0.4 s");
        assert_eq!(text(61.0), "61 s");
        assert_eq!(text(200.0), "3 m 20 s");
    }
}
