//! Runs that are offered to workers, and how a worker hears of something new.

use std::time::Duration;

use gateshift_model::{Actor, Holder, RunId, Timestamp};
use tokio::sync::watch;

use crate::{Claim, Claimed};

/// A wish to own any run that is offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Take {
    /// The process that wants one.
    pub holder: Holder,
    /// How long it owns the run without renewing.
    pub lease: Duration,
    /// Runs that it does not want: it cannot do them.
    pub except: Vec<RunId>,
    /// On whose behalf.
    pub actor: Actor,
    /// When, for the event.
    pub at: Timestamp,
}

impl Take {
    /// The claim of the run that was found.
    #[must_use]
    pub fn claim(&self, run: RunId) -> Claim {
        Claim {
            run,
            holder: self.holder.clone(),
            lease: self.lease,
            dead: None,
            actor: self.actor.clone(),
            at: self.at,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// A run, owned by the caller now.
    Run(RunId, Box<Claimed>),
    /// There is none.
    Nothing {
        /// When the first lease of an offered run is over, unless it is renewed.
        again: Option<Duration>,
    },
}

/// What there may be news of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Runs that can be taken.
    Offers,
    /// Requests to owners of runs.
    Requests,
}

/// Tells when it is time to look again.
#[derive(Debug)]
pub struct News {
    told: Option<watch::Receiver<u64>>,
    pace: Duration,
}

/// How much longer the pace may be where the journal tells: only a lost message makes it matter.
const PATIENT: u32 = 20;

impl News {
    /// Nobody tells: one looks every `pace`.
    #[must_use]
    pub fn by_looking(pace: Duration) -> Self {
        Self { told: None, pace }
    }

    /// The journal counts up when there is news; in case a message is lost, one looks now and then.
    #[must_use]
    pub fn by_telling(mut told: watch::Receiver<u64>, pace: Duration) -> Self {
        told.mark_unchanged();
        Self { told: Some(told), pace: pace * PATIENT }
    }

    /// Resolves when there is something new since the last time, and at the latest after `limit`.
    pub async fn next(&mut self, limit: Option<Duration>) {
        let pace = limit.map_or(self.pace, |limit| limit.min(self.pace));
        let Some(told) = &mut self.told else { return tokio::time::sleep(pace).await };
        if let Ok(Err(_)) = tokio::time::timeout(pace, told.changed()).await {
            // Whoever told has ended: from now on one looks.
            self.told = None;
            tokio::time::sleep(pace).await;
        }
    }
}
