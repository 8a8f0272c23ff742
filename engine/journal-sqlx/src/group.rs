//! What is done inside one transaction: requests in order, each granted or refused on its own, over
//! the ends of the runs as this transaction sees them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateshift_journal::{
    AppendBatch, Claim, Claimed, JournalError, Lease, NewArtifact, NewRun, Record, Request, RequestId,
};
use gateshift_model::{Actor, Envelope, Event, GENESIS, Generation, RunId, Timestamp};
use sqlx::{Row, SqliteConnection};

use crate::heads::{Head, Heads};
use crate::insert::{EventRow, insert, is_one_statement};
use crate::row::Cells;

/// A request to the writer.
pub(crate) enum Op {
    Append(AppendBatch),
    Create(Box<NewRun>),
    Claim(Claim),
    Renew(RunId, Generation, Duration),
    Release(RunId, Generation),
    Post(Request),
    Answer(RequestId, String),
    /// Nothing to write, but all before it has to be durable.
    Flush,
}

/// What a granted request gives.
pub(crate) enum Done {
    Events(Vec<Envelope>),
    Claimed(Claimed),
    Until(Timestamp),
    Nothing,
}

/// Refused, while the transaction goes on.
pub(crate) type Answer = Result<Done, JournalError>;

/// Why a request came to nothing.
pub(crate) enum Failed {
    /// SQLite refused: the transaction is lost.
    Sql(sqlx::Error),
    /// The request was refused and has written nothing.
    Refused(JournalError),
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<JournalError> for Failed {
    fn from(error: JournalError) -> Self {
        Self::Refused(error)
    }
}

/// One transaction. It begins when something has to be read or written besides events; events alone are
/// gathered, and when they are one statement, that statement is the whole transaction.
pub(crate) struct Group<'a> {
    connection: &'a mut SqliteConnection,
    place: &'a str,
    heads: &'a mut Heads,
    rows: Vec<EventRow>,
    begun: bool,
}

impl<'a> Group<'a> {
    pub(crate) fn new(connection: &'a mut SqliteConnection, place: &'a str, heads: &'a mut Heads) -> Self {
        heads.begin();
        Self { connection, place, heads, rows: Vec::new(), begun: false }
    }

    /// A part of a transaction that somebody else begins and commits.
    pub(crate) fn inside(connection: &'a mut SqliteConnection, place: &'a str, heads: &'a mut Heads) -> Self {
        Self { begun: true, ..Self::new(connection, place, heads) }
    }

    async fn begin(&mut self) -> Result<(), sqlx::Error> {
        if !self.begun {
            sqlx::query("BEGIN IMMEDIATE").execute(&mut *self.connection).await?;
            self.begun = true;
        }
        Ok(())
    }

    /// Writes what was gathered.
    pub(crate) async fn flush(&mut self) -> Result<(), sqlx::Error> {
        insert(self.connection, std::mem::take(&mut self.rows)).await
    }

    /// Writes what was gathered and commits; tells whether there was anything to commit.
    pub(crate) async fn commit(mut self) -> Result<bool, sqlx::Error> {
        if !self.begun && self.rows.is_empty() {
            return Ok(false);
        }
        if !self.begun && is_one_statement(self.rows.len()) {
            self.flush().await?;
            return Ok(true);
        }
        self.begin().await?;
        self.flush().await?;
        sqlx::query("COMMIT").execute(&mut *self.connection).await?;
        Ok(true)
    }

    pub(crate) async fn perform(&mut self, op: &Op) -> Result<Answer, sqlx::Error> {
        let result = match op {
            Op::Append(batch) => self.append(batch).await.map(Done::Events),
            Op::Create(new) => self.create(new).await.map(|event| Done::Events(vec![event])),
            Op::Claim(claim) => self.claim(claim).await.map(Done::Claimed),
            Op::Renew(run, generation, lease) => self.renew(*run, *generation, *lease).await.map(Done::Until),
            Op::Release(run, generation) => self.release(*run, *generation).await.map(|()| Done::Nothing),
            Op::Post(request) => self.post(request).await.map(|()| Done::Nothing),
            Op::Answer(id, answer) => self.answer(*id, answer).await.map(|()| Done::Nothing),
            Op::Flush => Ok(Done::Nothing),
        };
        match result {
            Ok(done) => Ok(Ok(done)),
            Err(Failed::Refused(error)) => Ok(Err(error)),
            Err(Failed::Sql(error)) => Err(error),
        }
    }

