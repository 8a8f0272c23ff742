//! Several workers over one journal: processes of their own, which a test kills, pauses and replaces while
//! they build things in a world that counts what is done to it.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::print_stdout,
    reason = "all of it is for tests"
)]

mod builder;
mod place;
mod run;
mod worker;
mod world;

pub use place::Place;
pub use run::{definition, submit};
pub use worker::{CHILD, Hand, work_as_child};
pub use world::World;
