//! What the shared code asks of a database: a connection that writes, and a source to read from.

use std::future::Future;
use std::time::Duration;

use gateshift_journal::{JournalError, News, Topic};
use gateshift_model::{RunId, Timestamp};
use sqlx::Error;

use crate::event_row::EventRow;
use crate::heads::Head;
use crate::statement::{Columns, Statement};

/// What a refusal of the database means for the requests of one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// One request: its neighbours would succeed without it.
    One,
    /// Nobody: two transactions were in each other's way, and the same again may succeed.
    Again,
    /// The connection is gone. Whether a commit under way was done is not known.
    Lost,
    /// All of them fail.
    All,
}

/// The connection that writes.
pub(crate) trait Link: Sized + Send + 'static {
    type Row: Columns + Send + Sync;

    /// Connects anew. The session of the former connection has ended when this returns, so that nothing
    /// it was asked for is done later.
    fn connect_again(&mut self) -> impl Future<Output = Result<(), Error>> + Send;

    /// The database's answer in the journal's words.
    fn failure(&self, error: &Error) -> JournalError;
    fn blame(error: &Error) -> Blame;

    fn execute(&mut self, statement: Statement) -> impl Future<Output = Result<u64, Error>> + Send;
    fn fetch(&mut self, statement: Statement) -> impl Future<Output = Result<Vec<Self::Row>, Error>> + Send;

    /// Begins a transaction. From here on what it looks at stays as it is.
    fn begin(&mut self) -> impl Future<Output = Result<(), Error>> + Send;

    /// Ends of runs, for this transaction to go on from; runs that there are not are left out. Nobody
    /// else takes or loses these runs before it ends.
    fn look(&mut self, runs: &[RunId])
    -> impl Future<Output = Result<Vec<(RunId, Head)>, LookFailed>> + Send;

    /// The clock by which leases run.
    fn now(&mut self) -> impl Future<Output = Result<Timestamp, Error>> + Send;

    /// Writes events. An error with blame on one, when one of them belongs to a generation that owns its
    /// run no more, or its place is taken.
    fn insert(&mut self, rows: Vec<EventRow>) -> impl Future<Output = Result<(), Error>> + Send;

    /// Whether so many events are one statement, which is a transaction by itself.
    fn is_one_statement(rows: usize) -> bool;

    /// The offered run that was free the longest, and that nobody else is about to take.
    fn free_run(
        &mut self,
        now: Timestamp,
        except: String,
    ) -> impl Future<Output = Result<Vec<Self::Row>, Error>> + Send;

    /// Tells others, when this transaction is committed, that there is news.
    fn tell(&mut self, topic: Topic) -> impl Future<Output = Result<(), Error>> + Send;

    /// What is done once all is durable.
    fn settle(&mut self) -> impl Future<Output = Result<(), Error>> + Send;

    fn close(self) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Why the end of a run could not be read.
pub(crate) enum LookFailed {
    Sql(Error),
    Damaged(JournalError),
}

impl From<Error> for LookFailed {
    fn from(error: Error) -> Self {
        Self::Sql(error)
    }
}

impl From<JournalError> for LookFailed {
    fn from(error: JournalError) -> Self {
        Self::Damaged(error)
    }
}

/// Where is read from.
pub(crate) trait Source: Send + Sync {
    type Row: Columns + Send + Sync;

    /// The journal, as errors name it.
    fn place(&self) -> &str;
    fn fetch(
        &self,
        statement: Statement,
    ) -> impl Future<Output = Result<Vec<Self::Row>, JournalError>> + Send;
    fn news(&self, topic: Topic, pace: Duration) -> News;
    fn close(&self) -> impl Future<Output = ()> + Send;
}
