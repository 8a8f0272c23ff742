//! Requests to the writer, and their answers.

use std::time::Duration;

use gateshift_journal::{AppendBatch, Claim, Claimed, JournalError, NewRun, Request, RequestId, Take, Taken};
use gateshift_model::{Envelope, Generation, RunId, Seq, Timestamp};

use crate::link::LookFailed;

/// A request to the writer.
pub(crate) enum Op {
    Append(AppendBatch),
    Create(Box<NewRun>),
    Claim(Claim),
    Take(Take),
    Renew(RunId, Generation, Duration),
    Release(RunId, Generation),
    Offer(RunId),
    Withdraw(RunId),
    Post(Request),
    Answer(RequestId, String),
    Note(String, String),
    /// Nothing to write, but all before it has to be durable.
    Flush,
}

impl Op {
    /// The run whose end has to be looked at, whatever is remembered of it.
    pub(crate) fn looks_at(&self) -> Option<RunId> {
        match self {
            Self::Claim(claim) => Some(claim.run),
            Self::Renew(run, ..) | Self::Release(run, _) | Self::Offer(run) | Self::Withdraw(run) => {
                Some(*run)
            }
            Self::Post(request) => Some(request.run),
            Self::Append(_)
            | Self::Create(_)
            | Self::Take(_)
            | Self::Answer(..)
            | Self::Note(..)
            | Self::Flush => None,
        }
    }
}

/// What a granted request gives.
#[derive(Debug, Clone)]
pub(crate) enum Done {
    Events(Vec<Envelope>),
    Claimed(Claimed),
    Taken(Taken),
    Until(Timestamp),
    Noted(String),
    Nothing,
}

impl Done {
    /// Events that it wrote.
    pub(crate) fn events(&self) -> &[Envelope] {
        match self {
            Self::Events(events) => events,
            Self::Claimed(claimed) => std::slice::from_ref(&claimed.event),
            Self::Taken(Taken::Run(_, claimed)) => std::slice::from_ref(&claimed.event),
            Self::Taken(Taken::Nothing { .. }) | Self::Until(_) | Self::Noted(_) | Self::Nothing => &[],
        }
    }
}

/// Refused, while the transaction goes on.
pub(crate) type Answer = Result<Done, JournalError>;

/// Where an event of a transaction stands if the transaction was committed: all of it was, then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) run: RunId,
    pub(crate) seq: Seq,
    pub(crate) hash: String,
}

impl Mark {
    pub(crate) fn of(answers: &[Answer]) -> Option<Self> {
        let event = answers.iter().flatten().flat_map(Done::events).next()?;
        Some(Self { run: event.run, seq: event.seq, hash: event.hash.to_string() })
    }
}

/// Why a request came to nothing.
pub(crate) enum Failed {
    /// The database refused: the transaction is lost.
    Sql(sqlx::Error),
    /// The request was refused and has written nothing.
    Refused(JournalError),
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<JournalError> for Failed {
    fn from(error: JournalError) -> Self {
        Self::Refused(error)
    }
}

impl From<LookFailed> for Failed {
    fn from(failed: LookFailed) -> Self {
        match failed {
            LookFailed::Sql(error) => Self::Sql(error),
            LookFailed::Damaged(error) => Self::Refused(error),
        }
    }
}
