//! The `routes` migrator: domains, sources, services, one HTTP API and its routes, made on the target
//! as the inventory describes them, published in the order of their creation.
//!
//! `observe` reads what the target has, `plan` decides as a pure function, `apply` walks the plan,
//! `verify` answers the three routing checkpoints, `undo` removes what the run made.

mod apply;
mod facts;
mod manifest;
mod migrator;
mod observe;
mod plan;
mod references;
mod settings;
mod undo;
mod verify;

#[cfg(test)]
mod tests;

pub use migrator::Routes;
