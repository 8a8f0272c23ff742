//! Chooses how a run is shown while it is driven.

use std::sync::Arc;

use gateshift_executor::{NoWatcher, Watcher};

use super::Output;
use super::plain::{Lines, Stream};
use super::tree::Tree;

/// A live tree on a terminal, plain lines without one, events for programs, nothing when quiet.
pub(crate) fn watcher(output: &Output) -> Arc<dyn Watcher> {
    if output.events.is_some() {
        Arc::new(Stream::new(output.clone()))
    } else if output.quiet {
        Arc::new(NoWatcher)
    } else if output.live {
        Arc::new(Tree::new(output.color))
    } else {
        Arc::new(Lines::new(output.clone()))
    }
}
