//! The connection to a server that writes. Others write at the same time: a run is locked while it is
//! looked at, and events are written without a look where the database itself checks that they follow.

use gateshift_journal::{JournalError, Topic};
use gateshift_model::{RunId, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::{ConnectOptions, Connection, Error, PgConnection, Postgres, Row};

use super::address::PostgresAddress;
use super::failure::{blame, failure};
use super::listen::channel;
use crate::event_row::EventRow;
use crate::heads::Head;
use crate::link::{Blame, Link, LookFailed};
use crate::row::Cells;
use crate::statement::{Statement, speak};

speak!(Postgres, PgRow);

pub(crate) struct PostgresLink {
    address: PostgresAddress,
    connection: PgConnection,
    session: Session,
}

/// A session of the server: the number may be given anew, but not with the same start.
#[derive(Debug, Clone)]
struct Session {
    pid: i32,
    start: String,
}

impl PostgresLink {
    pub(crate) async fn new(
        address: PostgresAddress,
        mut connection: PgConnection,
    ) -> Result<Self, JournalError> {
        let session = session(&mut connection).await.map_err(|error| failure(address.place(), &error))?;
        Ok(Self { address, connection, session })
    }
}

async fn session(connection: &mut PgConnection) -> Result<Session, Error> {
    let sql = "SELECT pid, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()";
    let row = sqlx::query(sql).fetch_one(connection).await?;
    Ok(Session { pid: row.try_get(0)?, start: row.try_get(1)? })
}

/// Ends a session that may still be at work, and waits until it has.
async fn end(connection: &mut PgConnection, session: &Session) -> Result<(), Error> {
    let sql = "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2";
    loop {
        let left = sqlx::query(sql).bind(session.pid).bind(session.start.clone());
        if left.fetch_all(&mut *connection).await?.is_empty() {
            return Ok(());
        }
    }
}

impl Link for PostgresLink {
    type Row = PgRow;

    async fn connect_again(&mut self) -> Result<(), Error> {
        let mut connection = self.address.writing().connect().await?;
        let session = session(&mut connection).await?;
        end(&mut connection, &self.session).await?;
        (self.connection, self.session) = (connection, session);
        Ok(())
    }

    fn failure(&self, error: &Error) -> JournalError {
        failure(self.address.place(), error)
    }

    fn blame(error: &Error) -> Blame {
        blame(error)
    }

    async fn execute(&mut self, statement: Statement) -> Result<u64, Error> {
        Ok(bound(statement).execute(&mut self.connection).await?.rows_affected())
    }

    async fn fetch(&mut self, statement: Statement) -> Result<Vec<PgRow>, Error> {
        bound(statement).fetch_all(&mut self.connection).await
    }

    async fn begin(&mut self) -> Result<(), Error> {
        // Each statement sees what was committed before it: a run is locked first and looked at then.
        self.execute(Statement::new("BEGIN ISOLATION LEVEL READ COMMITTED")).await.map(drop)
    }

    async fn look(&mut self, runs: &[RunId]) -> Result<Vec<(RunId, Head)>, LookFailed> {
        let names: Vec<String> = runs.iter().map(ToString::to_string).collect();
        // All lock in the same order, so that two writers do not wait for each other.
        let lock = "SELECT id FROM runs WHERE run = ANY($1) ORDER BY id FOR NO KEY UPDATE";
        sqlx::query(lock).bind(names.clone()).execute(&mut self.connection).await?;
        let look = "SELECT r.run, r.id, r.generation, r.holder, r.until, r.offered, e.seq, e.hash FROM runs r
                    CROSS JOIN LATERAL (SELECT seq, hash FROM events WHERE run = r.id ORDER BY seq DESC LIMIT 1) e
                    WHERE r.run = ANY($1)";
        let rows = sqlx::query(look).bind(names).fetch_all(&mut self.connection).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let cells = Cells { row, place: self.address.place() };
            found.push((cells.run()?, cells.head()?));
        }
        Ok(found)
    }

    /// Leases run by the server's clock, the same for all who share it.
    async fn now(&mut self) -> Result<Timestamp, Error> {
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let row = sqlx::query(sql).fetch_one(&mut self.connection).await?;
        Ok(Timestamp(row.try_get(0)?))
    }

    async fn insert(&mut self, rows: Vec<EventRow>) -> Result<(), Error> {
        // The fence: an event whose generation owns its run no more finds no run to go with, and without
        // one the table refuses it, and the whole statement with it. Should the run be taken this very
        // moment, the event that says so takes the place that this one would get.
        let sql = "INSERT INTO events (run, seq, generation, at, actor, kind, previous, hash, body)
                   SELECT r.id, u.seq, u.generation, u.at, u.actor, u.kind, u.previous, u.hash, u.body
                   FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
                               $7::bytea[], $8::bytea[], $9::text[])
                        AS u (run, seq, generation, at, actor, kind, previous, hash, body)
                   LEFT JOIN runs r ON r.id = u.run AND r.generation = u.generation";
        let mut columns = EventColumns::default();
        rows.into_iter().for_each(|row| columns.push(row));
        let EventColumns { numbers: [run, seq, generation, at], actor, kind, hashes: [previous, hash], body } =
            columns;
        let query = sqlx::query(sql).bind(run).bind(seq).bind(generation).bind(at).bind(actor).bind(kind);
        let query = query.bind(previous).bind(hash).bind(body);
        query.execute(&mut self.connection).await.map(drop)
    }

    fn is_one_statement(_rows: usize) -> bool {
        true
    }

    async fn free_run(&mut self, now: Timestamp, except: String) -> Result<Vec<PgRow>, Error> {
        let sql = "SELECT run FROM runs WHERE offered IS NOT NULL AND (holder IS NULL OR until <= $1)
                   AND replace($2, run, '') = $2 ORDER BY offered, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED";
        self.fetch(Statement::new(sql).number(now.0).text(except)).await
    }

    async fn tell(&mut self, topic: Topic) -> Result<(), Error> {
        self.execute(Statement::new("SELECT pg_notify($1, '')").text(channel(topic))).await.map(drop)
    }

    async fn settle(&mut self) -> Result<(), Error> {
        Ok(())
    }

    async fn close(self) -> Result<(), Error> {
        self.connection.close().await
    }
}

/// Events as one array a column.
#[derive(Default)]
struct EventColumns {
    numbers: [Vec<i64>; 4],
    actor: Vec<String>,
    kind: Vec<String>,
    hashes: [Vec<Vec<u8>>; 2],
    body: Vec<String>,
}

impl EventColumns {
    fn push(&mut self, row: EventRow) {
        let numbers = [row.run, row.seq, row.generation, row.at];
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.push(number);
        }
        self.actor.push(row.actor);
        self.kind.push(row.kind.to_owned());
        for (column, hash) in self.hashes.iter_mut().zip([row.previous, row.hash]) {
            column.push(hash);
        }
        self.body.push(row.body);
    }
}
