//! The target side: thin typed calls of the Cloud-native API Gateway, and pure conversions between
//! the neutral gateway model and its request bodies.
//!
//! Nothing here decides what a migration does. `calls` sends and reads, `convert` translates, and
//! `assumptions` names every fact about the product that no official source confirms.

pub mod assumptions;
pub mod calls;
mod client;
pub mod compare;
pub mod convert;
pub mod dialect;
mod failure;
mod paging;
mod token;
pub mod wire;

pub use client::{Client, KIND, READS, ROLE, WRITES};
pub use failure::{gone, refused_parameter, sort};
pub use token::token;
