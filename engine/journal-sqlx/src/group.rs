//! What is done inside one transaction: requests in order, each granted or refused on its own, over
//! the ends of the runs as this transaction sees them.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateshift_journal::{
    AppendBatch, Claim, Claimed, JournalError, Lease, NewArtifact, NewRun, Record, Request, RequestId,
};
use gateshift_model::{Actor, Envelope, Event, GENESIS, Generation, RunId, Seq, Timestamp};
use sqlx::{Row, SqliteConnection};

use crate::insert::{EventRow, insert};
use crate::row::Cells;

/// A request to the writer.
pub(crate) enum Op {
    Append(AppendBatch),
    Create(NewRun),
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

/// Where a run ends.
struct Head {
    id: i64,
    lease: Lease,
    seq: Seq,
    hash: String,
}

/// One transaction's view.
pub(crate) struct Group<'a> {
    connection: &'a mut SqliteConnection,
    place: &'a str,
    heads: HashMap<RunId, Head>,
    rows: Vec<EventRow>,
}

impl<'a> Group<'a> {
    pub(crate) fn new(connection: &'a mut SqliteConnection, place: &'a str) -> Self {
        Self { connection, place, heads: HashMap::new(), rows: Vec::new() }
    }

    /// Writes what was gathered.
    pub(crate) async fn flush(&mut self) -> Result<(), sqlx::Error> {
        let rows = std::mem::take(&mut self.rows);
        insert(self.connection, &rows).await
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

    async fn head(&mut self, run: RunId) -> Result<&mut Head, Failed> {
        if !self.heads.contains_key(&run) {
            let sql = "SELECT r.id, r.generation, r.holder, r.until, e.seq, e.hash FROM runs r
                       JOIN events e ON e.run = r.id AND e.seq = (SELECT MAX(seq) FROM events WHERE run = r.id)
                       WHERE r.run = ?";
            let row = sqlx::query(sql).bind(run.to_string()).fetch_optional(&mut *self.connection).await?;
            let row = row.ok_or(JournalError::UnknownRun(run))?;
            let cells = Cells { row: &row, place: self.place };
            let hash = cells.digest("hash")?.to_string();
            let head = Head { id: cells.get("id")?, lease: cells.lease()?, seq: cells.number("seq")?, hash };
            self.heads.insert(run, head);
        }
        self.heads.get_mut(&run).ok_or(Failed::Refused(JournalError::UnknownRun(run)))
    }

    async fn owned(&mut self, run: RunId, own: Generation) -> Result<&mut Head, Failed> {
        let head = self.head(run).await?;
        if head.lease.generation != own {
            let (holder, generation) = (head.lease.holder.clone(), head.lease.generation);
            return Err(JournalError::Fenced { run, holder, generation, own }.into());
        }
        Ok(head)
    }

    async fn append(&mut self, batch: &AppendBatch) -> Result<Vec<Envelope>, Failed> {
        let head = self.owned(batch.run, batch.generation).await?;
        let (id, found) = (head.id, head.seq + 1);
        if let Some(expected) = batch.expected_seq.filter(|expected| *expected != found) {
            return Err(JournalError::Moved { run: batch.run, expected, found }.into());
        }
        for new in &batch.artifacts {
            self.store(id, new).await?;
        }
        let mut written = Vec::with_capacity(batch.records.len());
        for record in &batch.records {
            written.push(self.push(batch.run, batch.generation, record).await?);
        }
        Ok(written)
    }

    async fn push(
        &mut self,
        run: RunId,
        generation: Generation,
        record: &Record,
    ) -> Result<Envelope, Failed> {
        let head = self.head(run).await?;
        let (at, actor) = (record.at, record.actor.clone());
        let envelope = Envelope::seal(run, head.seq + 1, generation, at, actor, &head.hash, &record.event);
        (head.seq, head.hash) = (envelope.seq, envelope.hash.to_string());
        let row = EventRow { run: head.id, envelope: envelope.clone() };
        self.rows.push(row);
        Ok(envelope)
    }

    async fn store(&mut self, run: i64, new: &NewArtifact) -> Result<(), Failed> {
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
        let sql = "INSERT INTO runs (run, name, created, generation, until) VALUES (?, ?, ?, 0, 0)
                   ON CONFLICT (run) DO NOTHING RETURNING id";
        let query =
            sqlx::query(sql).bind(new.run.to_string()).bind(new.definition.name.clone()).bind(new.at.0);
        let row = query.fetch_optional(&mut *self.connection).await?.ok_or(JournalError::Exists(new.run))?;
        let lease = Lease { generation: 0, holder: None, until: Timestamp(0) };
        let head = Head { id: row.try_get(0)?, lease, seq: 0, hash: GENESIS.to_owned() };
        self.heads.insert(new.run, head);
        let record = Record { at: new.at, actor: new.actor.clone(), event: new.event() };
        self.push(new.run, 0, &record).await
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
        Ok(Claimed { generation, until, event: self.push(claim.run, generation, &record).await? })
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
