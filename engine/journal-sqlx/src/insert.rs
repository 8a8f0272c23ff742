//! Rows of events, written many at a time.

use std::fmt::Write as _;

use gateshift_model::Envelope;
use sqlx::{AssertSqlSafe, SqliteConnection};

/// Rows in one statement.
const CHUNK: usize = 100;

/// Statements up to this size are kept prepared: a lone step's commit is one of them.
const KEPT: usize = 8;

/// An event on its way into the table.
pub(crate) struct EventRow {
    pub(crate) run: i64,
    pub(crate) envelope: Envelope,
}

pub(crate) async fn insert(connection: &mut SqliteConnection, rows: &[EventRow]) -> Result<(), sqlx::Error> {
    for chunk in rows.chunks(CHUNK) {
        let sql = AssertSqlSafe(statement(chunk.len()));
        let mut query = sqlx::query(sql).persistent(chunk.len() <= KEPT || chunk.len() == CHUNK);
        for EventRow { run, envelope } in chunk {
            query = query
                .bind(*run)
                .bind(i64::try_from(envelope.seq).unwrap_or(i64::MAX))
                .bind(i64::try_from(envelope.generation).unwrap_or(i64::MAX))
                .bind(envelope.at.0)
                .bind(envelope.actor.0.clone())
                .bind(envelope.body["event"].as_str().unwrap_or_default().to_owned())
                .bind(hex::decode(&envelope.previous).unwrap_or_default())
                .bind(hex::decode(envelope.hash.as_str()).unwrap_or_default())
                .bind(envelope.body.to_string());
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

fn statement(rows: usize) -> String {
    let mut sql =
        "INSERT INTO events (run, seq, generation, at, actor, kind, previous, hash, body) VALUES ".to_owned();
    for row in 0..rows {
        // Writing to a string does not fail.
        let _ = write!(sql, "{}(?,?,?,?,?,?,?,?,?)", if row == 0 { "" } else { "," });
    }
    sql
}
