//! Reading: plain queries on connections that cannot write.

use gateshift_journal::{JournalError, Lease, Request, RequestId, RequestState, RunFilter, RunSummary};
use gateshift_model::{Digest, Envelope, RunId, Seq};

use crate::link::Source;
use crate::row::Cells;
use crate::statement::Statement;

/// The reading half of a journal.
#[derive(Debug)]
pub(crate) struct Reader<S> {
    pub(crate) source: S,
}

impl<S: Source> Reader<S> {
    fn cells<'a>(&'a self, row: &'a S::Row) -> Cells<'a> {
        Cells { row, place: self.source.place() }
    }

    async fn one(&self, statement: Statement) -> Result<Option<S::Row>, JournalError> {
        Ok(self.source.fetch(statement).await?.into_iter().next())
    }

    async fn run_row(&self, run: RunId) -> Result<S::Row, JournalError> {
        let sql = "SELECT id, generation, holder, until FROM runs WHERE run = $1";
        self.one(Statement::new(sql).text(run)).await?.ok_or(JournalError::UnknownRun(run))
    }

    pub(crate) async fn lease(&self, run: RunId) -> Result<Lease, JournalError> {
        self.cells(&self.run_row(run).await?).lease()
    }

    pub(crate) async fn events(
        &self,
        run: RunId,
        from: Seq,
        limit: usize,
    ) -> Result<Vec<Envelope>, JournalError> {
        let id = self.cells(&self.run_row(run).await?).integer("id")?;
        let sql = "SELECT seq, generation, at, actor, previous, hash, body FROM events
                   WHERE run = $1 AND seq >= $2 ORDER BY seq LIMIT $3";
        let statement = Statement::new(sql)
            .number(id)
            .number(i64::try_from(from).unwrap_or(i64::MAX))
            .number(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.source.fetch(statement).await?;
        rows.iter().map(|row| self.cells(row).envelope(run)).collect()
    }

    pub(crate) async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, JournalError> {
        let sql = "SELECT r.run, r.name, r.created, r.generation, r.holder, r.until, e.seq, e.at, e.kind
                   FROM runs r JOIN events e ON e.run = r.id AND e.seq = (SELECT MAX(seq) FROM events WHERE run = r.id)
                   WHERE substr(r.run, 1, length($1)) = $1 ORDER BY r.created DESC, r.run DESC LIMIT $2";
        let limit = filter.limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(i64::MAX);
        let rows = self.source.fetch(Statement::new(sql).text(&filter.prefix).number(limit)).await?;
        rows.iter().map(|row| self.cells(row).summary()).collect()
    }

    pub(crate) async fn artifact(&self, digest: &Digest) -> Result<Vec<u8>, JournalError> {
        let unknown = || JournalError::UnknownArtifact(digest.clone());
        let key = hex::decode(digest.as_str()).map_err(|_| unknown())?;
        let row =
            self.one(Statement::new("SELECT bytes FROM artifacts WHERE digest = $1").bytes(key)).await?;
        self.cells(&row.ok_or_else(unknown)?).bytes("bytes")
    }

    pub(crate) async fn open_requests(&self, run: RunId) -> Result<Vec<Request>, JournalError> {
        let sql = "SELECT q.request, q.at, q.actor, q.body, r.run FROM requests q JOIN runs r ON r.id = q.run
                   WHERE r.run = $1 AND q.answer IS NULL ORDER BY q.id";
        let rows = self.source.fetch(Statement::new(sql).text(run)).await?;
        rows.iter().map(|row| self.cells(row).request()).collect()
    }

    pub(crate) async fn request(&self, id: RequestId) -> Result<RequestState, JournalError> {
        let sql = "SELECT q.request, q.at, q.actor, q.body, q.answer, r.run
                   FROM requests q JOIN runs r ON r.id = q.run WHERE q.request = $1";
        let row = self.one(Statement::new(sql).text(id)).await?;
        let row = row.ok_or(JournalError::UnknownRequest(id))?;
        let cells = self.cells(&row);
        Ok(RequestState { request: cells.request()?, answer: cells.maybe_text("answer")? })
    }

    pub(crate) async fn note(&self, name: &str) -> Result<Option<String>, JournalError> {
        let row = self.one(Statement::new("SELECT value FROM notes WHERE name = $1").text(name)).await?;
        row.map(|row| self.cells(&row).text("value")).transpose()
    }
}
