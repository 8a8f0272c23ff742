//! The conformance matrix.
#![expect(clippy::unwrap_used, reason = "a test may fail that way")]

mod codes;
mod complete;
mod quiet;
mod rows;
mod whole;
