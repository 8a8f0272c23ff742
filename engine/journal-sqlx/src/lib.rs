//! The durable journal: SQLite in a file, through sqlx.
//!
//! One task owns the only connection that writes. While it commits, further batches gather, and the
//! next commit takes all of them: one flush serves everybody who waits. Readers have connections of
//! their own that cannot write.

mod failure;
mod group;
mod heads;
mod insert;
mod journal;
mod migrations;
mod open;
mod read;
mod row;
mod tally;
mod writer;

pub use journal::SqliteJournal;
pub use tally::Written;