    /// The end of a run as this transaction sees it.
    async fn head(&mut self, run: RunId) -> Result<&mut Head, Failed> {
        if !self.heads.seen(run) {
            self.begin().await?;
            // What was gathered for this run has to be there when it is looked at.
            self.flush().await?;
            let sql = "SELECT r.id, r.generation, r.holder, r.until, e.seq, e.hash FROM runs r
                       JOIN events e ON e.run = r.id AND e.seq = (SELECT MAX(seq) FROM events WHERE run = r.id)
                       WHERE r.run = ?";
            let row = sqlx::query(sql).bind(run.to_string()).fetch_optional(&mut *self.connection).await?;
            let row = row.ok_or(JournalError::UnknownRun(run))?;
            let cells = Cells { row: &row, place: self.place };
            let hash = cells.digest("hash")?.to_string();
            let head = Head { id: cells.get("id")?, lease: cells.lease()?, seq: cells.number("seq")?, hash };
            self.heads.saw(run, head);
        }
        self.heads.get(run).ok_or(Failed::Refused(JournalError::UnknownRun(run)))
    }

    /// The end of a run that this generation owns.
    async fn owned(&mut self, run: RunId, own: Generation) -> Result<&mut Head, Failed> {
        let head = self.head(run).await?;
        if head.lease.generation != own {
            let (holder, generation) = (head.lease.holder.clone(), head.lease.generation);
            return Err(JournalError::Fenced { run, holder, generation, own }.into());
        }
        Ok(head)
    }

    /// Whether what is remembered of the run lets the batch pass. Only a batch with events may rely on
    /// that: the place of its first event is checked again by the database.
    fn passes(&mut self, batch: &AppendBatch) -> bool {
        !batch.records.is_empty()
            && self.heads.get(batch.run).is_some_and(|head| {
                head.lease.generation == batch.generation
                    && batch.expected_seq.is_none_or(|expected| expected == head.seq + 1)
            })
    }

    async fn append(&mut self, batch: &AppendBatch) -> Result<Vec<Envelope>, Failed> {
        if !self.passes(batch) {
            let found = self.owned(batch.run, batch.generation).await?.seq + 1;
            if let Some(expected) = batch.expected_seq.filter(|expected| *expected != found) {
                return Err(JournalError::Moved { run: batch.run, expected, found }.into());
            }
        }
        for new in &batch.artifacts {
            self.begin().await?;
            self.store(batch.run, new).await?;
        }
        batch.records.iter().map(|record| self.push(batch.run, batch.generation, record)).collect()
    }

    fn push(&mut self, run: RunId, generation: Generation, record: &Record) -> Result<Envelope, Failed> {
        let head = self.heads.get(run).ok_or(JournalError::UnknownRun(run))?;
        let (at, actor) = (record.at, record.actor.clone());
        let envelope = Envelope::seal(run, head.seq + 1, generation, at, actor, &head.hash, &record.event);
        (head.seq, head.hash) = (envelope.seq, envelope.hash.to_string());
        self.rows.push(EventRow::new(head.id, &envelope, &record.event));
        Ok(envelope)
    }

