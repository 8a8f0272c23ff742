//! The steps that bring a file to the newest format. A step that has shipped is never edited; the
//! next one is added. The format's number stands in the file's header (`user_version`), beside the
//! mark that makes the file ours (`application_id`).

use gateshift_journal::JournalError;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};

use super::failure::failure;

/// `gs:j`: the mark of a gateshift journal.
pub(crate) const APPLICATION_ID: i64 = 0x6773_3a6a;

const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_init.sql"),
    include_str!("../../migrations/sqlite/0002_offers.sql"),
];

/// The newest format.
pub(crate) const NEWEST: i64 = MIGRATIONS.len() as i64;

/// What a file says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Nothing was written to it yet.
    Empty,
    /// A journal of that format.
    Ours(i64),
}

/// Recognises a file, and refuses one that is foreign or newer. Reads only.
pub(crate) async fn recognise(
    connection: &mut SqliteConnection,
    place: &str,
) -> Result<Format, JournalError> {
    let sql = "SELECT a.application_id, v.user_version, (SELECT COUNT(*) FROM sqlite_schema)
               FROM pragma_application_id a, pragma_user_version v";
    let row = sqlx::query(sql).fetch_one(connection).await.map_err(|error| failure(place, &error))?;
    let read = |index| row.try_get::<i64, usize>(index).map_err(|error| failure(place, &error));
    let place = || place.to_owned();
    match (read(0)?, read(1)?, read(2)?) {
        (0, 0, 0) => Ok(Format::Empty),
        (APPLICATION_ID, found, _) if found > NEWEST => {
            Err(JournalError::Newer { place: place(), found, known: NEWEST })
        }
        (APPLICATION_ID, found, _) => Ok(Format::Ours(found)),
        (other, _, _) => {
            let cause = format!("it is a SQLite database of another program (application id {other:#x})");
            Err(JournalError::Foreign { place: place(), cause })
        }
    }
}

/// Brings a recognised file to the newest format, in one transaction: two processes that open a new
/// file at once do not meet half of it.
pub(crate) async fn migrate(connection: &mut SqliteConnection, place: &str) -> Result<(), JournalError> {
    let sql = |error: sqlx::Error| failure(place, &error);
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(sql)?;
    let from = match recognise(&mut transaction, place).await? {
        Format::Ours(NEWEST) => return transaction.rollback().await.map_err(sql),
        Format::Ours(format) => usize::try_from(format).unwrap_or(0),
        Format::Empty => 0,
    };
    for migration in &MIGRATIONS[from..] {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await.map_err(sql)?;
    }
    let marks = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {NEWEST};");
    sqlx::raw_sql(AssertSqlSafe(marks)).execute(&mut *transaction).await.map_err(sql)?;
    transaction.commit().await.map_err(sql)
}

#[cfg(test)]
mod tests {
    use gateshift_model::digest_bytes;

    use super::MIGRATIONS;

    #[test]
    fn what_has_shipped_stays_as_it_is() {
        let digests: Vec<_> = MIGRATIONS.iter().map(|sql| digest_bytes(sql.as_bytes()).to_string()).collect();
        assert_eq!(
            digests,
            [
                "9b19565053d2f1c1084922534045c3d0e506e9d5f66e678928b603ce794e3463",
                "f4a0e7c22288a8a2f012c7d763b2ea2e567493fc47542033a4be1c9c762f07f8"
            ],
            "add a migration instead of editing one"
        );
    }
}
