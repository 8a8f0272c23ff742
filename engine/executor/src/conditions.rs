//! Whether a step may begin: its approval first, then its window. Pure; the clock is an argument.

use gateshift_model::{
    ApprovalRule, ArtifactRef, Awaited, Event, OnTimeout, StepDefinition, StepError, StepName, StepState,
    Timestamp, Window,
};
use gateshift_windows::{Answer, Closed, ask, local};
use serde_json::json;

use crate::EngineOptions;
use crate::error::code;

/// What becomes of a step that is about to begin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Admission {
    /// It begins; its conditions, if it has any, hold since now.
    Begins { new: bool },
    /// It waits, and that is to be written down.
    Waits(Box<Event>),
    /// It waits as before.
    WaitsOn,
    /// It does not begin.
    Fails(StepError),
}

/// Decides. A step that has to be approved is looked at once it has a plan, any other before it plans: what it
/// finds then is as fresh as can be.
pub(crate) fn decide(
    step: &StepDefinition,
    own: &StepState,
    now: Timestamp,
    options: &EngineOptions,
) -> Admission {
    if let Some(rule) = &step.conditions.approval {
        let Some(plan) = &own.plan else {
            return Admission::Fails(StepError::permanent(
                code::PLAN_LOST,
                format!("step `{}` has no plan that could be approved", step.name),
            ));
        };
        let approved = own.approval.as_ref().is_some_and(|known| known.holds(rule, &plan.digest));
        if !approved {
            return unapproved(step, own, rule, plan, now, options);
        }
    }
    if own.admitted.is_some() {
        return Admission::Begins { new: false };
    }
    match &step.conditions.window {
        Some(window) => within(step, own, window, now, options),
        None => Admission::Begins { new: !step.conditions.is_empty() },
    }
}

fn unapproved(
    step: &StepDefinition,
    own: &StepState,
    rule: &ApprovalRule,
    plan: &ArtifactRef,
    now: Timestamp,
    options: &EngineOptions,
) -> Admission {
    let known = own.approval.as_ref().filter(|known| known.plan.digest == plan.digest);
    // Asked in this attempt, whatever it waited for afterwards.
    if let Some(known) = known.filter(|_| own.awaits.is_some()) {
        if let Some(given) = &known.rejected {
            return Admission::Fails(rejected(step, &given.by.0, &given.reason));
        }
        if known.until.is_none_or(|until| now < until) {
            return Admission::WaitsOn;
        }
        let had = rule.count - known.missing(rule);
        let message = format!(
            "nobody rejected the plan of step `{}`, and {had} of {} approved it in time",
            step.name, rule.count
        );
        return Admission::Fails(match rule.on_timeout {
            OnTimeout::Reject => rejected(step, "the timeout", &message),
            OnTimeout::Hold => StepError::needs_operator(code::APPROVAL_LATE, message).with_hint(format!(
                "whoever may still can, with `gateshift approve`; then, or to ask them anew, `gateshift resume` ({})",
                whom(rule)
            )),
        });
    }
    let until = rule.timeout.map(|timeout| now.after(options.scaled(timeout)));
    let void = match &own.approval {
        Some(before) if known.is_none() => before.given.iter().map(|given| given.by.clone()).collect(),
        _ => Vec::new(),
    };
    let voided = if void.is_empty() { "" } else { "the plan has changed and what was approved is void; " };
    let reason = format!("{voided}its plan waits for the approval of {}", whom(rule));
    let on = Awaited::Approval { plan: plan.clone(), void };
    waits(step, own, on, until, reason)
}

fn rejected(step: &StepDefinition, by: &str, reason: &str) -> StepError {
    let message = format!("the plan of step `{}` was rejected by {by}: {reason}", step.name);
    StepError::needs_operator(code::APPROVAL_REJECTED, message)
        .with_hint("nothing of it was written; put right what speaks against it, then `gateshift retry` asks anew; or `gateshift skip`, `gateshift cancel`")
        .with_details(json!({ "by": by }))
}

fn within(
    step: &StepDefinition,
    own: &StepState,
    window: &Window,
    now: Timestamp,
    options: &EngineOptions,
) -> Admission {
    let waited =
        matches!(own.awaits, Some(Awaited::Window { .. })) && own.until.is_some_and(|until| until <= now);
    let (why, opens) = match ask(window, now) {
        Answer::Open => return Admission::Begins { new: true },
        // Where waits pass faster, the calendar does not: the wait is over, so the window counts as open.
        Answer::Closed { .. } if waited && options.is_scaled() => return Admission::Begins { new: true },
        Answer::Closed { why, opens: Some(opens) } => (why, opens),
        Answer::Closed { opens: None, .. } => {
            return Admission::Fails(never(
                step,
                &format!("window `{}` does not open in the next five years", window.name),
            ));
        }
        Answer::Unknown => {
            return Admission::Fails(never(
                step,
                &format!("this program does not know the time zone `{}`", window.timezone),
            ));
        }
    };
    let why = match why {
        Closed::Outside => "outside its hours".to_owned(),
        Closed::Denied { hours } => format!("denied: {hours}"),
    };
    let opening = local(&window.timezone, opens).unwrap_or_else(|| opens.to_string());
    let reason = format!("window `{}` is closed ({why}) and opens {opening}", window.name);
    let until = now.after(options.scaled(opens.since(now)));
    waits(step, own, Awaited::Window { name: window.name.clone() }, Some(until), reason)
}

fn never(step: &StepDefinition, message: &str) -> StepError {
    StepError::needs_operator(code::WINDOW_NEVER, format!("step `{}` cannot begin: {message}", step.name))
        .with_hint("look at its hours with `gateshift window check FILE`, correct them, and begin a new run")
}

fn waits(
    step: &StepDefinition,
    own: &StepState,
    on: Awaited,
    until: Option<Timestamp>,
    reason: String,
) -> Admission {
    if own.awaits.as_ref() == Some(&on) && own.until == until {
        return Admission::WaitsOn;
    }
    let (step, attempt) = (step.name.clone(), own.attempt);
    Admission::Waits(Box::new(Event::StepWaits { step, attempt, on, until, reason }))
}

/// Those who may approve, in words.
pub(crate) fn whom(rule: &ApprovalRule) -> String {
    let people = rule.people.join(", ");
    match &rule.group {
        Some(group) => format!("{} of {group} ({people})", rule.count),
        None if rule.people.len() == 1 => people,
        None => format!("{} of {people}", rule.count),
    }
}

/// Whether nothing but people or a window keeps a step from beginning.
pub(crate) fn is_waiting(own: &StepState) -> bool {
    own.awaits.is_some()
}

/// When a step that waits for its conditions is looked at again.
pub(crate) fn due(step: &StepDefinition, own: &StepState) -> Timestamp {
    let answered =
        step.conditions.approval.as_ref().zip(own.approval.as_ref()).is_some_and(|(rule, known)| {
            let asked = matches!(own.awaits, Some(Awaited::Approval { .. }));
            known.rejected.is_some() || (asked && known.missing(rule) == 0)
        });
    let at = if answered { None } else { Some(own.until.unwrap_or(Timestamp(i64::MAX))) };
    at.unwrap_or(Timestamp(i64::MIN))
}

/// What a run waits for in which nothing but people or a window brings a step on.
pub(crate) fn standing(step: &StepName, own: &StepState) -> String {
    let reason = own.reason.as_deref().unwrap_or("its conditions do not hold yet");
    format!("step `{step}` waits: {reason}")
}
