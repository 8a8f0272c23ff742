//! Reading: plain queries on connections that cannot write.

use gateshift_journal::{JournalError, Lease, Request, RequestId, RequestState, RunFilter, RunSummary};
use gateshift_model::{Digest, Envelope, RunId, Seq};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

use crate::failure::failure;
use crate::row::Cells;

/// The reading half of a journal.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) pool: SqlitePool,
    pub(crate) place: String,
}

impl Reader {
    fn failed(&self) -> impl Fn(sqlx::Error) -> JournalError {
        |error| failure(&self.place, &error)
    }

    fn cells<'a>(&'a self, row: &'a SqliteRow) -> Cells<'a> {
        Cells { row, place: &self.place }
    }

    async fn run_row(&self, run: RunId) -> Result<SqliteRow, JournalError> {
        let query =
            sqlx::query("SELECT id, generation, holder, until FROM runs WHERE run = ?").bind(run.to_string());
        let row = query.fetch_optional(&self.pool).await.map_err(self.failed())?;
        row.ok_or(JournalError::UnknownRun(run))
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
        let id: i64 = self.cells(&self.run_row(run).await?).get("id")?;
        let sql = "SELECT seq, generation, at, actor, previous, hash, body FROM events
                   WHERE run = ? AND seq >= ? ORDER BY seq LIMIT ?";
        let query = sqlx::query(sql)
            .bind(id)
            .bind(i64::try_from(from).unwrap_or(i64::MAX))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = query.fetch_all(&self.pool).await.map_err(self.failed())?;
        rows.iter().map(|row| self.cells(row).envelope(run)).collect()
    }

    pub(crate) async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, JournalError> {
        let sql = "SELECT r.run, r.name, r.created, r.generation, r.holder, r.until, e.seq, e.at, e.kind
                   FROM runs r JOIN events e ON e.run = r.id AND e.seq = (SELECT MAX(seq) FROM events WHERE run = r.id)
                   WHERE substr(r.run, 1, length(?1)) = ?1 ORDER BY r.created DESC, r.run DESC LIMIT ?2";
        let limit = filter.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let query = sqlx::query(sql).bind(filter.prefix.clone()).bind(limit);
        let rows = query.fetch_all(&self.pool).await.map_err(self.failed())?;
        rows.iter().map(|row| self.cells(row).summary()).collect()
    }

    pub(crate) async fn artifact(&self, digest: &Digest) -> Result<Vec<u8>, JournalError> {
        let unknown = || JournalError::UnknownArtifact(digest.clone());
        let key = hex::decode(digest.as_str()).map_err(|_| unknown())?;
        let query = sqlx::query("SELECT bytes FROM artifacts WHERE digest = ?").bind(key);
        let row = query.fetch_optional(&self.pool).await.map_err(self.failed())?;
        self.cells(&row.ok_or_else(unknown)?).get("bytes")
    }

    pub(crate) async fn open_requests(&self, run: RunId) -> Result<Vec<Request>, JournalError> {
        let sql = "SELECT q.request, q.at, q.actor, q.body, r.run FROM requests q JOIN runs r ON r.id = q.run
                   WHERE r.run = ? AND q.answer IS NULL ORDER BY q.id";
        let rows =
            sqlx::query(sql).bind(run.to_string()).fetch_all(&self.pool).await.map_err(self.failed())?;
        rows.iter().map(|row| self.cells(row).request()).collect()
    }

    pub(crate) async fn request(&self, id: RequestId) -> Result<RequestState, JournalError> {
        let sql = "SELECT q.request, q.at, q.actor, q.body, q.answer, r.run
                   FROM requests q JOIN runs r ON r.id = q.run WHERE q.request = ?";
        let row =
            sqlx::query(sql).bind(id.to_string()).fetch_optional(&self.pool).await.map_err(self.failed())?;
        let row = row.ok_or(JournalError::UnknownRequest(id))?;
        let cells = self.cells(&row);
        Ok(RequestState { request: cells.request()?, answer: cells.get("answer")? })
    }
}
