//! Connections to a server that only read. A query whose connection is lost is asked again.

use std::time::Duration;

use gateshift_journal::{JournalError, News, Topic};
use sqlx::PgPool;
use sqlx::postgres::{PgPoolOptions, PgRow};
use tokio::time::Instant;

use super::address::PostgresAddress;
use super::failure::{blame, failure};
use super::link::bound;
use super::listen::Listener;
use crate::link::{Blame, Source};
use crate::statement::Statement;

/// Connections that read; one of them listens.
const READERS: u32 = 5;

/// How long a server that went away is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long one try to get a connection may take.
const ONE_TRY: Duration = Duration::from_secs(10);

/// Between two tries.
const AGAIN: Duration = Duration::from_millis(250);

/// Reads from a server.
#[derive(Debug)]
pub struct PostgresServer {
    pool: PgPool,
    place: String,
    listener: Listener,
}

impl PostgresServer {
    pub(crate) fn new(address: &PostgresAddress) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(ONE_TRY)
            .idle_timeout(Duration::from_secs(60))
            .connect_lazy_with(address.reading());
        Self { pool, place: address.place().to_owned(), listener: Listener::new() }
    }
}

impl Source for PostgresServer {
    type Row = PgRow;

    fn place(&self) -> &str {
        &self.place
    }

    async fn fetch(&self, statement: Statement) -> Result<Vec<PgRow>, JournalError> {
        let until = Instant::now() + PATIENCE;
        loop {
            match bound(statement.clone()).fetch_all(&self.pool).await {
                Err(error)
                    if blame(&error) == Blame::Lost && Instant::now() < until && !self.pool.is_closed() =>
                {
                    tracing::debug!(place = %self.place, %error, "reading again");
                    tokio::time::sleep(AGAIN).await;
                }
                result => return result.map_err(|error| failure(&self.place, &error)),
            }
        }
    }

    fn news(&self, topic: Topic, pace: Duration) -> News {
        self.listener.news(&self.pool, topic, pace)
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
