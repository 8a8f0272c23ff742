//! The journal as the engine sees it: a port, a journal in memory, and the tests every journal has
//! to pass.
//!
//! A journal keeps the events of runs in order (invariant **truth**), decides who owns a run, and
//! refuses what a former owner writes. It knows nothing of what the events mean.

mod batch;
mod error;
mod lease;
mod memory;
mod offer;
mod port;
mod receipt;
mod request;
mod summary;

#[cfg(any(test, feature = "suite"))]
pub mod suite;

pub use batch::{AppendBatch, NewArtifact, NewRun, Record};
pub use error::JournalError;
pub use lease::{Claim, Claimed, Lease};
pub use memory::MemoryJournal;
pub use offer::{News, Take, Taken, Topic};
pub use port::{Journal, history};
pub use receipt::{Receipt, ReceiptSender};
pub use request::{Request, RequestId, RequestState};
pub use summary::{RunFilter, RunSummary};
