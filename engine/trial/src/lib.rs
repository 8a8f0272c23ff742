//! Tries a migrator in every way that the engine will, against a host that answers from a table: each verb twice,
//! killed between intent and answer, throttled, undone, and with answers that nobody expects. Says what failed and why.

mod checks;
mod host;
mod report;
mod work;

pub use checks::trial;
pub use report::{Check, Report};
pub use work::{Given, Make};
