//! The steps that matter for the answer, each with all that is known of its trouble or its wait.

use gateshift_model::{
    APPROVAL_LATE, CheckpointResult, Finding, Severity, StepDefinition, StepError, StepName, StepState,
    StepStatus,
};

use super::{Asked, Blocking, Failure, StepAnswer, Story};

/// The steps at work, waiting, in trouble, or taken back after a failure, in the order of the workflow.
pub(crate) fn of_interest(story: &Story) -> Vec<StepAnswer> {
    let steps = story.state.definition.steps.iter();
    steps
        .filter_map(|step| Some((step, story.state.step(&step.name)?)))
        .filter(|(_, own)| matters(own))
        .map(|(step, own)| answer(story, step, own))
        .collect()
}

fn matters(own: &StepState) -> bool {
    use StepStatus::{Applied, Done, Failed, Pending, Retrying, Running, Skipped, Undoing, Undone, Waiting};
    match own.status {
        Running | Pending | Retrying | Failed | Applied | Undoing => true,
        // What was taken back because it failed is the first cause.
        Undone => own.error.is_some(),
        Waiting | Done | Skipped => false,
    }
}

/// Steps whose turn has not come.
pub(crate) fn later(story: &Story) -> Vec<StepName> {
    let steps = story.state.definition.steps.iter();
    steps
        .filter(|step| story.state.step(&step.name).is_some_and(|own| own.status == StepStatus::Waiting))
        .map(|step| step.name.clone())
        .collect()
}

fn answer(story: &Story, step: &StepDefinition, own: &StepState) -> StepAnswer {
    let wait = story.waits.get(&step.name);
    let pending = own.status == StepStatus::Pending;
    let failing = !matches!(own.status, StepStatus::Running | StepStatus::Pending | StepStatus::Applied);
    let begun = own.resumed_at.or(own.started);
    // In a rehearsal time passes at another speed, which the frozen workflow does not tell in plain words.
    let limited = story.state.definition.rehearsal.is_null();
    StepAnswer {
        name: step.name.clone(),
        status: own.status,
        attempt: own.attempt.saturating_sub(own.resumed_attempt),
        attempts: step.retry.attempts,
        since: wait.filter(|_| pending).map(|wait| wait.since).or(story.changed.get(&step.name).copied()),
        reason: own.reason.clone(),
        until: own.until,
        looks: wait.map_or(0, |wait| wait.looks),
        gives_up: begun
            .zip(step.timeout)
            .filter(|_| limited && !failing)
            .map(|(begun, limit)| begun.after(limit)),
        checkpoint: own.checkpoint.clone().filter(|_| !matches!(own.status, StepStatus::Undone)),
        error: own.error.as_ref().filter(|_| failing).map(failure),
        approval: asked(story, step, own),
        blocking: if failing { blocking(own) } else { Vec::new() },
        checkpoints: own
            .checkpoints
            .iter()
            .filter(|one| failing && speaks_against(one.result))
            .cloned()
            .collect(),
        left: if failing { left(own) } else { Vec::new() },
    }
}

/// What people are asked, as long as their answer counts.
fn asked(story: &Story, step: &StepDefinition, own: &StepState) -> Option<Asked> {
    let rule = step.conditions.approval.as_ref()?;
    let known = own.approval.as_ref().filter(|known| known.rejected.is_none())?;
    let late = own.error.as_ref().is_some_and(|error| error.code == APPROVAL_LATE);
    let open = own.awaits.is_some() || (own.status == StepStatus::Failed && late);
    open.then(|| Asked {
        plan: known.plan.digest.clone(),
        people: rule.people.clone(),
        except: (!rule.runner_may_approve).then(|| story.state.runner.clone()),
        given: known.given.iter().map(|given| given.by.clone()).collect(),
        missing: known.missing(rule),
    })
}

fn failure(error: &StepError) -> Failure {
    Failure {
        code: error.code.clone(),
        message: error.message.clone(),
        class: error.class,
        hint: error.hint.clone(),
    }
}

fn speaks_against(result: CheckpointResult) -> bool {
    matches!(result, CheckpointResult::Fail | CheckpointResult::Unclear | CheckpointResult::Manual)
}

/// Whether an operator answers for a finding.
fn is_waived(own: &StepState, finding: &Finding) -> bool {
    own.waived.iter().any(|waived| waived.code == finding.code && waived.object == finding.object)
}

/// Findings that forbid every write, the gravest first.
fn blocking(own: &StepState) -> Vec<Blocking> {
    let mut found: Vec<Blocking> = own
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Decide && !is_waived(own, finding))
        .map(|finding| Blocking {
            severity: finding.severity,
            code: finding.code.clone(),
            object: finding.object.clone(),
            message: finding.message.clone(),
            action: finding.action.clone(),
        })
        .collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.severity));
    found
}

/// What an undo says it had to leave.
fn left(own: &StepState) -> Vec<String> {
    let details = own.error.as_ref().and_then(|error| error.details.get("left")?.as_array().cloned());
    details
        .into_iter()
        .flatten()
        .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
        .collect()
}
