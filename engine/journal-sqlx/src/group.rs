//! What is done inside one transaction: requests in order, each granted or refused on its own, over
//! the ends of the runs as this transaction sees them.

use std::time::Duration;

use gateshift_journal::{
    AppendBatch, Claim, Claimed, JournalError, Lease, NewArtifact, NewRun, Record, Request, RequestId, Take,
    Taken, Topic,
};
use gateshift_model::{Actor, Envelope, Event, GENESIS, Generation, RunId, Timestamp};

use crate::event_row::EventRow;
use crate::heads::{Head, Heads};
use crate::link::Link;
use crate::op::{Answer, Done, Failed, Op};
use crate::row::Cells;
use crate::statement::Statement;

/// One transaction. It begins when something has to be read or written besides events; events alone are
/// gathered, and when they are one statement, that statement is the whole transaction.
pub(crate) struct Group<'a, L> {
    link: &'a mut L,
    place: &'a str,
    heads: &'a mut Heads,
    rows: Vec<EventRow>,
    begun: bool,
    /// The clock, once it was asked.
    now: Option<Timestamp>,
}

impl<'a, L: Link> Group<'a, L> {
    pub(crate) fn new(link: &'a mut L, place: &'a str, heads: &'a mut Heads) -> Self {
        heads.begin();
        Self { link, place, heads, rows: Vec::new(), begun: false, now: None }
    }

    /// A part of a transaction that somebody else begins and commits.
    pub(crate) fn inside(link: &'a mut L, place: &'a str, heads: &'a mut Heads) -> Self {
        Self { begun: true, ..Self::new(link, place, heads) }
    }

    async fn begin(&mut self) -> Result<(), sqlx::Error> {
        if !self.begun {
            self.link.begin().await?;
            self.begun = true;
        }
        Ok(())
    }

    /// Writes what was gathered.
    pub(crate) async fn flush(&mut self) -> Result<(), sqlx::Error> {
        if self.rows.is_empty() {
            return Ok(());
        }
        self.link.insert(std::mem::take(&mut self.rows)).await
    }

    /// Whether there is anything to commit.
    pub(crate) fn is_empty(&self) -> bool {
        !self.begun && self.rows.is_empty()
    }

