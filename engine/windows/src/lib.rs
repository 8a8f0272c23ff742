//! Is a window open, and when does it open next? Pure functions of a window, a moment and the zone data that
//! is built in.
//!
//! A window is read on the clock of its zone's wall. Where that clock jumps forward the hours it leaves out
//! never come; where it is set back they come twice, and both count.

mod calendar;
mod zone;

#[cfg(test)]
mod tests;

pub use calendar::{Answer, Closed, ask};
pub use zone::{is_zone, local, near_zone};
