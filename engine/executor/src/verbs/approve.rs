//! Approving and rejecting the plan of a step: who may, when, and what it is bound to.

use gateshift_model::{
    APPROVAL_LATE, Actor, Approval, ApprovalRule, Digest, Event, RunState, StepName, StepState, StepStatus,
};

use super::decide::step;
use super::{Refusal, Verb, applies};
use crate::conditions::{is_waiting, whom};
use crate::error::code;

/// Letters of a digest that are enough to name it.
const SHORT: usize = 12;

/// An approval that people can still answer, with its rule.
#[must_use]
pub fn open_approval<'a>(state: &'a RunState, name: &StepName) -> Option<(&'a ApprovalRule, &'a Approval)> {
    let rule = state.definition.step(name)?.conditions.approval.as_ref()?;
    let own = state.step(name)?;
    let known = own.approval.as_ref().filter(|known| known.rejected.is_none())?;
    (is_open(own)).then_some((rule, known))
}

fn is_open(own: &StepState) -> bool {
    let late = own.error.as_ref().is_some_and(|error| error.code == APPROVAL_LATE);
    is_waiting(own) || (own.status == StepStatus::Failed && late)
}

/// Whether somebody may approve, by the name of the user.
#[must_use]
pub fn may_approve(rule: &ApprovalRule, actor: &Actor) -> bool {
    actor.0.strip_prefix("user:").is_some_and(|name| rule.people.iter().any(|one| one == name))
}

/// What is said about a plan.
pub(super) struct Word<'a> {
    pub(super) step: &'a StepName,
    /// The plan it is said of, when whoever says it has looked at one; the beginning of its digest is enough.
    pub(super) plan: Option<&'a str>,
    pub(super) reason: &'a str,
    pub(super) approves: bool,
}

pub(super) fn answer(state: &RunState, word: &Word<'_>, actor: &Actor) -> Result<Vec<Event>, Refusal> {
    let name = word.step;
    let verb = if word.approves { Verb::Approve } else { Verb::Reject };
    applies(verb, state)?;
    let own = step(state, name)?;
    let Some((rule, known)) = open_approval(state, name) else {
        let cause =
            format!("no plan of step `{name}` waits for approval: it is {}", super::decide::word(own.status));
        let remedy = "`gateshift inbox` shows what waits for a person";
        return Err(Refusal::new(code::APPROVAL_NONE, cause, remedy));
    };
    if !may_approve(rule, actor) {
        let cause = format!("{actor} is not among those who may approve step `{name}`");
        return Err(Refusal::new(code::APPROVAL_WHO, cause, format!("it takes {}", whom(rule))));
    }
    // Whoever began it may stop it, too; going on is for others to say.
    if word.approves && !rule.runner_may_approve && *actor == state.runner {
        let cause = format!("{actor} started the run and cannot approve its step `{name}`");
        let remedy = format!("ask another one: it takes {}", whom(rule));
        return Err(Refusal::new(code::APPROVAL_WHO, cause, remedy));
    }
    if let Some(seen) = word.plan.filter(|seen| !known.plan.digest.as_str().starts_with(seen)) {
        let now = short(&known.plan.digest);
        let cause = format!("the plan {seen} of step `{name}` is not the one that waits: that is {now}");
        return Err(Refusal::new(
            code::APPROVAL_MOVED,
            cause,
            "look at it with `gateshift inbox`, then decide anew",
        ));
    }
    if word.approves && known.given.iter().any(|given| given.by == *actor) {
        return Ok(Vec::new());
    }
    let (step, plan, reason) = (name.clone(), known.plan.digest.clone(), word.reason.to_owned());
    Ok(vec![if word.approves {
        Event::StepApproved { step, plan, reason }
    } else {
        Event::StepRejected { step, plan, reason }
    }])
}

/// A digest as people type it.
#[must_use]
pub fn short(digest: &Digest) -> &str {
    digest.as_str().get(..SHORT).unwrap_or(digest.as_str())
}

/// How a resting run stands after an answer, in words.
pub(crate) fn answered(state: &RunState, name: &StepName) -> Option<String> {
    let rule = state.definition.step(name)?.conditions.approval.as_ref()?;
    let known = state.step(name)?.approval.as_ref()?;
    Some(match (&known.rejected, known.missing(rule)) {
        (Some(given), _) => format!("step `{name}` was rejected by {}: {}", given.by, given.reason),
        (None, 0) => format!("step `{name}` is approved, and `gateshift resume` goes on"),
        (None, missing) => format!("step `{name}` waits for {missing} more approval of {}", whom(rule)),
    })
}
