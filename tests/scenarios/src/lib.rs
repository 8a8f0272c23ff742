//! What whole-system tests share: the built binary as a child that never outlives its test, a lab in
//! another process, a desk with a workflow and a journal, questions to name server and gateways, calls
//! to the simulated products, and text with ids and times blotted out.
//!
//! Nothing in here knows how the product works inside: tests see what a user sees.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a test may fail that way")]

mod binary;
mod cloud;
mod desk;
mod dns;
mod http;
mod lab;
mod process;
mod redact;
mod run;

pub use binary::{gateshift, root};
pub use cloud::Cloud;
pub use desk::Desk;
pub use dns::resolve;
pub use http::{Ask, Response, Tls, ask};
pub use lab::{Lab, Load};
pub use process::{Finished, Running};
pub use redact::redact;
pub use run::{Stage, configured, quickstart, records, share_of_target, stages, status};

use std::time::{Duration, Instant};

/// Looks again and again until there is something to see.
///
/// # Panics
/// When the time is over.
pub fn wait_for<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < patience, "waited {patience:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(25));
    }
}
