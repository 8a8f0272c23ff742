//! What is wrong with a history, and at which event.

use gateshift_model::{ChainBroken, Digest, Envelope, Generation, IllegalEvent, RunId, Seq};

/// The code under which every damage is reported.
pub const BROKEN: &str = "GS-AUDIT-BROKEN";

/// The first thing that is wrong with a history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// There is no event at all.
    #[error("event 1 is missing: the history is empty")]
    Empty,
    /// An event is not there.
    #[error("event {expected} is missing: event {found} stands in its place")]
    Missing {
        /// The event.
        expected: Seq,
        /// What stands there.
        found: Seq,
    },
    /// The last events are not there.
    #[error("event {expected} is missing: the history ends before it")]
    Ends {
        /// The first that is missing.
        expected: Seq,
    },
    /// Two events changed places.
    #[error("event {expected} is not at its place: event {found} stands there, and event {expected} later")]
    Moved {
        /// The event.
        expected: Seq,
        /// What stands there.
        found: Seq,
    },
    /// An event stands there twice.
    #[error("event {found} stands a second time, where event {expected} belongs")]
    Doubled {
        /// The event that is due.
        expected: Seq,
        /// The event that stands there again.
        found: Seq,
    },
    /// An event does not follow the one before it.
    #[error("event {0} does not continue the event before it: one of the two was changed")]
    Link(Seq),
    /// An event's content does not give its hash.
    #[error("event {0} was changed after it was written")]
    Content(Seq),
    /// An event of another run.
    #[error("event {seq} belongs to run {run}")]
    Foreign {
        /// The event.
        seq: Seq,
        /// Whose it is.
        run: RunId,
    },
    /// An event was written by an owner that had lost the run by then.
    #[error("event {seq} has generation {found}, and generation {before} wrote before it")]
    Generation {
        /// The event.
        seq: Seq,
        /// Its generation.
        found: Generation,
        /// The generation before.
        before: Generation,
    },
    /// An event cannot be read at all.
    #[error("event {seq} cannot be read: {cause}")]
    Unreadable {
        /// The event.
        seq: Seq,
        /// Why.
        cause: String,
    },
    /// An event that was noted at an earlier time is another one now.
    #[error("event {0} is not the one that was noted: the history was written anew")]
    NotNoted(Seq),
    /// The chain holds, and this version does not know the event.
    #[error("event {seq} is not known to this version: {cause}")]
    Unknown {
        /// The event.
        seq: Seq,
        /// What is not known.
        cause: String,
    },
    /// The chain holds, and the event cannot follow from those before it.
    #[error("event {seq} does not follow from the events before it: {cause}")]
    Illegal {
        /// The event.
        seq: Seq,
        /// What does not follow.
        cause: IllegalEvent,
    },
    /// Bytes that an event names are not there.
    #[error("artifact `{name}` ({digest}), which event {seq} names, is missing")]
    ArtifactMissing {
        /// The event.
        seq: Seq,
        /// Its name.
        name: String,
        /// Its digest.
        digest: Digest,
    },
    /// Bytes that an event names are others.
    #[error("artifact `{name}` ({digest}), which event {seq} names, was changed")]
    ArtifactChanged {
        /// The event.
        seq: Seq,
        /// Its name.
        name: String,
        /// Its digest.
        digest: Digest,
    },
}

impl Damage {
    /// The event it is about.
    #[must_use]
    pub fn event(&self) -> Seq {
        match self {
            Self::Empty => 1,
            Self::Missing { expected, .. }
            | Self::Ends { expected }
            | Self::Moved { expected, .. }
            | Self::Doubled { expected, .. } => *expected,
            Self::Link(seq) | Self::Content(seq) | Self::NotNoted(seq) => *seq,
            Self::Foreign { seq, .. }
            | Self::Generation { seq, .. }
            | Self::Unreadable { seq, .. }
            | Self::Unknown { seq, .. }
            | Self::Illegal { seq, .. }
            | Self::ArtifactMissing { seq, .. }
            | Self::ArtifactChanged { seq, .. } => *seq,
        }
    }

    /// Stable code. An event of a newer version is no damage, and still nothing this version can vouch for.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "GS-HISTORY-UNKNOWN-EVENT",
            _ => BROKEN,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "check it with the gateshift version that wrote it, or a newer one",
            _ => {
                "keep a copy as it is, compare it with a backup or an earlier bundle, and trust nothing from this event on"
            }
        }
    }

    /// The chain's own words, made plainer by a look at the events around.
    pub(crate) fn of_chain(broken: &ChainBroken, events: &[Envelope]) -> Self {
        match *broken {
            ChainBroken::Link(seq) => Self::Link(seq),
            ChainBroken::Content(seq) => Self::Content(seq),
            ChainBroken::Order { expected, found } => {
                let later = || events.iter().skip(expected as usize).any(|one| one.seq == expected);
                // All before this place are in order, so a smaller number has stood there already.
                if (1..expected).contains(&found) {
                    Self::Doubled { expected, found }
                } else if later() {
                    Self::Moved { expected, found }
                } else {
                    Self::Missing { expected, found }
                }
            }
        }
    }
}
