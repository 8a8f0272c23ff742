//! What others rely on: answers to the letter of the contract, the traps, the calls of the official
//! client, scenarios as people write them, and generated ones.

#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod answers;
mod checker;
mod client;
mod generated;
mod lab;
mod planes;
mod rich;
mod scenarios;
mod traps;
