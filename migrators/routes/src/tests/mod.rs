//! The migrator against the lab's control plane, through a host that can fail at any write.

mod cuts;
mod findings;
mod generated;
mod happy;
mod lab;
pub(crate) mod model;
mod policies;
mod preview;
mod random;
mod rest;
mod said;
mod size;
