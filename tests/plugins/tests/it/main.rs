//! Libraries through the loader: what works, and each way in which one can go wrong.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod command_line;
mod cost;
mod examples;
mod files;
mod misbehave;
mod replaced;
mod tried;
mod works;
mod world;
