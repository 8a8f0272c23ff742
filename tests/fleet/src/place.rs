//! Where the journal of a test is: the same tests for both kinds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gateshift_journal::Journal;
use gateshift_journal_sqlx::{PostgresAddress, PostgresJournal, SqliteJournal};

/// A journal that several processes can open.
#[derive(Debug, Clone)]
pub enum Place {
    /// A file.
    Sqlite(PathBuf),
    /// The address of a database.
    Postgres(String),
}

impl Place {
    /// As a word that a child process is given.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Sqlite(path) => path.display().to_string(),
            Self::Postgres(address) => address.clone(),
        }
    }

    /// The place that such a word names.
    #[must_use]
    pub fn of(word: &str) -> Self {
        if word.starts_with("postgres://") {
            Self::Postgres(word.to_owned())
        } else {
            Self::Sqlite(word.into())
        }
    }

    /// Opens it for writing; a server that is away for a moment is waited for.
    pub async fn open(&self) -> Arc<dyn Journal> {
        match self {
            Self::Sqlite(path) => Arc::new(SqliteJournal::open(path).await.unwrap()),
            Self::Postgres(address) => {
                let address = PostgresAddress::parse(address).unwrap();
                loop {
                    match PostgresJournal::open(&address).await {
                        Ok(journal) => return Arc::new(journal),
                        Err(error) if error.code() == "GS-JOURNAL-UNREACHABLE" => {
                            tokio::time::sleep(Duration::from_millis(200)).await;
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }
    }

    /// Whether nobody keeps it locked. Many write to a server at once.
    pub async fn can_be_written(&self) -> bool {
        let Self::Sqlite(path) = self else { return true };
        // Opening it for writing takes the lock for a moment.
        let opened = tokio::time::timeout(Duration::from_millis(500), SqliteJournal::open(path)).await;
        match opened {
            Ok(Ok(journal)) => {
                let noted = journal.note("probe", Some("x"));
                tokio::time::timeout(Duration::from_millis(500), noted).await.is_ok_and(|noted| noted.is_ok())
            }
            _ => false,
        }
    }
}
