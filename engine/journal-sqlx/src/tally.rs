//! How much a journal has written: what a step costs is counted in commits, not in seconds.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a handle of a journal has written since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Transactions that were committed; each is one flush.
    pub commits: u64,
    /// Events in them.
    pub events: u64,
}

/// The count that the writer keeps and the handle reads.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    commits: AtomicU64,
    events: AtomicU64,
}

impl Tally {
    pub(crate) fn committed(&self, events: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.events.fetch_add(events as u64, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Written {
        Written { commits: self.commits.load(Ordering::Relaxed), events: self.events.load(Ordering::Relaxed) }
    }
}
