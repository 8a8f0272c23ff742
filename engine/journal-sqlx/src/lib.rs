//! The durable journal, through sqlx: SQLite in a file, or PostgreSQL for many that share it.
//!
//! One task of a process owns its only connection that writes. While it commits, further batches gather,
//! and the next commit takes all of them: one flush serves everybody who waits. Readers have connections
//! of their own that cannot write. What both databases share is written once, over the trait `Link`;
//! the modules `sqlite` and `postgres` hold what is different.

mod event_row;
mod group;
mod heads;
mod journal;
mod link;
mod op;
mod postgres;
mod read;
mod row;
mod sqlite;
mod statement;
mod tally;
mod writer;

#[cfg(feature = "testing")]
pub mod testing;

pub use journal::SqlJournal;
pub use postgres::{PostgresAddress, PostgresJournal, PostgresServer};
pub use sqlite::{SqliteFile, SqliteJournal};
pub use tally::Written;
