//! `retry` and `rerun`.

use gateshift_executor::{Command, Engine, Known, Rerun as Repeated};
use gateshift_model::{RunId, Severity};
use serde_json::{Value, json};

use crate::args::{Rerun, Retry};
use crate::error::CliError;
use crate::exit::Exit;
use crate::show::{Output, describe, watcher};

use super::run::{existing, finish};
use super::through::{Done, tell, through};

pub(super) async fn retry(given: &Retry, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let (store, engine, id) = existing(given.run.as_deref(), &given.endpoints, store).await?;
    let engine = engine.patient(!given.patience.no_wait);
    let command = Command::Retry { step: given.step.clone(), reason: given.reason.clone() };
    match through(&engine, id, &command, output).await? {
        Done::There(said) => there(&engine, id, ("retry", &said), output).await,
        Done::Here(driven) => finish(&engine, id, driven, &store, Severity::Decide, output).await,
    }
}

pub(super) async fn run(given: &Rerun, store: Option<&str>, output: &Output) -> Result<Exit, CliError> {
    let (store, engine, id) = existing(given.run.as_deref(), &given.endpoints, store).await?;
    let engine = engine.patient(!given.patience.no_wait);
    if given.preview {
        return preview(&engine, id, given, output).await;
    }
    let command = Command::Rerun { from: given.from.clone(), reason: given.reason.clone() };
    match through(&engine, id, &command, output).await? {
        Done::There(said) => there(&engine, id, ("rerun", &said), output).await,
        Done::Here(driven) => finish(&engine, id, driven, &store, Severity::Decide, output).await,
    }
}

/// The process that drives the run goes on with it.
async fn there(engine: &Engine, id: RunId, what: (&str, &str), output: &Output) -> Result<Exit, CliError> {
    let state = engine.state(id).await?;
    Ok(tell(id, &state, what, &json!({}), Exit::Done, output))
}

async fn preview(engine: &Engine, id: RunId, given: &Rerun, output: &Output) -> Result<Exit, CliError> {
    let found = engine.preview_rerun(id, &given.from, watcher(output)).await?;
    let steps: Vec<Value> = found.iter().map(data).collect();
    let lines: Vec<String> = found.iter().map(text).collect();
    output.data(&json!({"run": id, "from": given.from, "steps": steps}), &lines.join("\n"));
    let blocked = found.iter().any(|one| match &one.plan.known {
        Known::Planned { answered, .. } => !answered.open.is_empty(),
        Known::Failed { .. } => true,
        Known::After { .. } => false,
    });
    Ok(if blocked { Exit::Blocked } else { Exit::Changes })
}

fn data(one: &Repeated) -> Value {
    let mut found = json!({
        "step": one.step, "status": describe::step_status(one.status), "looksAgainAt": one.known,
    });
    match &one.plan.known {
        Known::Planned { plan, answered, .. } => {
            found["plan"] = json!(plan);
            found["open"] = json!(answered.open);
        }
        Known::After { step } => found["knownAfter"] = json!(step),
        Known::Failed { error } => found["error"] = json!(error),
    }
    found
}

fn text(one: &Repeated) -> String {
    let status = describe::step_status(one.status);
    let known = match one.known.len() {
        0 => String::new(),
        count => format!("; looks again at {count} operations it has settled"),
    };
    let mut text = format!("{} ({status}){known}", one.step);
    match &one.plan.known {
        Known::Planned { plan, answered, .. } => {
            if !plan.summary.is_empty() {
                text.push_str(&format!("\n  plan: {}", plan.summary));
            }
            for operation in &plan.operations {
                let verb = format!("{:?}", operation.verb).to_lowercase();
                text.push_str(&format!("\n  {verb} {}", operation.key));
            }
            for finding in &answered.open {
                let (code, object) = (&finding.code, &finding.object);
                let severity = describe::severity(finding.severity);
                text.push_str(&format!("\n  {severity} {code} {object}: {}", finding.message));
            }
        }
        Known::After { step } => {
            text.push_str(&format!("\n  its plan is known after step `{step}` is repeated"));
        }
        Known::Failed { error } => text.push_str(&format!("\n  cannot be planned: {error}")),
    }
    text
}
