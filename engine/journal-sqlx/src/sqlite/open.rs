//! Opening a file: whose it is, whether it may be written, and how its connections are set.

use std::path::Path;
use std::time::{Duration, Instant};

use gateshift_journal::JournalError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};

use super::failure::failure;
use super::migrations::{Format, migrate, recognise};

/// How long a connection waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// Between two tries of what SQLite does not wait for by itself.
const AGAIN: Duration = Duration::from_millis(20);

/// Bytes that the write-ahead log keeps when it is reset.
const LOG_LIMIT: &str = "16777216";

const READERS: u32 = 4;

fn settings(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).busy_timeout(BUSY).disable_statement_logging()
}

/// The connection that writes; makes the file and its folder when they are missing.
pub(crate) async fn writer(path: &Path, place: &str) -> Result<SqliteConnection, JournalError> {
    let refuse = |cause: String| JournalError::Open { place: place.to_owned(), cause };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        tokio::fs::create_dir_all(folder).await.map_err(|error| refuse(error.to_string()))?;
    }
    let found = tokio::fs::metadata(path).await;
    if found.as_ref().is_ok_and(|found| !found.is_file()) {
        return Err(refuse("it is no file".to_owned()));
    }
    if found.is_ok_and(|found| found.len() > 0) {
        // Not a byte of a foreign file is touched: it is looked at before it is opened for writing.
        look(path, place).await?;
    }
    let settings = settings(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", LOG_LIMIT);
    let mut connection = connect(&settings, place).await?;
    migrate(&mut connection, place).await?;
    Ok(connection)
}

/// Connects; while another process makes the file, SQLite answers "busy" to the switch to the
/// write-ahead log at once, without the wait it was told.
async fn connect(settings: &SqliteConnectOptions, place: &str) -> Result<SqliteConnection, JournalError> {
    let until = Instant::now() + BUSY;
    loop {
        match settings.connect().await.map_err(|error| opening(place, &error)) {
            Err(JournalError::Locked { .. }) if Instant::now() < until => tokio::time::sleep(AGAIN).await,
            answer => return answer,
        }
    }
}

/// Recognises a file without writing to it.
pub(crate) async fn look(path: &Path, place: &str) -> Result<Format, JournalError> {
    if !tokio::fs::try_exists(path).await.unwrap_or(false) {
        let cause = "there is no such file; a run makes it".to_owned();
        return Err(JournalError::Open { place: place.to_owned(), cause });
    }
    let connected = settings(path).read_only(true).connect().await;
    let mut connection = connected.map_err(|error| opening(place, &error))?;
    let format = recognise(&mut connection, place).await?;
    connection.close().await.map_err(|error| failure(place, &error))?;
    Ok(format)
}

/// Connections that cannot write.
pub(crate) fn readers(path: &Path) -> SqlitePool {
    let pool = SqlitePoolOptions::new().max_connections(READERS).acquire_timeout(BUSY * 2);
    pool.connect_lazy_with(settings(path).read_only(true))
}

/// A failure while opening. Most are about the path, which SQLite does not always say.
fn opening(place: &str, error: &sqlx::Error) -> JournalError {
    match failure(place, error) {
        JournalError::Io { place, cause } => JournalError::Open { place, cause },
        other => other,
    }
}
