//! Codes of what can go wrong with a library, and with the process it runs in.

pub(crate) const FILE: &str = "GS-MIGRATOR-FILE";
pub(crate) const CONTRACT: &str = "GS-MIGRATOR-CONTRACT";
pub(crate) const GARBAGE: &str = "GS-MIGRATOR-GARBAGE";
pub(crate) const LOST: &str = "GS-MIGRATOR-LOST";
pub(crate) const PANIC: &str = "GS-MIGRATOR-PANIC";
pub(crate) const STUCK: &str = "GS-MIGRATOR-STUCK";
pub(crate) const CHILD: &str = "GS-MIGRATOR-CHILD";
