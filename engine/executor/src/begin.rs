//! The begin of an attempt: is the step needed at all, and what are its settings.

use gateshift_model::{Event, Severity, StepDefinition, StepError, StepStatus};

use crate::EngineError;
use crate::error::code;
use crate::run::Session;
use crate::worked_out::{look_up, passed_over, settings};

/// How an attempt began.
pub(crate) enum Begun {
    /// With this number, or it was under way.
    Attempt(u32),
    /// Not at all: the condition of the step does not hold.
    PassedOver,
    /// It failed before it could do anything.
    Broken(u32, StepError),
}

/// Begins an attempt, unless one is under way.
pub(crate) async fn begin(session: &Session, step: &StepDefinition) -> Result<Begun, EngineError> {
    let (status, attempt) = session.log.read(|state| {
        state.step(&step.name).map_or((StepStatus::Waiting, 0), |own| (own.status, own.attempt))
    });
    if matches!(status, StepStatus::Running | StepStatus::Pending | StepStatus::Applied) {
        return Ok(Begun::Attempt(attempt));
    }
    let next = attempt + 1;
    // Asked before every attempt: the answer is the same, unless it could not be given before.
    let needed = session.log.read(|state| passed_over(step, state));
    if let Ok(Some(reason)) = needed {
        session.log.durable(vec![Event::StepPassedOver { step: step.name.clone(), reason }]).await?;
        return Ok(Begun::PassedOver);
    }
    let with = needed.and_then(|_| session.log.read(|state| settings(step, &|one| look_up(state, one))));
    let with = with.and_then(|with| with.map(|with| checked(session, step, with)).transpose());
    // Nobody needs to wait for it: the first intent carries it to the disk.
    let mut events =
        vec![Event::StepStarted { step: step.name.clone(), attempt: next, code: step.code.clone() }];
    let broken = match with {
        Ok(with) => {
            let resolved = |with| Event::StepResolved { step: step.name.clone(), attempt: next, with };
            events.extend(with.map(resolved));
            None
        }
        Err(error) => Some(error),
    };
    session.log.relaxed(events)?;
    Ok(broken.map_or(Begun::Attempt(next), |error| Begun::Broken(next, error)))
}

/// Settings that were open when the workflow was checked are checked by their migrator now.
fn checked(
    session: &Session,
    step: &StepDefinition,
    with: serde_json::Value,
) -> Result<serde_json::Value, StepError> {
    let findings = session.engine.migrator(step)?.check(&with);
    match findings.into_iter().find(|finding| finding.severity >= Severity::Decide) {
        None => Ok(with),
        Some(first) => {
            let message = format!(
                "{} of step `{}`, as they were worked out: {}",
                first.object, step.name, first.message
            );
            Err(StepError::needs_operator(code::SETTINGS, message)
                .with_hint("correct the workflow and begin a new run"))
        }
    }
}
