//! Where each run ends, remembered from commit to commit so that a commit needs no look at the run first.
//!
//! What is remembered may be out of date when another process has written the journal. So it may only say
//! yes: whoever takes a run writes an event in the same commit, and the place that a former owner would
//! fill is taken then, which the database itself refuses (`UNIQUE (run, seq)`). A no is looked up first.

use std::collections::{HashMap, HashSet};

use gateshift_journal::Lease;
use gateshift_model::{RunId, Seq};

/// Runs that are remembered.
const MOST: usize = 4096;

/// Where a run ends.
pub(crate) struct Head {
    pub(crate) id: i64,
    pub(crate) lease: Lease,
    pub(crate) seq: Seq,
    pub(crate) hash: String,
    /// Whether it is offered to workers; for what is only remembered, a guess.
    pub(crate) offered: bool,
}

/// The ends of runs, and which of them the transaction at hand has seen with its own eyes.
#[derive(Default)]
pub(crate) struct Heads {
    known: HashMap<RunId, Head>,
    seen: HashSet<RunId>,
}

impl Heads {
    /// A transaction begins: what is known was seen by others.
    pub(crate) fn begin(&mut self) {
        self.seen.clear();
        if self.known.len() > MOST {
            self.known.clear();
        }
    }

    /// A transaction was lost, and with it what it made of the ends.
    pub(crate) fn forget(&mut self) {
        self.seen.clear();
        self.known.clear();
    }

    /// Takes in what this transaction has read or made.
    pub(crate) fn saw(&mut self, run: RunId, head: Head) {
        self.seen.insert(run);
        self.known.insert(run, head);
    }

    pub(crate) fn seen(&self, run: RunId) -> bool {
        self.seen.contains(&run)
    }

    pub(crate) fn get(&mut self, run: RunId) -> Option<&mut Head> {
        self.known.get_mut(&run)
    }
}
