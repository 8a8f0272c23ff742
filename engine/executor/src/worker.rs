//! A process that takes runs on offer and drives them, beside others that do the same. It owns each run
//! like any other process does: through a lease, which another worker takes over when it dies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::{Journal, JournalError, Take, Taken, Topic};
use gateshift_model::{Generation, RunId, RunState, RunStatus, StepError};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::folded::Folded;
use crate::run::{Course, Session};
use crate::{Driven, Engine, EngineError, EngineOptions, Watcher};

/// How often a journal that tells of nothing is looked at.
const PACE: Duration = Duration::from_secs(1);

/// Shortest wait before a lease that is about to end is looked at again.
const SOON: Duration = Duration::from_millis(50);

/// How long a run is left to others after this worker has failed with it.
const LEFT_ALONE: Duration = Duration::from_secs(60);

/// Equips a worker, and is told what becomes of its runs.
pub trait Foreman: Send + Sync {
    /// The engine for a run: its migrators and hosts. A refusal leaves the run to other workers.
    fn engine(&self, run: RunId, state: &RunState) -> Result<Engine, StepError>;

    /// Who looks on while a run is driven.
    fn watcher(&self, run: RunId) -> Arc<dyn Watcher>;

    /// A run was taken.
    fn taken(&self, run: RunId, state: &RunState);

    /// This worker does nothing more for a run.
    fn left(&self, run: RunId, end: &Result<Driven, EngineError>);

    /// A run was left to others.
    fn refused(&self, run: RunId, error: &StepError);
}

/// Takes runs and drives them.
#[derive(Clone)]
pub struct Worker {
    journal: Arc<dyn Journal>,
    options: EngineOptions,
    most: usize,
    foreman: Arc<dyn Foreman>,
}

/// What became of a run in this worker's hands.
enum Left {
    /// It came to its end or to a rest, belongs to somebody else, or was stopped.
    Behind,
    /// Others may do better, and this worker later.
    Alone(Duration),
    /// This worker cannot do it.
    ForGood,
}

impl Worker {
    /// A worker that drives at most so many runs at a time. Of the options, holder, lease, actor and clock
    /// count here; the foreman's engines should have the same.
    #[must_use]
    pub fn new(
        journal: Arc<dyn Journal>,
        options: EngineOptions,
        most: usize,
        foreman: Arc<dyn Foreman>,
    ) -> Self {
        Self { journal, options, most, foreman }
    }

    /// Works until it is stopped, and gives back then what it has. A journal that fails for a while is
    /// waited for.
    pub async fn work(&self, stop: CancellationToken) {
        let mut news = self.journal.news(Topic::Offers, PACE);
        let mut runs: JoinSet<(RunId, Left)> = JoinSet::new();
        let mut not: BTreeMap<RunId, Option<Instant>> = BTreeMap::new();
        while !stop.is_cancelled() {
            not.retain(|_, until| until.is_none_or(|until| until > Instant::now()));
            let mut wait =
                not.values().flatten().min().map(|until| until.saturating_duration_since(Instant::now()));
            while runs.len() < self.most && !stop.is_cancelled() {
                match self.take(not.keys().copied().collect()).await {
                    Ok(Taken::Run(run, claimed)) => {
                        let (worker, stop) = (self.clone(), stop.clone());
                        runs.spawn(async move { (run, worker.drive(run, claimed.generation, stop).await) });
                    }
                    Ok(Taken::Nothing { again }) => {
                        wait = wait.into_iter().chain(again.map(|again| again.max(SOON))).min();
                        break;
                    }
                    Err(error) => {
                        tracing::warn!(code = error.code(), %error, "no run could be taken");
                        wait = Some(PACE);
                        break;
                    }
                }
            }
            tokio::select! {
                Some(ended) = runs.join_next() => leave(&mut not, ended),
                () = news.next(wait), if runs.len() < self.most => {}
                () = stop.cancelled() => {}
            }
        }
        while let Some(ended) = runs.join_next().await {
            leave(&mut not, ended);
        }
    }

    async fn take(&self, except: Vec<RunId>) -> Result<Taken, JournalError> {
        let EngineOptions { holder, lease, actor, clock, .. } = &self.options;
        let (holder, lease, actor) = (holder.clone(), *lease, actor.clone());
        self.journal.take_offered(Take { holder, lease, except, actor, at: clock() }).await
    }

    async fn drive(&self, run: RunId, generation: Generation, stop: CancellationToken) -> Left {
        let result = self.try_to_drive(run, generation, stop).await;
        let left = match &result {
            Ok(Some(_)) => Ok(Left::Behind),
            Ok(None) => Ok(Left::ForGood),
            // Somebody else has it, or the journal was away: whoever has the run next goes on.
            Err(EngineError::Journal(_)) => Ok(Left::Behind),
            // A newer version may know better.
            Err(EngineError::UnknownEvent { .. }) => {
                self.give_back(run, generation).await.map(|()| Left::ForGood)
            }
            Err(
                EngineError::IllegalHistory { .. } | EngineError::Internal { .. } | EngineError::Refused(_),
            ) => self.give_back(run, generation).await.map(|()| Left::Alone(LEFT_ALONE)),
        };
        match result {
            Ok(None) => {}
            Ok(Some(driven)) => self.foreman.left(run, &Ok(driven)),
            Err(error) => self.foreman.left(run, &Err(error)),
        }
        left.unwrap_or_else(|error| {
            tracing::warn!(%run, code = error.code(), %error, "the run could not be given back");
            Left::Behind
        })
    }

    /// Drives a run that was taken; nothing when it is left to others.
    async fn try_to_drive(
        &self,
        run: RunId,
        generation: Generation,
        stop: CancellationToken,
    ) -> Result<Option<Driven>, EngineError> {
        let known = Folded::read(&*self.journal, run).await?;
        let state = known.state;
        if let RunStatus::Finished(outcome) = state.status {
            self.journal.withdraw(run).await?;
            self.give_back(run, generation).await?;
            return Ok(Some(Driven::of(&state, outcome)));
        }
        let engine = match self.foreman.engine(run, &state) {
            Ok(engine) => engine,
            Err(error) => {
                self.give_back(run, generation).await?;
                self.foreman.refused(run, &error);
                return Ok(None);
            }
        };
        self.foreman.taken(run, &state);
        let session = Session::of(&engine, state, run, generation, self.foreman.watcher(run));
        session.go(Course::AsItStands, stop).await.map(Some)
    }

    async fn give_back(&self, run: RunId, generation: Generation) -> Result<(), JournalError> {
        self.journal.release(run, generation).await
    }
}

fn leave(not: &mut BTreeMap<RunId, Option<Instant>>, ended: Result<(RunId, Left), tokio::task::JoinError>) {
    match ended {
        Ok((_, Left::Behind)) => {}
        Ok((run, Left::Alone(time))) => {
            not.insert(run, Some(Instant::now() + time));
        }
        Ok((run, Left::ForGood)) => {
            not.insert(run, None);
        }
        Err(error) => tracing::warn!(%error, "a run's task ended in a strange way"),
    }
}
