//! One turn of a step: from where its events say it stands, through plan, apply and verify, to its next
//! rest. Whatever ends the turn is written down before it ends.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use gateshift_model::{Event, Finding, Plan, Severity, StepDefinition, StepError, StepStatus};
use gateshift_step_api::{Applied, Migrator, StepInput, StepScope};
use tokio_util::sync::CancellationToken;

use crate::EngineError;
use crate::admit::admitted;
use crate::backoff::{Draw, retry_at};
use crate::begin::{Begun, begin};
use crate::error::code;
use crate::guard::GuardedHost;
use crate::inputs::{Way, later};
use crate::judge::{judge, panicked, timed_out};
use crate::planning::{plan, stored_plan};
use crate::recorder::StepRecorder;
use crate::run::Session;
use crate::schedule::deadline;
use crate::waive;

/// Why a piece of a step's work came to nothing.
pub(crate) enum Failure {
    /// The step failed.
    Step(StepError),
    /// The run's log is broken: nothing more can be written.
    Engine(EngineError),
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        Self::Step(error)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// Works on a step until its next rest. `halt` asks it to come to one soon.
pub(crate) async fn turn(
    session: &Session,
    step: &StepDefinition,
    halt: CancellationToken,
) -> Result<(), EngineError> {
    let attempt = match begin(session, step).await? {
        Begun::Attempt(attempt) => attempt,
        Begun::PassedOver => return Ok(()),
        Begun::Broken(attempt, error) => return fail(session, step, attempt, error).await,
    };
    let limit = session
        .log
        .read(|state| state.step(&step.name).and_then(|own| deadline(step, own, session.options())));
    let left = limit.map(|limit| limit.since(session.now()));
    if left == Some(Duration::ZERO) {
        return fail(session, step, attempt, timed_out(step)).await;
    }
    let token = halt.child_token();
    let mut work = pin!(work(session, step, attempt, &token));
    let late = tokio::select! {
        result = &mut work => return conclude(session, step, attempt, result, &halt).await,
        () = pass(left) => true,
        () = halt.cancelled() => false,
    };
    token.cancel();
    match (tokio::time::timeout(session.options().grace, work).await, late) {
        (Ok(Err(Failure::Step(_))) | Err(_), true) => fail(session, step, attempt, timed_out(step)).await,
        (Ok(result), _) => conclude(session, step, attempt, result, &halt).await,
        (Err(_), false) => {
            tracing::warn!(run = %session.run, step = %step.name, "the step did not come to rest in time and was cut off");
            Ok(())
        }
    }
}

async fn pass(left: Option<Duration>) {
    match left {
        Some(left) => tokio::time::sleep(left).await,
        None => std::future::pending().await,
    }
}

async fn conclude(
    session: &Session,
    step: &StepDefinition,
    attempt: u32,
    result: Result<(), Failure>,
    halt: &CancellationToken,
) -> Result<(), EngineError> {
    match result {
        Ok(()) => Ok(()),
        // Being stopped is no failure: the attempt goes on with the next process.
        Err(Failure::Step(error)) if error.code == code::STOPPED && halt.is_cancelled() => Ok(()),
        Err(Failure::Step(error)) => fail(session, step, attempt, error).await,
        Err(Failure::Engine(error)) => Err(error),
    }
}

async fn fail(
    session: &Session,
    step: &StepDefinition,
    attempt: u32,
    error: StepError,
) -> Result<(), EngineError> {
    let before = session.log.read(|state| state.step(&step.name).map_or(0, |own| own.resumed_attempt));
    let draw = Draw { run: session.run, step: &step.name, attempt };
    let used = attempt.saturating_sub(before);
    let retry_at = retry_at(&step.retry, &error, used, &draw, session.now(), session.options());
    session.log.durable(vec![Event::StepFailed { step: step.name.clone(), attempt, error, retry_at }]).await
}

/// The work of a turn.
async fn work(
    session: &Session,
    step: &StepDefinition,
    attempt: u32,
    token: &CancellationToken,
) -> Result<(), Failure> {
    let Bench { migrator, host } = bench(session, step, attempt, token, Way::Forward)?;
    let mut input = session.input(step, Way::Forward);
    if migrator.looks_ahead() {
        input.later = later(&session.definition, &step.name);
    }
    let own = session.log.read(|state| state.step(&step.name).cloned()).unwrap_or_default();
    if own.status == StepStatus::Applied {
        let plan = stored_plan(session, own.plan.as_ref()).await?.unwrap_or_default();
        let output = own.output.unwrap_or_default();
        return verify(session, step, attempt, &*migrator, &host, &input, &plan, &output).await;
    }
    // What has to be approved is planned first; what only waits for its window is planned when that is open.
    if step.conditions.approval.is_none() && !admitted(session, step, attempt).await? {
        return Ok(());
    }
    // A plan that was let through stays so for its attempts: a waiver is judged when a step plans.
    let let_through = |finding: &Finding| {
        own.waived.iter().any(|waived| waived.code == finding.code && waived.object == finding.object)
    };
    let blocking =
        own.findings.iter().any(|finding| finding.severity >= Severity::Decide && !let_through(finding));
    let known = if own.stale || blocking { None } else { stored_plan(session, own.plan.as_ref()).await? };
    let plan = match known {
        Some(plan) => plan,
        None => plan(session, step, attempt, &*migrator, &host, &input).await?,
    };
    if step.conditions.approval.is_some() && !admitted(session, step, attempt).await? {
        return Ok(());
    }
    let output = match host.sound(guarded(migrator.apply(&host, &input, &plan)).await)? {
        Applied::Pending { checkpoint, after, reason } => {
            let until = session.now().after(session.options().scaled(after));
            let name = || step.name.clone();
            let pending = vec![
                Event::Checkpointed { step: name(), attempt, value: checkpoint },
                Event::StepPending { step: name(), attempt, until, reason },
            ];
            return Ok(session.log.durable(pending).await?);
        }
        Applied::Done { output, warnings } => {
            let applied =
                Event::StepApplied { step: step.name.clone(), attempt, output: output.clone(), warnings };
            // What changed nothing can be applied again as cheaply as it can be remembered.
            if plan.operations.is_empty() {
                session.log.relaxed(vec![applied])?;
            } else {
                session.log.durable(vec![applied]).await?;
            }
            output
        }
    };
    verify(session, step, attempt, &*migrator, &host, &input, &plan, &output).await
}

/// A migrator with the host it works on.
pub(crate) struct Bench {
    pub(crate) migrator: Arc<dyn Migrator>,
    pub(crate) host: GuardedHost,
}

/// Makes the host for an attempt.
pub(crate) fn bench(
    session: &Session,
    step: &StepDefinition,
    attempt: u32,
    token: &CancellationToken,
    way: Way,
) -> Result<Bench, StepError> {
    let migrator = session.engine.migrator(step)?;
    let recorder = Arc::new(StepRecorder {
        log: Arc::clone(&session.log),
        journal: Arc::clone(&session.engine.journal),
        watcher: Arc::clone(&session.watcher),
        step: step.name.clone(),
        attempt,
        halt: token.clone(),
    });
    let connections = step.connections.iter().filter_map(|(role, name)| {
        let definition = session.definition.connections.get(name)?;
        Some((role.clone(), name.to_string(), definition.clone()))
    });
    let scope = StepScope {
        run: session.run,
        step: step.name.clone(),
        attempt,
        manifest: migrator.manifest(),
        connections: connections.collect(),
    };
    let paused = (way == Way::Forward).then(|| session.paused());
    let roles = step.connections.clone();
    let host = GuardedHost::new(session.engine.hosts.host(scope, recorder)?, token.clone(), roles, paused);
    Ok(Bench { migrator, host })
}

#[expect(clippy::too_many_arguments, reason = "the contract's call, its step and its attempt")]
async fn verify(
    session: &Session,
    step: &StepDefinition,
    attempt: u32,
    migrator: &dyn Migrator,
    host: &GuardedHost,
    input: &StepInput,
    plan: &Plan,
    output: &serde_json::Value,
) -> Result<(), Failure> {
    let checkpoints = host.sound(guarded(migrator.verify(host, input, plan, output)).await)?;
    let checkpoints = waive::checkpoints(&step.name, checkpoints, &session.definition.waivers, session.now());
    let failed = judge(&checkpoints);
    let verified = Event::StepVerified { step: step.name.clone(), attempt, checkpoints };
    if let Some(error) = failed {
        session.log.relaxed(vec![verified])?;
        return Err(error.into());
    }
    let done = Event::StepDone { step: step.name.clone(), attempt };
    Ok(session.log.durable(vec![verified, done]).await?)
}

/// Runs a migrator's code so that its panic is a failure of the step and of nothing else.
pub(crate) async fn guarded<T>(work: impl Future<Output = Result<T, StepError>>) -> Result<T, StepError> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| Err(panicked(&*panic)))
}
