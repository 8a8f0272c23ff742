//! `uses: verify`: sends the same requests to the old gateway and to the new one and compares the
//! answers, before any client is moved.
//!
//! `plan` derives the requests from the inventory and keeps them as an artifact; it is a pure
//! function of what earlier steps handed on. `apply` sends and compares; it writes nothing but its
//! report. Requests use safe methods only, unless the operator names a route.

mod access;
mod answer;
mod book;
mod burst;
mod case;
mod cause;
mod compare;
mod curl;
mod draft;
mod entry;
mod exchange;
mod generate;
mod ledger;
mod levels;
mod maker;
mod migrator;
mod near;
mod network;
mod opened;
mod pattern;
mod report;
mod secret;
mod settings;
mod show;
mod spread;
mod subjects;
mod tally;
mod text;
mod values;
mod walk;

#[cfg(test)]
mod tests;

pub use migrator::Verify;
