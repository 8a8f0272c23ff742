//! The plan of a step: made, held against the approved one, stored, and read again.

use gateshift_journal::NewArtifact;
use gateshift_model::{ArtifactRef, Event, Plan, Severity, StepDefinition, StepError};
use gateshift_step_api::{Migrator, StepInput};

use crate::EngineError;
use crate::attempt::{Failure, guarded};
use crate::error::code;
use crate::guard::GuardedHost;
use crate::judge::blocked;
use crate::pinned::{PinnedPlan, against, stale};
use crate::run::Session;
use crate::waive::answered;

/// Plans and stores the plan. Findings that forbid to go on end the attempt.
pub(crate) async fn plan(
    session: &Session,
    step: &StepDefinition,
    attempt: u32,
    migrator: &dyn Migrator,
    host: &GuardedHost,
    input: &StepInput,
) -> Result<Plan, Failure> {
    let plan = host.sound(guarded(migrator.plan(host, input)).await)?;
    if plan == Plan::default() && step.conditions.approval.is_none() {
        return Ok(plan);
    }
    approved(session, step, input, &plan).await?;
    let bytes = serde_json::to_vec(&plan)
        .map_err(|error| StepError::permanent(code::PLAN_LOST, error.to_string()))?;
    let artifact = NewArtifact::new("plan", "application/json", bytes);
    let waivers = &session.definition.waivers;
    let answered = answered(&plan.findings, waivers, migrator.never_waived(), session.now());
    let blocked = blocked(&answered);
    let planned = Event::StepPlanned {
        step: step.name.clone(),
        attempt,
        plan: artifact.artifact.clone(),
        operations: plan.operations.len() as u64,
        summary: plan.summary.clone(),
        findings: plan
            .findings
            .iter()
            .filter(|finding| finding.severity >= Severity::Warn)
            .cloned()
            .collect(),
        waived: answered.waived,
    };
    // The first intent carries it to the disk, and before that there is nothing to remember it for.
    session.log.with_artifact(artifact, vec![planned], blocked.is_some()).await?;
    blocked.map_or(Ok(plan), |error| Err(error.into()))
}

/// Holds the plan against the one that was approved, when the run was begun with one.
async fn approved(
    session: &Session,
    step: &StepDefinition,
    input: &StepInput,
    plan: &Plan,
) -> Result<(), Failure> {
    let Some(pinned) = &session.definition.pinned else { return Ok(()) };
    let bytes = session.engine.journal.get_artifact(&pinned.digest).await.map_err(EngineError::from)?;
    let pinned: PinnedPlan = serde_json::from_slice(&bytes).map_err(|error| {
        StepError::permanent(
            code::PLAN_LOST,
            format!("the approved plan {} cannot be read: {error}", pinned.digest),
        )
    })?;
    let found = pinned.steps.iter().find(|one| one.step == step.name);
    let Some(operations) = found.and_then(|one| one.operations.as_ref()) else { return Ok(()) };
    let done = input.settled.keys().chain(&input.unsettled).collect();
    let moved = against(&step.name, operations, &plan.operations, &done);
    if moved.is_empty() { Ok(()) } else { Err(stale(&moved).into()) }
}

pub(crate) async fn stored_plan(
    session: &Session,
    plan: Option<&ArtifactRef>,
) -> Result<Option<Plan>, Failure> {
    let Some(plan) = plan else { return Ok(None) };
    let bytes = session.engine.journal.get_artifact(&plan.digest).await.map_err(EngineError::from)?;
    let plan = serde_json::from_slice(&bytes).map_err(|error| {
        StepError::permanent(
            code::PLAN_LOST,
            format!("the stored plan {} cannot be read: {error}", plan.digest),
        )
    })?;
    Ok(Some(plan))
}
