//! Whole runs of the built binary, against a lab in another process.
#![expect(clippy::unwrap_used, reason = "tests may fail that way")]
#![expect(clippy::print_stdout, reason = "what a failed test has seen is worth reading")]

mod answers;
mod bulk;
mod by_hand;
mod demo;
mod dice;
mod end;
mod faults;
mod gates;
mod kill;
mod oracle;
mod ours_only;
mod rollback;
mod secrets;
mod share;
mod twice;
