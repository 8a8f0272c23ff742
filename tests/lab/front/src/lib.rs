//! The lab: a simulated cloud on loopback, made for rehearsals and tests.
//!
//! Each product has an HTTP server of its own that verifies signatures, holds every request and
//! every answer against the product's contract, makes trouble where a fault script says so, and
//! records what it saw. Products themselves live in crates of their own; this one is the front
//! before them, and the assembly of all parts to one running lab.

pub mod contract;
mod decode;
mod envelope;
pub mod faults;
mod front;
mod lab;
mod memory;
mod record;
mod serve;
pub mod sign;
mod stats;
#[cfg(test)]
mod testing;
pub mod wire;

pub use front::{Entry, Front, Reply};
pub use lab::{Account, Behaviour, Lab, LabEndpoints, LabError, LabOptions};
pub use record::Recorder;
pub use stats::{Counts, OperationCount, Stats};

// What a caller of the lab meets in its answers.
pub use gateshift_lab_mse::{Scenario, ScenarioError};
pub use gateshift_lab_planes::{LoadClient, LoadReport, NameServer, Planes};
