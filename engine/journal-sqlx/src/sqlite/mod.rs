//! The journal in a SQLite file.

mod failure;
mod insert;
mod link;
mod migrations;
mod open;

use std::path::Path;

use gateshift_journal::JournalError;

use crate::journal::SqlJournal;

pub use link::SqliteFile;
use migrations::Format;

/// A journal in a SQLite file.
pub type SqliteJournal = SqlJournal<SqliteFile>;

impl SqliteJournal {
    /// Opens a journal for writing; makes the file and its folder when they are missing.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        let path = path.as_ref();
        let place = path.display().to_string();
        let connection = open::writer(path, &place).await?;
        let source = SqliteFile { pool: open::readers(path), place: place.clone() };
        Ok(Self::over(source, link::SqliteLink { connection, place }))
    }

    /// Opens an existing journal for reading.
    pub async fn open_read_only(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        let path = path.as_ref();
        let place = path.display().to_string();
        match open::look(path, &place).await? {
            Format::Ours(format) if format > 0 => {}
            _ => {
                return Err(JournalError::Open {
                    place,
                    cause: "the file is empty; a run fills it".to_owned(),
                });
            }
        }
        Ok(Self::read_only(SqliteFile { pool: open::readers(path), place }))
    }
}
