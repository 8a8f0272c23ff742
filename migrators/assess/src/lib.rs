//! `uses: assess`: reads the source gateway once into the run's inventory, judges it against the
//! support tables, and says what would not survive. Writes nothing anywhere.

mod compat;
mod judge;
mod migrator;

pub use compat::Compat;
pub use judge::{Edited, judge};
pub use migrator::Assess;
