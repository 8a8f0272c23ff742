//! The steps that bring a database to the newest format. A step that has shipped is never edited; the
//! next one is added. The format's number stands in a table of its own, inside our schema.

use gateshift_journal::JournalError;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use super::address::SCHEMA;
use super::failure::failure;

const MIGRATIONS: &[&str] = &[include_str!("../../migrations/postgres/0001_init.sql")];

/// The newest format.
pub(crate) const NEWEST: i64 = MIGRATIONS.len() as i64;

/// `gs:j`: the lock that those who bring a database to a new format take one after the other.
const LOCK: i64 = 0x6773_3a6a;

/// What a database says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// There is no journal in it yet.
    Empty,
    /// A journal of that format.
    Ours(i64),
}

/// Recognises a database, and refuses one that is foreign or newer. Reads only.
pub(crate) async fn recognise(connection: &mut PgConnection, place: &str) -> Result<Format, JournalError> {
    let failed = |error: sqlx::Error| failure(place, &error);
    // Catalogues show what is there even to a role that may not use it.
    let sql = "SELECT COUNT(*), COUNT(*) FILTER (WHERE c.relname = 'format') FROM pg_catalog.pg_class c
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1";
    let row = sqlx::query(sql).bind(SCHEMA).fetch_one(&mut *connection).await.map_err(failed)?;
    let read = |index: usize| row.try_get::<i64, usize>(index).map_err(failed);
    match (read(0)?, read(1)?) {
        (0, _) => return Ok(Format::Empty),
        (_, 0) => {
            let cause = format!("its schema `{SCHEMA}` belongs to another program");
            return Err(JournalError::Foreign { place: place.to_owned(), cause });
        }
        _ => {}
    }
    let row = sqlx::query("SELECT MAX(version) FROM gateshift.format")
        .fetch_one(connection)
        .await
        .map_err(failed)?;
    match row.try_get::<Option<i64>, usize>(0).map_err(failed)? {
        Some(found) if found > NEWEST => {
            Err(JournalError::Newer { place: place.to_owned(), found, known: NEWEST })
        }
        Some(found) => Ok(Format::Ours(found)),
        None => Err(JournalError::Damaged {
            place: place.to_owned(),
            cause: "the table `format` is empty".to_owned(),
        }),
    }
}

/// Brings a recognised database to the newest format, in one transaction: two processes that open a new
/// one at once do not meet half of it.
pub(crate) async fn migrate(connection: &mut PgConnection, place: &str) -> Result<(), JournalError> {
    let sql = |error: sqlx::Error| failure(place, &error);
    if recognise(connection, place).await? == Format::Ours(NEWEST) {
        return Ok(());
    }
    let mut transaction = connection.begin().await.map_err(sql)?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK);
    lock.execute(&mut *transaction).await.map_err(sql)?;
    let from = match recognise(&mut transaction, place).await? {
        Format::Ours(format) => usize::try_from(format).unwrap_or(0),
        Format::Empty => {
            let make = format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}");
            sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut *transaction).await.map_err(sql)?;
            0
        }
    };
    for migration in &MIGRATIONS[from..] {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await.map_err(sql)?;
    }
    let mark = sqlx::query("UPDATE format SET version = $1").bind(NEWEST);
    mark.execute(&mut *transaction).await.map_err(sql)?;
    transaction.commit().await.map_err(sql)
}

/// Refuses a role that may read only, before anything is begun.
pub(crate) async fn may_write(connection: &mut PgConnection, place: &str) -> Result<(), JournalError> {
    let sql =
        "SELECT has_table_privilege('events', 'INSERT') AND has_table_privilege('runs', 'INSERT, UPDATE')
               AND NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off',
               current_user::text";
    let row = sqlx::query(sql).fetch_one(connection).await.map_err(|error| failure(place, &error))?;
    let may: bool = row.try_get(0).map_err(|error| failure(place, &error))?;
    let user: String = row.try_get(1).map_err(|error| failure(place, &error))?;
    if may {
        return Ok(());
    }
    Err(JournalError::Denied {
        place: place.to_owned(),
        cause: format!("the role `{user}` may read there, and not write"),
    })
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
            ["a5e018791fda8b4410798e0c0f51653324c3427d0959274fd3c39954e92f5467"],
            "add a migration instead of editing one"
        );
    }
}
