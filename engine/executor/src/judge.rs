//! What makes an attempt fail, as the error that is stored for it. Pure.

use std::any::Any;

use gateshift_model::{Checkpoint, CheckpointResult, ErrorClass, StepDefinition, StepError};
use serde_json::json;

use crate::error::code;
use crate::waive::Answered;

/// The step took longer than it may.
pub(crate) fn timed_out(step: &StepDefinition) -> StepError {
    let limit = step.timeout.unwrap_or_default();
    StepError::needs_operator(code::TIMEOUT, format!("step `{}` was not done within {limit:?}", step.name))
        .with_hint("look what it waits for with `gateshift history`; `gateshift resume` gives it its full time again")
}

/// What in a plan forbids every write, after all that operators answer for.
pub(crate) fn blocked(answered: &Answered) -> Option<StepError> {
    let findings = &answered.open;
    let first = findings.first()?;
    let more = match findings.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let codes: Vec<_> = findings.iter().map(|finding| finding.code.as_str()).collect();
    let message = format!("{} {}: {}{more}", first.code, first.object, first.message);
    let hint = if let Some(over) = answered.expired.first() {
        format!(
            "{}: the waiver of {} for {} {} was good until {}: renew it in the workflow and start a new run, or remove the cause",
            code::WAIVER_EXPIRED,
            over.owner,
            over.code,
            over.object,
            over.expires
        )
    } else if let Some(never) = answered.never.first() {
        format!("{} can never be waived: going on would be a guess; remove its cause", never.code)
    } else {
        first
            .action
            .clone()
            .unwrap_or_else(|| "answer, exclude or remove each finding, then `gateshift resume`".to_owned())
    };
    let mut details = json!({ "findings": codes });
    if !answered.expired.is_empty() {
        details["expired"] = json!(answered.expired);
    }
    Some(StepError::needs_operator(code::BLOCKED, message).with_hint(hint).with_details(details))
}

/// What speaks against calling the step done. An unclear answer is never taken for a pass: it is asked
/// for again, and holds the run if it stays unclear (invariant **doubt holds**). What only a person can
/// do comes last: nobody is sent to a console before the rest is as it should be.
pub(crate) fn judge(checkpoints: &[Checkpoint]) -> Option<StepError> {
    let answered = |result| checkpoints.iter().filter(move |checkpoint| checkpoint.result == result);
    let (class, code, first) =
        match (answered(CheckpointResult::Fail).next(), answered(CheckpointResult::Unclear).next()) {
            (Some(first), _) => (ErrorClass::NeedsOperator, code::CHECKPOINT_FAILED, first),
            (None, Some(first)) => (ErrorClass::Retryable, code::CHECKPOINT_UNCLEAR, first),
            (None, None) => return by_hand(answered(CheckpointResult::Manual).collect()),
        };
    let names: Vec<_> = answered(first.result).map(|checkpoint| checkpoint.name.as_str()).collect();
    let error = StepError::new(class, code, format!("checkpoint {}: {}", first.name, first.message))
        .with_hint("look at its evidence with `gateshift history`, put it right, then `gateshift resume`")
        .with_details(json!({ "checkpoints": names }));
    Some(error)
}

/// What is left to a person: the run holds, says what to do, and asks the step again on resume.
fn by_hand(left: Vec<&Checkpoint>) -> Option<StepError> {
    let names: Vec<_> = left.iter().map(|checkpoint| checkpoint.name.as_str()).collect();
    let messages: Vec<_> =
        left.iter().map(|checkpoint| format!("{}: {}", checkpoint.name, checkpoint.message)).collect();
    let message = match messages.as_slice() {
        [] => return None,
        [one] => format!("to do by hand: {one}"),
        more => format!("{} things to do by hand: {}", more.len(), more.join("; ")),
    };
    let error = StepError::needs_operator(code::CHECKPOINT_MANUAL, message)
        .with_hint(
            "do what each checkpoint says, then `gateshift resume`: it is read back before the run goes on",
        )
        .with_details(json!({ "checkpoints": names }));
    Some(error)
}

/// A migrator's code broke off.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> StepError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text =
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned());
    StepError::permanent(code::PANIC, format!("the migrator panicked: {text}"))
        .with_hint("this is a defect of the migrator; `gateshift resume` tries the step again")
}
