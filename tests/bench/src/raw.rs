//! The store without an engine: what a durable commit costs when each takes one row, and when one
//! flush serves all who wait. Both write rows as wide as the journal's events into a table of the same
//! shape, with the same settings of durability.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use crate::Failure;

/// Callers of the bare writer that wait at the same time.
pub const BARE_WAITERS: usize = 256;

/// Rows of the bare writer's large statements, and in one commit: as the journal does it.
const CHUNKS: [usize; 2] = [256, 32];
const MOST: usize = 512;

/// About what the body of an event takes.
const BODY: &str = r#"{"event":"step_done","step":"step-00000","attempt":1}"#;

async fn store(file: &Path) -> Result<SqliteConnection, Failure> {
    let settings = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging();
    let mut connection = settings.connect().await?;
    let table = "CREATE TABLE rows (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, seq INTEGER NOT NULL,
                 generation INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, kind TEXT NOT NULL,
                 previous BLOB NOT NULL, hash BLOB NOT NULL, body TEXT NOT NULL, UNIQUE (run, seq)) STRICT";
    sqlx::query(table).execute(&mut connection).await?;
    Ok(connection)
}

async fn insert(connection: &mut SqliteConnection, seqs: &[i64]) -> Result<(), Failure> {
    let places = vec!["(?,?,?,?,?,?,?,?,?)"; seqs.len()].join(",");
    let sql = format!(
        "INSERT INTO rows (run, seq, generation, at, actor, kind, previous, hash, body) VALUES {places}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for seq in seqs {
        let hash = vec![seq.to_le_bytes()[0]; 32];
        query = query.bind(1_i64).bind(*seq).bind(1_i64).bind(1_700_000_000_000 + seq);
        query = query.bind("user:bench").bind("step_done").bind(hash.clone()).bind(hash).bind(BODY);
    }
    query.execute(connection).await?;
    Ok(())
}

/// Commits so many rows one at a time; gives commits in a second. A few commits would be slower than
/// many: a flush costs more while the write-ahead log still grows.
pub async fn raw_loop(file: &Path, commits: u32) -> Result<f64, Failure> {
    let mut connection = store(file).await?;
    let begin = Instant::now();
    for seq in 1..=commits {
        insert(&mut connection, &[seq.into()]).await?;
    }
    let rate = f64::from(commits) / begin.elapsed().as_secs_f64();
    connection.close().await?;
    Ok(rate)
}

/// One task writes, [`BARE_WAITERS`] callers hand it one row after the other and wait for each; one
/// commit takes all that wait. Gives rows in a second.
pub async fn bare_group_commit(file: &Path, time: Duration) -> Result<f64, Failure> {
    let connection = store(file).await?;
    let (rows, incoming) = mpsc::unbounded_channel::<oneshot::Sender<()>>();
    let writer = tokio::spawn(write_groups(connection, incoming));
    let begin = Instant::now();
    let callers: Vec<_> = (0..BARE_WAITERS)
        .map(|_| {
            let rows = rows.clone();
            tokio::spawn(async move {
                while begin.elapsed() < time {
                    let (done, written) = oneshot::channel();
                    if rows.send(done).is_err() || written.await.is_err() {
                        break;
                    }
                }
            })
        })
        .collect();
    drop(rows);
    for caller in callers {
        caller.await?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    Ok(writer.await?? as f64 / seconds)
}

async fn write_groups(
    mut connection: SqliteConnection,
    mut incoming: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
) -> Result<i64, Failure> {
    let (mut seq, mut waiting) = (0, Vec::new());
    while incoming.recv_many(&mut waiting, MOST).await > 0 {
        let seqs: Vec<i64> = (seq + 1..).take(waiting.len()).collect();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await?;
        let mut left = seqs.as_slice();
        while !left.is_empty() {
            let rows = CHUNKS.into_iter().find(|rows| *rows <= left.len()).unwrap_or(left.len());
            let (chunk, rest) = left.split_at(rows);
            insert(&mut connection, chunk).await?;
            left = rest;
        }
        sqlx::query("COMMIT").execute(&mut connection).await?;
        seq = seqs.last().copied().unwrap_or(seq);
        for done in waiting.drain(..) {
            // A caller that has gone away needs no answer.
            done.send(()).unwrap_or(());
        }
    }
    connection.close().await?;
    Ok(seq)
}
