//! What people and programs see: results on stdout, the rest on stderr.

pub(crate) mod describe;
pub(crate) mod findings;
pub(crate) mod log;
pub(crate) mod markup;
mod output;
mod plain;
pub(crate) mod shift;
mod tree;
mod watch;

pub(crate) use output::Output;
pub(crate) use watch::watcher;