    /// Writes what was gathered and commits.
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        if !self.begun && L::is_one_statement(self.rows.len()) {
            return self.flush().await;
        }
        self.begin().await?;
        self.flush().await?;
        self.link.execute(Statement::new("COMMIT")).await.map(drop)
    }

    /// Looks at once at all the runs that these requests will need to see.
    pub(crate) async fn foresee(&mut self, ops: impl Iterator<Item = &Op>) -> Result<(), Failed> {
        let mut runs: Vec<RunId> = Vec::new();
        for op in ops {
            match op {
                Op::Append(batch) if !self.passes(batch) => runs.push(batch.run),
                op => runs.extend(op.looks_at()),
            }
        }
        runs.sort_unstable();
        runs.dedup();
        self.look(&runs).await
    }

    async fn look(&mut self, runs: &[RunId]) -> Result<(), Failed> {
        if !runs.is_empty() {
            self.begin().await?;
            // What was gathered has to be there when its runs are looked at.
            self.flush().await?;
            for (run, head) in self.link.look(runs).await? {
                self.heads.saw(run, head);
            }
        }
        Ok(())
    }

    async fn now(&mut self) -> Result<Timestamp, sqlx::Error> {
        if let Some(now) = self.now {
            return Ok(now);
        }
        let now = self.link.now().await?;
        self.now = Some(now);
        Ok(now)
    }

    pub(crate) async fn perform(&mut self, op: &Op) -> Result<Answer, sqlx::Error> {
        let result = match op {
            Op::Append(batch) => self.append(batch).await.map(Done::Events),
            Op::Create(new) => self.create(new).await.map(|event| Done::Events(vec![event])),
            Op::Claim(claim) => self.claim(claim).await.map(Done::Claimed),
            Op::Take(take) => self.take(take).await.map(Done::Taken),
            Op::Renew(run, generation, lease) => self.renew(*run, *generation, *lease).await.map(Done::Until),
            Op::Release(run, generation) => self.release(*run, *generation).await.map(|()| Done::Nothing),
            Op::Offer(run) => self.offer(*run).await.map(|()| Done::Nothing),
            Op::Withdraw(run) => self.withdraw(*run).await.map(|()| Done::Nothing),
            Op::Post(request) => self.post(request).await.map(|()| Done::Nothing),
            Op::Answer(id, answer) => self.answer(*id, answer).await.map(|()| Done::Nothing),
            Op::Note(name, value) => self.note(name, value).await.map(Done::Noted),
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
            self.look(&[run]).await?;
        }
        let unknown = Failed::Refused(JournalError::UnknownRun(run));
        if self.heads.seen(run) { self.heads.get(run).ok_or(unknown) } else { Err(unknown) }
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
        if batch.finishes() && self.heads.get(batch.run).is_some_and(|head| head.offered) {
            self.withdraw(batch.run).await?;
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
        let sql = "INSERT INTO artifacts (digest, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.link.execute(Statement::new(sql).bytes(digest.clone()).bytes(new.bytes.clone())).await?;
        let sql = "INSERT INTO run_artifacts (run, digest, name, media_type) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let artifact = Statement::new(sql).number(run).bytes(digest).text(&new.artifact.name);
        self.link.execute(artifact.text(&new.artifact.media_type)).await?;
        Ok(())
    }

    async fn create(&mut self, new: &NewRun) -> Result<Envelope, Failed> {
        self.begin().await?;
        let sql = "INSERT INTO runs (run, name, created, generation, until) VALUES ($1, $2, $3, 0, 0)
                   ON CONFLICT (run) DO NOTHING RETURNING id";
        let statement = Statement::new(sql).text(new.run).text(&new.definition.name).number(new.at.0);
        let rows = self.link.fetch(statement).await?;
        let row = rows.first().ok_or(JournalError::Exists(new.run))?;
        let id = Cells { row, place: self.place }.integer("id")?;
        let lease = Lease { generation: 0, holder: None, until: Timestamp(0) };
        self.heads.saw(new.run, Head { id, lease, seq: 0, hash: GENESIS.to_owned(), offered: false });
        let record = Record { at: new.at, actor: new.actor.clone(), event: new.event() };
        self.push(new.run, 0, &record)
    }

    async fn claim(&mut self, claim: &Claim) -> Result<Claimed, Failed> {
        self.head(claim.run).await?;
        let now = self.now().await?;
        // Events of the former owner are written while it still is the owner.
        self.flush().await?;
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

    async fn take(&mut self, take: &Take) -> Result<Taken, Failed> {
        self.begin().await?;
        // What was gathered may end an offer, or a lease.
        self.flush().await?;
        let now = self.now().await?;
        let except = take.except.iter().map(|run| format!("{run} ")).collect::<String>();
        if let Some(row) = self.link.free_run(now, except.clone()).await?.first() {
            let run = Cells { row, place: self.place }.run()?;
            return match self.claim(&take.claim(run)).await {
                Ok(claimed) => Ok(Taken::Run(run, Box::new(claimed))),
                // Its owner came back in the very last moment.
                Err(Failed::Refused(JournalError::Owned { .. })) => {
                    Ok(Taken::Nothing { again: Some(Duration::ZERO) })
                }
                Err(error) => Err(error),
            };
        }
        let sql = "SELECT MIN(until) AS until FROM runs WHERE offered IS NOT NULL AND holder IS NOT NULL
                   AND replace($1, run, '') = $1";
        let rows = self.link.fetch(Statement::new(sql).text(except)).await?;
        let first =
            rows.first().map(|row| Cells { row, place: self.place }.maybe_time("until")).transpose()?;
        Ok(Taken::Nothing { again: first.flatten().map(|until| until.since(now)) })
    }

    async fn renew(
        &mut self,
        run: RunId,
        generation: Generation,
        lease: Duration,
    ) -> Result<Timestamp, Failed> {
        self.owned(run, generation).await?;
        let until = self.now().await?.after(lease);
        self.head(run).await?.lease.until = until;
        self.write_lease(run).await?;
        Ok(until)
    }

    async fn release(&mut self, run: RunId, generation: Generation) -> Result<(), Failed> {
        let head = self.head(run).await?;
        if head.lease.generation != generation {
            return Ok(());
        }
        (head.lease.holder, head.lease.until) = (None, Timestamp(0));
        let offered = head.offered;
        self.write_lease(run).await?;
        if offered {
            self.link.tell(Topic::Offers).await?;
        }
        Ok(())
    }

    async fn write_lease(&mut self, run: RunId) -> Result<(), Failed> {
        let Head { id, lease, .. } = self.head(run).await?;
        let holder = lease.holder.as_ref().map(serde_json::to_string).transpose();
        let statement =
            Statement::new("UPDATE runs SET generation = $1, holder = $2, until = $3 WHERE id = $4")
                .number(i64::try_from(lease.generation).unwrap_or(i64::MAX))
                .maybe_text(holder.map_err(|error| sqlx::Error::Encode(Box::new(error)))?)
                .number(lease.until.0)
                .number(*id);
        self.link.execute(statement).await?;
        Ok(())
    }

    async fn offer(&mut self, run: RunId) -> Result<(), Failed> {
        let id = self.head(run).await?.id;
        let now = self.now().await?;
        let sql = "UPDATE runs SET offered = COALESCE(offered, $1) WHERE id = $2";
        self.link.execute(Statement::new(sql).number(now.0).number(id)).await?;
        self.head(run).await?.offered = true;
        self.link.tell(Topic::Offers).await?;
        Ok(())
    }

    async fn withdraw(&mut self, run: RunId) -> Result<(), Failed> {
        let head = self.head(run).await?;
        head.offered = false;
        let id = head.id;
        self.link.execute(Statement::new("UPDATE runs SET offered = NULL WHERE id = $1").number(id)).await?;
        Ok(())
    }

    async fn post(&mut self, request: &Request) -> Result<(), Failed> {
        let run = self.head(request.run).await?.id;
        let Actor(actor) = &request.actor;
        let sql = "INSERT INTO requests (request, run, at, actor, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let statement = Statement::new(sql).text(request.id).number(run).number(request.at.0).text(actor);
        self.link.execute(statement.text(&request.body)).await?;
        self.link.tell(Topic::Requests).await?;
        Ok(())
    }

    async fn answer(&mut self, id: RequestId, answer: &str) -> Result<(), Failed> {
        self.begin().await?;
        let sql = "UPDATE requests SET answer = COALESCE(answer, $1) WHERE request = $2";
        match self.link.execute(Statement::new(sql).text(answer).text(id)).await? {
            0 => Err(JournalError::UnknownRequest(id).into()),
            _ => Ok(()),
        }
    }

    async fn note(&mut self, name: &str, value: &str) -> Result<String, Failed> {
        self.begin().await?;
        let sql = "INSERT INTO notes (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.link.execute(Statement::new(sql).text(name).text(value)).await?;
        let rows =
            self.link.fetch(Statement::new("SELECT value FROM notes WHERE name = $1").text(name)).await?;
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        Ok(Cells { row, place: self.place }.text("value")?)
    }
}
