//! The matrices: every story of an operator with a run, with something going wrong at every moment of it.
//!
//! A point is a story and one fault: a death before, during or after a commit or inside a write, a full disk, a
//! reply that was lost, a clock that jumps, a write that is refused. After each the run has to come to the same
//! end with the same count of writes as the undisturbed story.
//!
//! As a rule a sample of the points is tried. All of them, on the journal in memory and on SQLite:
//!
//! ```text
//! tests/run.sh matrix
//! ```

pub(crate) mod ask;
mod crash;
mod play;
mod refuse;
mod stores;
mod stories;

use std::future::Future;

use crate::testing::{Blow, Cut};

/// A fault, with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// At the commit of that number.
    Commit(usize, Blow),
    /// At the write of that number.
    Write(usize, Cut),
}

const DAY: i64 = 86_400_000;

/// Faults that a run has to come through with the same count of writes.
pub(crate) fn faults(commits: usize, writes: usize) -> Vec<Fault> {
    let blows = [
        Blow::Before,
        Blow::Riding,
        Blow::Unheard,
        Blow::Full,
        Blow::Jump(DAY),
        Blow::Jump(-DAY),
        Blow::Jump(90_000),
    ];
    let cuts = [Cut::BeforeEffect, Cut::AfterEffect, Cut::ReplyLost, Cut::AskingLost];
    let at_commits = (0..commits).flat_map(|at| blows.map(|blow| Fault::Commit(at, blow)));
    let at_writes = (1..=writes).flat_map(|at| cuts.map(|cut| Fault::Write(at, cut)));
    at_commits.chain(at_writes).collect()
}

/// Whether all points are to be tried.
fn whole() -> bool {
    std::env::var("GATESHIFT_MATRIX").is_ok_and(|wish| wish == "whole")
}

/// The points that are tried: all, or every `step`th.
pub(crate) fn sampled<T>(points: Vec<T>, step: usize, offset: usize) -> Vec<T> {
    if whole() { points } else { points.into_iter().skip(offset % step).step_by(step).collect() }
}

/// Says how many points were tried.
pub(crate) fn count(what: &str, tried: usize, of: usize) {
    eprintln!("{what}: {tried} of {of} points tried");
}

/// Runs a test in time that passes by itself as soon as nobody works.
pub(crate) fn paused(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.unwrap().block_on(test);
}
