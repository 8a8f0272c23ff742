//! What SQLite's refusals mean to a caller, told apart by code and never by text.

use gateshift_journal::JournalError;
use sqlx::Error;

const PERM: i64 = 3;
const BUSY: i64 = 5;
const LOCKED: i64 = 6;
const READONLY: i64 = 8;
const CORRUPT: i64 = 11;
const FULL: i64 = 13;
const CANTOPEN: i64 = 14;
const TOOBIG: i64 = 18;
const CONSTRAINT: i64 = 19;
const NOTADB: i64 = 26;
/// The file of shared memory beside the journal did not fit on the disk.
const IOERR_SHMSIZE: i64 = 4874;

/// SQLite's extended code.
pub(crate) fn sqlite_code(error: &Error) -> Option<i64> {
    error.as_database_error()?.code()?.parse().ok()
}

/// A failure in the journal's words.
pub(crate) fn failure(place: &str, error: &Error) -> JournalError {
    let (place, cause) = (place.to_owned(), error.to_string());
    let Some(code) = sqlite_code(error) else {
        return match error {
            Error::PoolTimedOut => JournalError::Locked { place },
            Error::ColumnDecode { .. } | Error::Decode(_) => JournalError::Damaged { place, cause },
            _ => JournalError::Io { place, cause },
        };
    };
    match (code, code & 0xff) {
        (_, FULL) | (IOERR_SHMSIZE, _) => JournalError::Full { place },
        (_, BUSY | LOCKED) => JournalError::Locked { place },
        (_, NOTADB) => JournalError::Foreign { place, cause: "it is no SQLite file".to_owned() },
        (_, CORRUPT) => JournalError::Damaged { place, cause },
        (_, CANTOPEN | PERM | READONLY) => JournalError::Open { place, cause },
        _ => JournalError::Io { place, cause },
    }
}

/// Whether one request is to blame, and its neighbours in the same commit would succeed without it.
pub(crate) fn one_is_to_blame(error: &Error) -> bool {
    match sqlite_code(error) {
        Some(code) => matches!(code & 0xff, CONSTRAINT | TOOBIG),
        None => matches!(error, Error::Encode(_)),
    }
}
