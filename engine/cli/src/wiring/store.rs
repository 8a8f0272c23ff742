//! The journal: where it is, how it is opened, and how a run is found in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateshift_host::seal_key_mark;
use gateshift_journal::{Journal, RunFilter};
use gateshift_journal_sqlx::{PostgresAddress, PostgresJournal, SqliteJournal};
use gateshift_model::RunId;

use super::Shelf;
use crate::error::CliError;

/// Names the file of the key that seals secrets.
const SEAL_KEY: &str = "GATESHIFT_SEAL_KEY";

/// Under this name those who share a journal agree on that key.
const SEAL_KEY_NOTE: &str = "seal-key";

/// Where the journal is, and the key of the secrets in it.
#[derive(Clone)]
pub(crate) struct Store {
    place: Place,
    seal_key: Option<PathBuf>,
}

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Server(Box<PostgresAddress>),
}

/// As `--store` takes it, and without a password.
impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File(path) => path.display().fmt(f),
            Place::Server(address) => address.place().fmt(f),
        }
    }
}

impl Store {
    /// The store of the command line; else `.gateshift/journal.db` beside the workflow, else here.
    pub(crate) fn of(option: Option<&str>, workflow: Option<&Path>) -> Result<Self, CliError> {
        let place = match option {
            Some(text) if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
                Place::Server(Box::new(PostgresAddress::parse(text)?))
            }
            // Only the kind is repeated: an address may hold a password.
            Some(text) if text.contains("://") => {
                let kind = text.split("://").next().unwrap_or_default();
                return Err(CliError::new("GS-STORE-KIND", format!("`{kind}` is no kind of journal"))
                    .hint("use `--store sqlite:FILE` or `--store postgres://USER@HOST/DATABASE`"));
            }
            Some(text) => Place::File(PathBuf::from(text.strip_prefix("sqlite:").unwrap_or(text))),
            None => {
                let folder = workflow.and_then(Path::parent).unwrap_or(Path::new(""));
                Place::File(folder.join(".gateshift").join("journal.db"))
            }
        };
        Ok(Self { place, seal_key: std::env::var_os(SEAL_KEY).map(PathBuf::from) })
    }

    /// With another file of the key, if one is given.
    pub(crate) fn with_seal_key(self, seal_key: Option<PathBuf>) -> Self {
        Self { seal_key: seal_key.or(self.seal_key), ..self }
    }

    /// Whether there may be a journal; only of a file one can tell without opening it.
    pub(crate) fn may_exist(&self) -> bool {
        match &self.place {
            Place::File(path) => path.exists(),
            Place::Server(_) => true,
        }
    }

    /// File of the key that seals secrets: the one that is named, else beside the journal or here.
    pub(crate) fn seal_key_file(&self) -> PathBuf {
        match (&self.seal_key, &self.place) {
            (Some(file), _) => file.clone(),
            (None, Place::File(path)) => {
                let mut name = path.clone().into_os_string();
                name.push(".key");
                PathBuf::from(name)
            }
            (None, Place::Server(_)) => Path::new(".gateshift").join("seal.key"),
        }
    }

    /// Where the migrators of its runs are kept: below `.gateshift` beside the journal, or here.
    pub(crate) fn shelf(&self) -> Shelf {
        match &self.place {
            Place::File(path) => {
                let folder = path.parent().unwrap_or(Path::new(""));
                let own = folder.file_name().is_some_and(|name| name == ".gateshift");
                Shelf::at(if own { folder.join("migrators") } else { folder.join(".gateshift/migrators") })
            }
            Place::Server(_) => Shelf::at(PathBuf::from(".gateshift/migrators")),
        }
    }

    /// For driving runs; made when it is missing. A journal that is shared has one key, and whoever has
    /// another is refused before it does anything.
    pub(crate) async fn open(&self) -> Result<Arc<dyn Journal>, CliError> {
        let journal = self.open_to_submit().await?;
        if let Place::Server(_) = &self.place {
            agree_on_key(&*journal, &self.seal_key_file()).await?;
        }
        Ok(journal)
    }

    /// For recording runs that others drive; made when it is missing.
    pub(crate) async fn open_to_submit(&self) -> Result<Arc<dyn Journal>, CliError> {
        Ok(match &self.place {
            Place::File(path) => Arc::new(SqliteJournal::open(path).await?),
            Place::Server(address) => Arc::new(PostgresJournal::open(address).await?),
        })
    }

    /// For reading; has to be there.
    pub(crate) async fn read(&self) -> Result<Arc<dyn Journal>, CliError> {
        Ok(match &self.place {
            Place::File(path) => Arc::new(SqliteJournal::open_read_only(path).await?),
            Place::Server(address) => Arc::new(PostgresJournal::open_read_only(address).await?),
        })
    }
}

/// The first who drives runs of a shared journal makes its key, if need be; all others need the same.
async fn agree_on_key(journal: &dyn Journal, file: &Path) -> Result<(), CliError> {
    let agreed = journal.note(SEAL_KEY_NOTE, None).await?;
    let own = seal_key_mark(file, agreed.is_none())?;
    let agreed = match agreed {
        Some(agreed) => Some(agreed),
        None => journal.note(SEAL_KEY_NOTE, own.as_deref()).await?,
    };
    let file = file.display();
    let message = match own {
        own if own == agreed => return Ok(()),
        Some(_) => format!("{file} is not the key with which the secrets of this journal are sealed"),
        None => format!(
            "{file} is missing; it should hold the key with which the secrets of this journal are sealed"
        ),
    };
    Err(CliError::new("GS-SEAL-KEY-OTHER", message).hint(
        "copy the key file of a worker that this journal has already, and name it with GATESHIFT_SEAL_KEY or `gateshift worker --seal-key`",
    ))
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
