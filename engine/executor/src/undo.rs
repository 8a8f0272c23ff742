//! Takes steps back, one after the other, each with patience (invariant **way back**).

use std::sync::Arc;

use gateshift_model::{
    ErrorClass, Event, RunOutcome, StepDefinition, StepError, StepName, StepStatus, UndoScope,
};
use gateshift_step_api::Undone;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::EngineError;
use crate::attempt::{Bench, Failure, bench, guarded};
use crate::backoff::{Draw, wait};
use crate::error::code;
use crate::inputs::Way;
use crate::planning::stored_plan;
use crate::recorder::stopped;
use crate::run::Session;
use crate::undo_order::{carries_traffic, undo_order};

/// Tries of one step's undo, at least.
const TRIES: u32 = 5;

/// How an undo ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Backward {
    /// All that was asked for is taken back.
    Undone,
    /// Something is left.
    Stuck(String),
    /// It was stopped.
    Stopped,
}

impl Backward {
    /// The end of the run that follows, when one follows.
    pub(crate) fn outcome(self, undone: RunOutcome) -> Option<(RunOutcome, String)> {
        match self {
            Self::Undone => Some((undone, String::new())),
            Self::Stuck(reason) => Some((RunOutcome::Stuck, reason)),
            Self::Stopped => None,
        }
    }
}

/// Takes back all that the scope covers. A step that carries traffic does not wait for another such
/// step's success; objects are taken back only when no traffic is left on them, and in strict order.
pub(crate) async fn undo_all(
    session: Arc<Session>,
    scope: UndoScope,
    halt: CancellationToken,
) -> Result<Backward, EngineError> {
    let order = session.log.read(|state| undo_order(state, scope));
    let mut left = Vec::new();
    for name in order {
        let Some(step) = session.step(&name) else { continue };
        if !left.is_empty() && !carries_traffic(step) {
            break;
        }
        match undo_step(&session, step, &halt).await? {
            Backward::Undone => {}
            Backward::Stopped => return Ok(Backward::Stopped),
            Backward::Stuck(reason) => left.push(reason),
        }
    }
    Ok(if left.is_empty() { Backward::Undone } else { Backward::Stuck(left.join("; ")) })
}

/// Takes one step back.
pub(crate) async fn undo_step(
    session: &Session,
    step: &StepDefinition,
    halt: &CancellationToken,
) -> Result<Backward, EngineError> {
    let tries = step.retry.attempts.max(TRIES);
    for number in 1..=tries {
        if halt.is_cancelled() {
            return Ok(Backward::Stopped);
        }
        begin(session, &step.name).await?;
        let error = match attempt(session, step, halt).await {
            Ok(Undone { operations, facts, left }) if left.is_empty() => {
                let undone = Event::StepUndone { step: step.name.clone(), operations, facts };
                session.log.durable(vec![undone]).await?;
                return Ok(Backward::Undone);
            }
            Ok(undone) => something_left(&undone),
            Err(Failure::Step(error)) if error.code == code::STOPPED && halt.is_cancelled() => {
                return Ok(Backward::Stopped);
            }
            Err(Failure::Step(error)) => error,
            Err(Failure::Engine(error)) => return Err(error),
        };
        let again = matches!(error.class, ErrorClass::Retryable | ErrorClass::Conflict) && number < tries;
        let reason = format!("step `{}` could not be taken back: {error}", step.name);
        let draw = Draw { run: session.run, step: &step.name, attempt: number };
        let pause = wait(&step.retry, &error, number, &draw, session.options());
        session.log.durable(vec![Event::UndoFailed { step: step.name.clone(), error }]).await?;
        if !again {
            return Ok(Backward::Stuck(reason));
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = halt.cancelled() => return Ok(Backward::Stopped),
        }
    }
    Ok(Backward::Stuck(format!("step `{}` could not be taken back", step.name)))
}

async fn begin(session: &Session, step: &StepName) -> Result<(), EngineError> {
    let begun =
        session.log.read(|state| state.step(step).is_some_and(|own| own.status == StepStatus::Undoing));
    if begun { Ok(()) } else { session.log.durable(vec![Event::StepUndoing { step: step.clone() }]).await }
}

async fn attempt(
    session: &Session,
    step: &StepDefinition,
    halt: &CancellationToken,
) -> Result<Undone, Failure> {
    let input = session.input(step, Way::Back);
    let plan = session.log.read(|state| state.step(&step.name).and_then(|own| own.plan.clone()));
    let plan = stored_plan(session, plan.as_ref()).await?;
    let token = halt.child_token();
    let Bench { migrator, host } = bench(session, step, input.attempt, &token, Way::Back)?;
    let work = guarded(migrator.undo(&host, &input, plan.as_ref()));
    tokio::pin!(work);
    tokio::select! {
        result = &mut work => return Ok(host.sound(result)?),
        () = halt.cancelled() => {}
    }
    let rested = tokio::time::timeout(session.options().grace, work).await;
    Ok(host.sound(rested.unwrap_or_else(|_| Err(stopped())))?)
}

fn something_left(undone: &Undone) -> StepError {
    StepError::needs_operator(code::UNDO_LEFT, undone.left.join("; "))
        .with_hint("take it back by hand, then `gateshift resume`; or leave it there and end the run with `gateshift cancel`")
        .with_details(json!({ "left": undone.left, "facts": undone.facts, "operations": undone.operations }))
}
