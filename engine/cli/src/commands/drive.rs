//! Drives a run until it ends, rests or is stopped, and says how it went.

use std::sync::Arc;

use gateshift_executor::{CancellationToken, Driven, Engine, EngineError, Watcher, not_run};
use gateshift_model::{
    APPROVAL_LATE, CHECKPOINT_MANUAL, CheckpointResult, Finding, GATE_FAILED, RunId, RunOutcome, RunState,
    Severity, StepStatus,
};
use serde_json::{Value, json};

use crate::error::CliError;
use crate::exit::Exit;
use crate::show::findings::{table, verdict};
use crate::show::{Output, describe};

/// A token that is cancelled by the first Ctrl-C or SIGTERM.
pub(super) fn stop_on_signals() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        signalled().await;
        token.cancel();
    });
    stop
}

/// Resolves at Ctrl-C or SIGTERM.
pub(super) async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// How a run is to be driven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// For the first time.
    Begin,
    /// Again, taking up what failed; with the cause for which a gate brought it back.
    Resume(Option<String>),
}

/// Drives the run.
pub(super) async fn drive(
    engine: &Engine,
    run: RunId,
    course: Course,
    watcher: Arc<dyn Watcher>,
) -> Result<Driven, EngineError> {
    let stop = stop_on_signals();
    match course {
        Course::Begin => engine.drive(run, stop, watcher).await,
        Course::Resume(cause) => engine.resume_resolved(run, cause.as_deref(), stop, watcher).await,
    }
}

/// Prints how a run ended, with its findings from the severity `from` on, and gives the exit code.
pub(super) async fn report(
    engine: &Engine,
    run: RunId,
    driven: &Driven,
    store: &str,
    from: Severity,
    output: &Output,
) -> Result<Exit, CliError> {
    let state = engine.state(run).await?;
    let exit = exit(&state, driven);
    output.data(&summary(run, &state, exit), &text(run, &state, driven, store, from));
    Ok(exit)
}

/// The exit code of a run.
pub(super) fn exit(state: &RunState, driven: &Driven) -> Exit {
    let failed = state.steps.values().find(|step| step.status == StepStatus::Failed);
    let waits = state.steps.values().any(|step| step.awaits.is_some());
    match failed.and_then(|step| step.error.as_ref()) {
        None if waits => Exit::of(driven, Some(APPROVAL_LATE)),
        error => Exit::of(driven, error.map(|error| error.code.as_str())),
    }
}

/// The run as data.
pub(super) fn summary(run: RunId, state: &RunState, exit: Exit) -> Value {
    let reasons = not_run(state);
    let steps: Vec<Value> = state
        .definition
        .steps
        .iter()
        .filter_map(|step| state.step(&step.name).map(|found| (step, found)))
        .map(|(step, found)| {
            json!({
                "name": step.name,
                "uses": step.uses,
                "status": describe::step_status(found.status),
                "seconds": describe::took(found, state.updated).map_or(0.0, |took| took.as_secs_f64()),
                "attempts": found.attempt,
                "operations": found.settled().count(),
                "output": found.output,
                "checkpoints": found.checkpoints,
                "findings": found.findings,
                "warnings": found.warnings,
                "waived": found.waived,
                "error": found.error,
                "passedOver": found.passed_over,
                "with": found.with,
                "awaits": found.awaits,
                "approval": found.approval,
                "until": found.until,
                "acceptedRisk": found.accepted_risk,
                "notRunBecause": reasons.iter().find(|one| one.step == step.name).map(|one| one.because.clone()),
            })
        })
        .collect();
    json!({
        "run": run,
        "workflow": state.definition.name,
        "status": describe::run_status(state.status),
        "reason": state.reason,
        "pausedConnections": state.paused_connections,
        "restarts": state.definition.restarts,
        "exit": exit as u8,
        "steps": steps,
    })
}

fn text(run: RunId, state: &RunState, driven: &Driven, store: &str, from: Severity) -> String {
    let mut text = describe::run(state, state.updated);
    let shown: Vec<Finding> = state
        .steps
        .values()
        .flat_map(|step| step.findings.clone())
        .filter(|one| one.severity >= from)
        .collect();
    if !shown.is_empty() {
        text = format!("{}\n{}\n{text}", table(&shown), verdict(&shown));
    }
    text.push_str(&by_hand(state));
    for one in not_run(state) {
        text.push_str(&format!("  not run: {} because {}\n", one.step, one.because));
    }
    text.push_str(&format!("run {run}\n"));
    match driven.outcome() {
        Some(RunOutcome::Done) => {}
        Some(RunOutcome::Canceled) => {
            text.push_str(&format!("it was canceled; a new run: gateshift restart {run} --store {store}\n"));
        }
        Some(RunOutcome::RolledBack) if gate_failed(state) => {
            text.push_str(&format!("the traffic is back; once the cause is removed: gateshift resume {run} --cause-resolved \"what it was\" --store {store}\n"));
        }
        Some(RunOutcome::RolledBack) => {
            text.push_str(
                "the traffic is back; once the cause is resolved, a new run begins at the first stage\n",
            );
        }
        _ => text.push_str(&format!("go on with: gateshift resume {run} --store {store}\n")),
    }
    text
}

/// Whether a gate brought the run back and nobody has answered for the cause yet.
fn gate_failed(state: &RunState) -> bool {
    state.steps.values().any(|step| {
        step.status == StepStatus::Undone
            && step.error.as_ref().is_some_and(|error| error.code == GATE_FAILED)
    })
}

/// What is left to a person, a line each.
fn by_hand(state: &RunState) -> String {
    let waits = state.steps.values().filter(|step| {
        step.error.as_ref().is_some_and(|error| error.code == CHECKPOINT_MANUAL)
            && step.status == StepStatus::Failed
    });
    let left = waits.flat_map(|step| &step.checkpoints);
    left.filter(|one| one.result == CheckpointResult::Manual)
        .map(|one| format!("  by hand: {}: {}\n", one.name, one.message))
        .collect()
}
