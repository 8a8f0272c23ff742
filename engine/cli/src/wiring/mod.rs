//! Where the engine meets concrete migrators and connections: two plain tables, the journal, and what
//! stands in for the real world in a rehearsal.

mod catalogue;
mod connections;
mod engine;
mod rehearsal;
mod shelf;
mod store;
mod zones;

pub(crate) use catalogue::{BuiltIn, linked};
pub(crate) use connections::kinds;
pub(crate) use engine::{actor, check_connections, engine, engine_with, options};
pub(crate) use rehearsal::{Rehearsal, from_file, from_lab, of_run};
pub(crate) use shelf::{Record, Rights, Shelf, Signed, sign};
pub(crate) use store::{Store, find_run};
