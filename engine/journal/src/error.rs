//! Why a journal would not do what it was asked. Each cause has a stable code and a next step.

use gateshift_model::{Digest, Generation, Holder, RunId, Seq, Timestamp};

use crate::RequestId;

/// A refusal or a failure of a journal. Cheap to clone, since one failed commit fails many waiters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// It cannot be opened.
    #[error("cannot open the journal {place}: {cause}")]
    Open {
        /// File or address.
        place: String,
        /// Why.
        cause: String,
    },
    /// The server cannot be reached.
    #[error("the journal {place} cannot be reached: {cause}")]
    Unreachable {
        /// Address.
        place: String,
        /// Why.
        cause: String,
    },
    /// The server does not let this user in.
    #[error("the journal {place} does not let us in: {cause}")]
    Login {
        /// Address.
        place: String,
        /// Why.
        cause: String,
    },
    /// The user may not do what is needed.
    #[error("the journal {place} may not be used so: {cause}")]
    Denied {
        /// Address.
        place: String,
        /// Why.
        cause: String,
    },
    /// The file holds something else.
    #[error("{place} is not a gateshift journal: {cause}")]
    Foreign {
        /// File or address.
        place: String,
        /// How that was seen.
        cause: String,
    },
    /// A newer program wrote it.
    #[error("the journal {place} has format {found}, this program knows formats up to {known}")]
    Newer {
        /// File or address.
        place: String,
        /// Its format.
        found: i64,
        /// The newest known here.
        known: i64,
    },
    /// Another process keeps it locked.
    #[error("the journal {place} is locked by another process")]
    Locked {
        /// File or address.
        place: String,
    },
    /// No space is left.
    #[error("no space is left for the journal {place}; nothing that was acknowledged is lost")]
    Full {
        /// File or address.
        place: String,
    },
    /// Somebody else owns the run by now.
    #[error("run {run} was taken over: generation {generation} owns it, generation {own} may write no more")]
    Fenced {
        /// The run.
        run: RunId,
        /// The new owner, if it still holds the run.
        holder: Option<Holder>,
        /// Its generation.
        generation: Generation,
        /// The generation that was refused.
        own: Generation,
    },
    /// Somebody else owns the run.
    #[error("run {run} is owned by process {} on {} until {until}", holder.pid, holder.host)]
    Owned {
        /// The run.
        run: RunId,
        /// The owner.
        holder: Holder,
        /// Its generation.
        generation: Generation,
        /// End of its lease, unless it is renewed.
        until: Timestamp,
    },
    /// There is no such run.
    #[error("there is no run {0} in this journal")]
    UnknownRun(RunId),
    /// The run exists already.
    #[error("run {0} exists already")]
    Exists(RunId),
    /// Another event stands at the expected place.
    #[error("run {run} is at event {found}, not at {expected}")]
    Moved {
        /// The run.
        run: RunId,
        /// Place the first record should have got.
        expected: Seq,
        /// Place it would have got.
        found: Seq,
    },
    /// There are no bytes of that digest.
    #[error("there is no artifact {0} in this journal")]
    UnknownArtifact(Digest),
    /// There is no such request.
    #[error("there is no request {0} in this journal")]
    UnknownRequest(RequestId),
    /// What was read back makes no sense.
    #[error("the journal {place} is damaged: {cause}")]
    Damaged {
        /// File or address.
        place: String,
        /// What was found.
        cause: String,
    },
    /// The journal was opened for reading.
    #[error("the journal {place} was opened for reading only")]
    ReadOnly {
        /// File or address.
        place: String,
    },
    /// The store failed.
    #[error("the journal {place} failed: {cause}")]
    Io {
        /// File or address.
        place: String,
        /// Why.
        cause: String,
    },
}

impl JournalError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } => "GS-JOURNAL-OPEN",
            Self::Unreachable { .. } => "GS-JOURNAL-UNREACHABLE",
            Self::Login { .. } => "GS-JOURNAL-LOGIN",
            Self::Denied { .. } => "GS-JOURNAL-DENIED",
            Self::Foreign { .. } => "GS-JOURNAL-FOREIGN",
            Self::Newer { .. } => "GS-JOURNAL-NEWER",
            Self::Locked { .. } => "GS-JOURNAL-LOCKED",
            Self::Full { .. } => "GS-JOURNAL-FULL",
            Self::Fenced { .. } => "GS-JOURNAL-FENCED",
            Self::Owned { .. } => "GS-JOURNAL-OWNED",
            Self::UnknownRun(_) => "GS-JOURNAL-UNKNOWN-RUN",
            Self::Exists(_) => "GS-JOURNAL-EXISTS",
            Self::Moved { .. } => "GS-JOURNAL-MOVED",
            Self::UnknownArtifact(_) => "GS-JOURNAL-UNKNOWN-ARTIFACT",
            Self::UnknownRequest(_) => "GS-JOURNAL-UNKNOWN-REQUEST",
            Self::Damaged { .. } => "GS-JOURNAL-DAMAGED",
            Self::ReadOnly { .. } => "GS-JOURNAL-READ-ONLY",
            Self::Io { .. } => "GS-JOURNAL-IO",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Open { .. } => "check the path given with `--store`, and that you may read and write there",
            Self::Unreachable { .. } => {
                "check host and port given with `--store`, and that the server runs and answers; then `gateshift resume`"
            }
            Self::Login { .. } => {
                "check user and database in `--store`; the password comes from there, PGPASSWORD or ~/.pgpass"
            }
            Self::Denied { .. } => {
                "use a role that may write in the schema `gateshift` (and may make it the first time), on a server that is no standby"
            }
            Self::Foreign { .. } => "give another file with `--store`; this one is left untouched",
            Self::Newer { .. } => "use the newer gateshift that wrote it; this file is left untouched",
            Self::Locked { .. } => {
                "wait for the other process, or look for one that hangs; then run the command again"
            }
            Self::Full { .. } => {
                "free space on that disk, then `gateshift resume`: the run goes on from its last event"
            }
            Self::Fenced { .. } => "nothing was lost: the new owner goes on; see `gateshift status`",
            Self::Owned { .. } => {
                "wait until it ends, stop it there with Ctrl-C, or try again when its lease is over"
            }
            Self::UnknownRun(_) => {
                "see `gateshift history` for the runs of this journal, or give another `--store`"
            }
            Self::Exists(_) => "use a new id",
            Self::Moved { .. } => "read the run's events again and decide anew",
            Self::UnknownArtifact(_) | Self::UnknownRequest(_) => {
                "check that `--store` names the journal of that run"
            }
            Self::Damaged { .. } => "keep a copy of the file, and restore the journal from a backup",
            Self::ReadOnly { .. } => "open the journal for writing",
            Self::Io { .. } => "check the disk and the file's permissions, then `gateshift resume`",
        }
    }
}
