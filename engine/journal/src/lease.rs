//! Who owns a run, and how it is taken.

use std::time::Duration;

use gateshift_model::{Actor, Envelope, Generation, Holder, RunId, Timestamp};

/// A wish to own a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The run.
    pub run: RunId,
    /// The process that wants it.
    pub holder: Holder,
    /// How long it owns the run without renewing.
    pub lease: Duration,
    /// The ownership whose holder the caller knows to be dead: it is taken over even before its
    /// lease is over. A holder that came after it is left alone.
    pub dead: Option<Generation>,
    /// On whose behalf.
    pub actor: Actor,
    /// When, for the event.
    pub at: Timestamp,
}

/// A run that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The new ownership.
    pub generation: Generation,
    /// End of the lease.
    pub until: Timestamp,
    /// The `run_claimed` event, written in the same commit.
    pub event: Envelope,
}

/// An ownership as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The latest generation; 0 when nobody ever owned the run.
    pub generation: Generation,
    /// Its holder, until it gave the run back.
    pub holder: Option<Holder>,
    /// End of the lease.
    pub until: Timestamp,
}

impl Lease {
    /// Whether a claim has to be refused at `now`, and because of whom.
    #[must_use]
    pub fn refuses(&self, claim: &Claim, now: Timestamp) -> Option<&Holder> {
        let holder = self.holder.as_ref()?;
        let over = self.until <= now;
        let dead = claim.dead == Some(self.generation);
        (!over && !dead).then_some(holder)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gateshift_model::{Actor, Holder, RunId, Timestamp};

    use super::{Claim, Lease};

    #[test]
    fn only_a_living_lease_refuses() {
        let holder = |pid| Holder { host: "a".into(), pid, started: 0 };
        let claim = |dead| Claim {
            run: RunId(uuid::Uuid::nil()),
            holder: holder(2),
            lease: Duration::from_secs(1),
            dead,
            actor: Actor("engine".into()),
            at: Timestamp(0),
        };
        let lease = |holder| Lease { generation: 3, holder, until: Timestamp(100) };
        let cases = [
            (lease(Some(holder(1))), claim(None), 99, true),
            (lease(Some(holder(1))), claim(None), 100, false),
            (lease(Some(holder(1))), claim(Some(3)), 99, false),
            (lease(Some(holder(1))), claim(Some(2)), 99, true),
            (lease(None), claim(None), 0, false),
        ];
        for (lease, claim, now, refused) in cases {
            assert_eq!(lease.refuses(&claim, Timestamp(now)).is_some(), refused, "{lease:?} {claim:?} {now}");
        }
    }
}
