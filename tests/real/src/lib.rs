//! Real name servers and a caching resolver on loopback, each in a folder of its own and ended with its
//! test; and the step `traffic` driven against them as the engine would, call by call.

#![expect(clippy::unwrap_used, reason = "tests")]

mod ask;
mod bind;
mod knot;
mod powerdns;
mod process;
mod recorder;
mod shift;
mod unbound;

pub use ask::{Counted, count, first_after};
pub use bind::bind;
pub use knot::knot;
pub use powerdns::PowerDns;
pub use process::Server;
pub use recorder::Memory;
pub use shift::{NEW, OLD, Shift, definition};
pub use unbound::unbound;