    async fn store(&mut self, run: RunId, new: &NewArtifact) -> Result<(), Failed> {
        let run = self.heads.get(run).ok_or(JournalError::UnknownRun(run))?.id;
        let digest = hex::decode(new.artifact.digest.as_str()).unwrap_or_default();
        sqlx::query("INSERT INTO artifacts (digest, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(digest.clone())
            .bind(new.bytes.clone())
            .execute(&mut *self.connection)
            .await?;
        let sql = "INSERT INTO run_artifacts (run, digest, name, media_type) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
        sqlx::query(sql)
            .bind(run)
            .bind(digest)
            .bind(new.artifact.name.clone())
            .bind(new.artifact.media_type.clone())
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    async fn create(&mut self, new: &NewRun) -> Result<Envelope, Failed> {
        self.begin().await?;
        let sql = "INSERT INTO runs (run, name, created, generation, until) VALUES (?, ?, ?, 0, 0)
                   ON CONFLICT (run) DO NOTHING RETURNING id";
        let query =
            sqlx::query(sql).bind(new.run.to_string()).bind(new.definition.name.clone()).bind(new.at.0);
        let row = query.fetch_optional(&mut *self.connection).await?.ok_or(JournalError::Exists(new.run))?;
        let lease = Lease { generation: 0, holder: None, until: Timestamp(0) };
        let head = Head { id: row.try_get(0)?, lease, seq: 0, hash: GENESIS.to_owned() };
        self.heads.saw(new.run, head);
        let record = Record { at: new.at, actor: new.actor.clone(), event: new.event() };
        self.push(new.run, 0, &record)
    }

    async fn claim(&mut self, claim: &Claim) -> Result<Claimed, Failed> {
        let now = now();
        let head = self.head(claim.run).await?;
        if let Some(holder) = head.lease.refuses(claim, now).cloned() {
            let Lease { generation, until, .. } = head.lease;
            return Err(JournalError::Owned { run: claim.run, holder, generation, until }.into());
        }
        let (generation, until) = (head.lease.generation + 1, now.after(claim.lease));
        head.lease = Lease { generation, holder: Some(claim.holder.clone()), until };
        self.write_lease(claim.run).await?;
        let event = Event::RunClaimed { holder: claim.holder.clone() };
        let record = Record { at: claim.at, actor: claim.actor.clone(), event };
        Ok(Claimed { generation, until, event: self.push(claim.run, generation, &record)? })
    }

    async fn renew(
        &mut self,
        run: RunId,
        generation: Generation,
        lease: Duration,
    ) -> Result<Timestamp, Failed> {
        let until = now().after(lease);
        self.owned(run, generation).await?.lease.until = until;
        self.write_lease(run).await?;
        Ok(until)
    }

    async fn release(&mut self, run: RunId, generation: Generation) -> Result<(), Failed> {
        let head = self.head(run).await?;
        if head.lease.generation != generation {
            return Ok(());
        }
        (head.lease.holder, head.lease.until) = (None, Timestamp(0));
        self.write_lease(run).await
    }

    async fn write_lease(&mut self, run: RunId) -> Result<(), Failed> {
        let Head { id, lease, .. } = self.head(run).await?;
        let holder = lease.holder.as_ref().map(serde_json::to_string).transpose();
        let query = sqlx::query("UPDATE runs SET generation = ?, holder = ?, until = ? WHERE id = ?")
            .bind(i64::try_from(lease.generation).unwrap_or(i64::MAX))
            .bind(holder.map_err(|error| sqlx::Error::Encode(Box::new(error)))?)
            .bind(lease.until.0)
            .bind(*id);
        query.execute(&mut *self.connection).await?;
        Ok(())
    }

    async fn post(&mut self, request: &Request) -> Result<(), Failed> {
        let run = self.head(request.run).await?.id;
        let Actor(actor) = request.actor.clone();
        let sql = "INSERT INTO requests (request, run, at, actor, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let query = sqlx::query(sql)
            .bind(request.id.to_string())
            .bind(run)
            .bind(request.at.0)
            .bind(actor)
            .bind(request.body.to_string());
        query.execute(&mut *self.connection).await?;
        Ok(())
    }

    async fn answer(&mut self, id: RequestId, answer: &str) -> Result<(), Failed> {
        self.begin().await?;
        let sql = "UPDATE requests SET answer = COALESCE(answer, ?) WHERE request = ?";
        let query = sqlx::query(sql).bind(answer.to_owned()).bind(id.to_string());
        match query.execute(&mut *self.connection).await?.rows_affected() {
            0 => Err(JournalError::UnknownRequest(id).into()),
            _ => Ok(()),
        }
    }
}

/// Leases run by the clock of the machine that holds the file.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
