//! The built binary as its user meets it.
#![expect(clippy::unwrap_used, reason = "tests may fail that way")]

mod disk;
mod journals;
mod mistakes;
mod outputs;
mod owned;
mod people;
mod plans;
mod refusals;
mod signals;
mod stored;
mod verbs;
