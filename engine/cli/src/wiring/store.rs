//! The journal: where it is, how it is opened, and how a run is found in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateshift_journal::{Journal, RunFilter};
use gateshift_journal_sqlx::SqliteJournal;
use gateshift_model::RunId;

use crate::error::CliError;

/// Where the journal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Store(PathBuf);

impl Store {
    /// The store of the command line; else `.gateshift/journal.db` beside the workflow, else here.
    pub(crate) fn of(option: Option<&str>, workflow: Option<&Path>) -> Result<Self, CliError> {
        match option {
            Some(text) if text.starts_with("postgres") => {
                Err(CliError::new("GS-STORE-KIND", "PostgreSQL is not supported by this version")
                    .hint("use `--store sqlite:FILE`"))
            }
            Some(text) => Ok(Self(PathBuf::from(text.strip_prefix("sqlite:").unwrap_or(text)))),
            None => {
                let folder = workflow.and_then(Path::parent).unwrap_or(Path::new(""));
                Ok(Self(folder.join(".gateshift").join("journal.db")))
            }
        }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// File of the key that seals secrets, beside the journal.
    pub(crate) fn seal_key_file(&self) -> PathBuf {
        let mut name = self.0.clone().into_os_string();
        name.push(".key");
        PathBuf::from(name)
    }

    /// For writing; made when it is missing.
    pub(crate) async fn open(&self) -> Result<Arc<dyn Journal>, CliError> {
        Ok(Arc::new(SqliteJournal::open(&self.0).await?))
    }

    /// For reading; has to be there.
    pub(crate) async fn read(&self) -> Result<Arc<dyn Journal>, CliError> {
        Ok(Arc::new(SqliteJournal::open_read_only(&self.0).await?))
    }
}

/// The run whose id begins so; the latest when nothing is given.
pub(crate) async fn find_run(journal: &dyn Journal, prefix: Option<&str>) -> Result<RunId, CliError> {
    let filter = RunFilter { prefix: prefix.unwrap_or_default().to_ascii_lowercase(), limit: Some(2) };
    let found = journal.runs(filter).await?;
    match (prefix, found.as_slice()) {
        (_, [only]) | (None, [only, ..]) => Ok(only.run),
        (None, []) => Err(CliError::new("GS-NO-RUN", "the journal holds no run yet")
            .hint("`gateshift run WORKFLOW` makes one")),
        (Some(prefix), []) => {
            Err(CliError::new("GS-JOURNAL-UNKNOWN-RUN", format!("no run begins with `{prefix}`"))
                .hint("see `gateshift status` for the runs of this journal, or give another `--store`"))
        }
        (Some(prefix), _) => {
            Err(CliError::new("GS-RUN-AMBIGUOUS", format!("several runs begin with `{prefix}`"))
                .hint("give more of the id"))
        }
    }
}
