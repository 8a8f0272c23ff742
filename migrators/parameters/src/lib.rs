//! `uses: parameters`: gateway parameters by effective value.
//!
//! Both products name their parameters alike and do not have the same defaults, so what is compared is
//! the value in force on either side, not only what somebody set. Only what differs is written, and what
//! was there before is kept, so that `undo` puts it back byte for byte.

mod apply;
mod decide;
mod facts;
mod migrator;
mod table;
mod undo;
mod value;
mod verify;

#[cfg(test)]
mod tests;

pub use migrator::Parameters;
