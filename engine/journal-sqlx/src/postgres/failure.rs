//! What PostgreSQL's refusals mean to a caller, told apart by SQLSTATE and never by text.

use gateshift_journal::JournalError;
use sqlx::Error;

use crate::link::Blame;

/// PostgreSQL's five letters.
fn state(error: &Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// A failure in the journal's words.
pub(crate) fn failure(place: &str, error: &Error) -> JournalError {
    let (place, cause) = (place.to_owned(), cause(error));
    if is_lost(error) {
        return JournalError::Unreachable { place, cause };
    }
    let Some(state) = state(error) else {
        return match error {
            Error::ColumnDecode { .. } | Error::Decode(_) => JournalError::Damaged { place, cause },
            Error::Configuration(_) => JournalError::Open { place, cause },
            _ => JournalError::Io { place, cause },
        };
    };
    match state.as_str() {
        "53100" => JournalError::Full { place },
        "3D000" => JournalError::Open { place, cause },
        // No right to it; the server is a standby, or set to reading.
        "42501" | "25006" => JournalError::Denied { place, cause },
        _ if state.starts_with("28") => JournalError::Login { place, cause },
        _ if state.starts_with("XX001") || state.starts_with("XX002") => {
            JournalError::Damaged { place, cause }
        }
        _ => JournalError::Io { place, cause },
    }
}

/// What the server said, without the words around it.
fn cause(error: &Error) -> String {
    match error {
        Error::Database(inner) => inner.message().to_owned(),
        Error::Io(inner) => inner.to_string(),
        Error::PoolTimedOut => "no connection could be made in time".to_owned(),
        other => other.to_string(),
    }
}

/// Whether the connection is gone, or none can be had at the moment.
fn is_lost(error: &Error) -> bool {
    match state(error) {
        None => matches!(
            error,
            Error::Io(_)
                | Error::Protocol(_)
                | Error::PoolTimedOut
                | Error::PoolClosed
                | Error::WorkerCrashed
        ),
        Some(state) => {
            state.starts_with("08")
                || state.starts_with("57P")
                // Too many connections; too long idle inside a transaction; no memory.
                || matches!(state.as_str(), "53300" | "25P03" | "53200")
        }
    }
}

/// Whom a refusal concerns.
pub(crate) fn blame(error: &Error) -> Blame {
    if is_lost(error) {
        return Blame::Lost;
    }
    match state(error) {
        None if matches!(error, Error::Encode(_)) => Blame::One,
        Some(state) if state.starts_with("40") || state == "55P03" => Blame::Again,
        Some(state) if state.starts_with("22") || state.starts_with("23") || state.starts_with("54") => {
            Blame::One
        }
        // The tests refuse events with it; nothing of ours does.
        Some(state) if state == "P0001" => Blame::One,
        _ => Blame::All,
    }
}
