//! Scripted migrators, hosts and worlds for this crate's tests.

mod crash;
mod definition;
mod host;
mod lab;
mod migrator;
mod world;

pub(crate) use crash::{Blow, CrashJournal};
pub(crate) use definition::{definition, name, step};
pub(crate) use lab::{Lab, Seen, clock, drive};
pub(crate) use world::{Act, Cut, Phase};
