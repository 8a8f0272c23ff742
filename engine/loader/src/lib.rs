//! Migrators that are not linked in: libraries behind the C interface of `migrators/abi`, run in a child process
//! (the hidden command `plugin-host`) or, where the operator trusts them so far, in this one. Every way gives the same
//! trait, and whatever happens on the other side comes back as one failed attempt.
//!
//! All `unsafe` of the engine is here: opening a library, calling through its table, lending texts.

mod bridge;
mod carrier;
mod child;
mod codes;
mod confine;
mod drive;
mod elf;
mod errors;
mod frame;
mod image;
mod inside;
mod library;
mod outbox;
mod plugin_host;
mod remote;
mod scope;

pub use gateshift_abi::Open;
pub use image::Image;
pub use library::{Library, Limits, Place};
pub use plugin_host::{LinkedIn, plugin_host};
