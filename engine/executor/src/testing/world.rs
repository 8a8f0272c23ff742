//! The outside world of a test: objects that calls make and remove, and what goes wrong there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use gateshift_model::StepError;

/// Part of the contract that a script acts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Plan,
    Apply,
    Verify,
    Undo,
}

/// What a migrator does instead of, or before, its work.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Fail(StepError),
    /// Does its work, then fails.
    WorkThenFail(StepError),
    Panic,
    /// Waits in the host's `sleep`.
    Sleep(u64),
    /// Waits without asking the host, deaf to a stop.
    Deaf(u64),
}

/// What goes wrong with a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The process dies before the write reaches the other side.
    BeforeEffect,
    /// The process dies after it was done.
    AfterEffect,
    /// It is done, and the reply is lost.
    ReplyLost,
    /// It is lost on its way.
    AskingLost,
    /// The other side refuses it.
    Refused,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) present: BTreeSet<String>,
    /// How often each object was made.
    pub(crate) creates: BTreeMap<String, u32>,
    pub(crate) deletes: BTreeMap<String, u32>,
    /// Order of all that was done: `+a/0`, `-a/0`.
    pub(crate) trail: Vec<String>,
    /// Calls of the contract: (phase, step).
    pub(crate) entered: Vec<(Phase, String)>,
    pub(crate) working: usize,
    pub(crate) most_working: usize,
    pub(crate) script: BTreeMap<(Phase, String), VecDeque<Act>>,
    pub(crate) writes: usize,
    /// Things a person has switched on in a console.
    pub(crate) clicked: u64,
    pub(crate) cut: Option<(usize, Cut)>,
    /// How often inboxes are looked at, where a test lasts long.
    pub(crate) poll: Option<Duration>,
    /// Processes do not wait for people and windows.
    pub(crate) no_wait: bool,
    /// So many objects more than the settings say are found to be missing.
    pub(crate) more: u64,
}

/// Shared by all processes of a test.
#[derive(Clone, Default)]
pub(crate) struct World(Arc<Mutex<State>>);

impl World {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn script(&self, phase: Phase, step: &str, acts: impl IntoIterator<Item = Act>) {
        self.lock().script.entry((phase, step.to_owned())).or_default().extend(acts);
    }

    pub(crate) fn next_act(&self, phase: Phase, step: &str) -> Option<Act> {
        let mut state = self.lock();
        state.entered.push((phase, step.to_owned()));
        state.script.get_mut(&(phase, step.to_owned()))?.pop_front()
    }

    pub(crate) fn count_write(&self) -> usize {
        let mut state = self.lock();
        state.writes += 1;
        state.writes
    }

    pub(crate) fn entered(&self, phase: Phase, step: &str) -> usize {
        self.lock().entered.iter().filter(|(p, s)| *p == phase && s == step).count()
    }
}
