//! Step `observability`: tracing, access logs and alert rules of the source, on the target.
//!
//! What has a public call is written. What has none is left to a person as a manual checkpoint that says
//! what to click, and is read back before the run goes on. Rules of others are never touched.

mod alert;
mod apply;
mod baseline;
mod calls;
mod facts;
mod logs;
mod manifest;
mod metrics;
mod migrator;
mod plan;
mod settings;
mod tracing;
mod undo;
mod verify;

pub use migrator::Observability;

#[cfg(test)]
mod tests;
